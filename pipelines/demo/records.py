"""What a department would hold of its customers if nobody ever made a slip: each as they were when the row was last changed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo import organisations, places
from pipelines.demo.departments import Department
from pipelines.demo.holdings import SECONDS_A_DAY
from pipelines.demo.mailboxes import without_accents
from pipelines.demo.population import Population
from pipelines.demo.sheet import Sheet
from pipelines.demo.tables import Flags, Ints, chosen, where

EMPLOYER_NOTED = 0.5
CONTACT_NOTED = 0.7
CONSENT_AGREES = 0.8
"""Share of rows whose consent is the customer's own; departments ask at different times and in different words."""
SAME_START = 0.4
"""Share of rows that know since when somebody has been a customer anywhere; the others know since when here."""
LAG = 500.0
"""Days, on average, until a customer comes to another department."""
SHORT_STREETS = 0.7
ACCENTS_LOST = 0.3
"""Share of rows whose names were typed on a keyboard without accents: `Muñoz` is `Munoz`."""
MARKS_LOST = 0.12
"""Share of rows whose names have no hyphens and apostrophes: `O'Brien` is `OBrien`."""


def faithful_sheet(department: Department, people: Population, customer: Ints, time: Ints, rng: np.random.Generator) -> Sheet:
    """The rows of a department in the customer's attributes, true to the day of each.

    A row that is nobody's (customer -1) is given somebody's values, for garbage to be made of.
    """
    who = np.where(customer >= 0, customer, rng.integers(0, len(people), len(customer)))
    day = time // SECONDS_A_DAY
    values = _names(department, people, who, day, rng) | _address(people, who, day, rng) | _contacts(people, who, day)
    return Sheet(customer, time, values | _facts(people, who, day, rng))


def _names(department: Department, people: Population, who: Ints, day: Ints, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Names of people and organisations; without a column for organisations, their name stands where a family name would."""
    person = people.is_person(who)
    plain, bare = chosen(rng, len(who), ACCENTS_LOST), chosen(rng, len(who), MARKS_LOST)
    given, family = (_as_typed(name, plain, bare) for name in (people.given.take(who), people.family.at(who, day)))
    written = organisations.written(rng, people.organisation.take(who), np.maximum(people.legal_form[who], 0))
    middle, suffix = people.middle.take(who), people.suffix.take(who)
    if department.has_company:
        named = person | chosen(rng, len(who), CONTACT_NOTED)
        company = where(~person | chosen(rng, len(who), EMPLOYER_NOTED), written, None)
        return _only(named, given_name=given, middle=middle) | _only(named, family_name=family, suffix=suffix) | {"organisation": company}
    names = _only(person, given_name=given, middle=middle, suffix=suffix)
    return names | {"family_name": where(person, family, written), "organisation": pa.nulls(len(who), pa.string())}


def _as_typed(name: pa.StringArray, plain: Flags, bare: Flags) -> pa.StringArray:
    """Names without accents in some rows, and without hyphens and apostrophes in some."""
    latin = where(plain, without_accents(name), name)
    return where(bare, pc.replace_substring(pc.replace_substring(latin, "'", ""), "-", " "), latin)


def _only(rows: Flags, **columns: pa.Array) -> dict[str, pa.Array]:
    return {name: where(rows, column, None) for name, column in columns.items()}


def _address(people: Population, who: Ints, day: Ints, rng: np.random.Generator) -> dict[str, pa.Array]:
    homes = people.addresses.take(people.home.at(who, day))
    return {
        "street": places.street_lines(rng, homes, SHORT_STREETS),
        "city": places.cities(rng, homes),
        "region": places.states(homes),
        "postcode": places.postcodes(homes),
    }


def _contacts(people: Population, who: Ints, day: Ints) -> dict[str, pa.Array]:
    return {
        "email": people.email.at(who, day),
        "second_email": people.second_email.take(who),
        "phone": places.digits(people.phone.at(who, day)),
        "second_phone": places.digits(people.second_phone[who]),
    }


def _facts(people: Population, who: Ints, day: Ints, rng: np.random.Generator) -> dict[str, pa.Array]:
    size, person = len(who), people.is_person(who)
    row = np.where(person, who, 0)
    # Nobody becomes a customer after the row was written.
    lag = np.where(chosen(rng, size, SAME_START), 0, np.floor(rng.exponential(LAG, size)).astype(np.int64))
    gender = where(people.kin.female[row], "F", "M")
    return {
        "birth_date": _dates(people.kin.birth[row], person),
        "gender": where(person, gender, None),
        "customer_since": _dates(np.minimum(people.since[who] + lag, day), np.ones(size, bool)),
        "marketing_consent": pa.array(people.consenting[who] ^ ~chosen(rng, size, CONSENT_AGREES)),
    }


def _dates(day: Ints, known: Flags) -> pa.Array:
    return pa.array(day.astype(np.int32), mask=~known).cast(pa.date32())
