"""The customers: who they are, and who they were before they moved, married or changed their e-mail or telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo import mailboxes, organisations, places
from pipelines.demo.households import Kinship, Role, kinship
from pipelines.demo.names import family_names, given_names
from pipelines.demo.tables import Flags, Ints, chosen, draw, exactly, join, present, stream, texts, where

MOVED = 0.12
MOVED_TOGETHER = 0.09
"""Share of households that moved as one; further members moved in from elsewhere, up to `MOVED` of all."""
SURNAME_CHANGED = 0.03
EMAIL_CHANGED = 0.10
PHONE_CHANGED = 0.10
SHARED_PHONE = 0.30
"""Share of households with one telephone for all."""
SHARED_EMAIL = 0.15
"""Share of couples with one e-mail address for both."""
SECOND_PHONE = 0.35
SECOND_EMAIL = 0.25
EMPLOYED = 0.06
"""Share of people whose employer some departments write down."""
CONTACT_PERSON = 0.4
"""Share of organisations that name somebody to talk to."""
MIDDLE_INITIAL = 0.35
CONSENTING = 0.55

OFFICES = pa.array(["info", "office", "accounts", "sales", "contact"])
"""Mailboxes that belong to nobody in particular."""

NEVER = np.int64(-(2**40))
"""The day of a change that never was: before all days, so that what is now has always been."""
FIRST_DAY, LAST_DAY = (int(np.datetime64(day).astype("datetime64[D]").astype(np.int64)) for day in ("2009-01-01", "2025-12-31"))


@dataclass(frozen=True, slots=True)
class Versions:
    """One thing about every customer as it is now and as it was before the day it changed."""

    now: Any
    """Arrow or numpy array, one row a customer."""
    before: Any
    changed: Ints
    """Days since 1970; `NEVER` where nothing changed."""

    def at(self, customer: Ints, day: Ints) -> Any:
        """What held for some customers on a day of each."""
        old = day < self.changed[customer]
        if isinstance(self.now, np.ndarray):
            return np.where(old, self.before[customer], self.now[customer])
        return where(old, self.before.take(customer), self.now.take(customer))

    @property
    def rate(self) -> float:
        """Share of customers of whom it changed."""
        return float((self.changed != NEVER).mean())


@dataclass(frozen=True, slots=True)
class Population:
    """Every customer, people first, then organisations; arrays run along customers, null or -1 where a thing does not apply."""

    kin: Kinship
    """Of the people only."""
    given: pa.StringArray
    """Of organisations: the contact person's."""
    middle: pa.StringArray
    """A middle initial."""
    family: Versions
    suffix: pa.StringArray
    """`Jr`, `Sr`, `III`."""
    organisation: pa.StringArray
    """Of people: their employer."""
    legal_form: Ints
    home: Versions
    """Rows of `addresses`."""
    addresses: places.Addresses
    phone: Versions
    """Ten digits as a number; 0 for none."""
    second_phone: Ints
    email: Versions
    second_email: pa.StringArray
    since: Ints
    """The day each became a customer."""
    consenting: Flags

    def __len__(self) -> int:
        return len(self.since)

    @property
    def people(self) -> int:
        """How many customers are people; they come first."""
        return len(self.kin.role)

    def is_person(self, customer: Ints) -> Flags:
        """Which customers are people."""
        return customer < self.people


def population(customers: int, businesses: int, seed: int) -> Population:
    """The customers of the demo organisation, `businesses` of them organisations; the same for the same seed."""
    people = customers - businesses
    kin = kinship(stream(seed, "kinship"), customers, people)
    family, given = _names(stream(seed, "names"), kin, businesses)
    home, addresses = _homes(stream(seed, "homes"), kin, customers)
    phone, second_phone = _phones(stream(seed, "phones"), kin, addresses.town[home.now])
    town = texts("towns", "town").take(addresses.town[home.now[people:]])
    names = organisations.organisation_names(stream(seed, "organisations"), town)
    organisation = _organisations(stream(seed, "employers"), names, people)
    email, second_email = _emails(stream(seed, "emails"), kin, given, family, organisation)
    rng = stream(seed, "rest")
    form = np.full(customers, -1, np.int64)
    form[people:] = organisations.legal_forms(rng, businesses)
    named = chosen(rng, customers, CONTACT_PERSON) | (np.arange(customers) < people)
    return Population(
        kin=kin,
        given=where(named, given, None),
        middle=where(chosen(rng, customers, MIDDLE_INITIAL), _initials(rng, customers), None),
        family=Versions(where(named, family.now, None), where(named, family.before, None), family.changed),
        suffix=_suffixes(rng, kin, customers),
        organisation=organisation,
        legal_form=form,
        home=home,
        addresses=addresses,
        phone=phone,
        second_phone=second_phone,
        email=email,
        second_email=second_email,
        since=FIRST_DAY - 1500 + np.floor(rng.random(customers) * (LAST_DAY - FIRST_DAY)).astype(np.int64),
        consenting=chosen(rng, customers, CONSENTING),
    )


def change_days(rng: np.random.Generator, size: int) -> Ints:
    """Days on which something changes, spread like the days on which departments write."""
    return FIRST_DAY + np.floor((LAST_DAY - FIRST_DAY) * rng.beta(2.2, 1.3, size)).astype(np.int64)


def _changes(rng: np.random.Generator, changed: Flags) -> Ints:
    return np.where(changed, change_days(rng, len(changed)), NEVER)


def _names(rng: np.random.Generator, kin: Kinship, businesses: int) -> tuple[Versions, pa.StringArray]:
    """Family and given names: a household bears one family name, a namesake his father's given name as well."""
    people = len(kin.role)
    name, origin = family_names(rng, people + businesses)
    head = np.concatenate([kin.head, np.arange(people, people + businesses)])
    name, origin = name.take(head), origin.take(head)
    female = np.concatenate([kin.female, chosen(rng, businesses, 0.4)])
    year = np.concatenate([kin.birth_year, rng.integers(1955, 2000, businesses)])
    given = given_names(rng, female, year, origin)
    son = np.concatenate([kin.role == Role.NAMESAKE, np.zeros(businesses, bool)])
    given = given.take(np.where(son, head, np.arange(len(head))))
    return _surname_changes(rng, kin, name), given


def _surname_changes(rng: np.random.Generator, kin: Kinship, name: pa.StringArray) -> Versions:
    """Who married (or parted) bore another name before; some who live by themselves now bear both."""
    people, size = len(kin.role), len(name)
    father = np.zeros(people, bool)
    father[kin.head[kin.role == Role.NAMESAKE]] = True
    able = ~father & (kin.role != Role.NAMESAKE) & (kin.role != Role.TWIN)
    likely = np.zeros(size)
    likely[:people] = np.where(kin.female, 8.0, 1.0) * able
    changed = exactly(rng, likely, round(SURNAME_CHANGED * size))
    former = family_names(rng, size)[0]
    double = changed & chosen(rng, size, 0.2)
    double[:people] &= kin.household < 0
    now = where(double, join(former, name, between="-"), name)
    return Versions(now, where(changed, former, now), _changes(rng, changed))


def _homes(rng: np.random.Generator, kin: Kinship, customers: int) -> tuple[Versions, places.Addresses]:
    """Where everybody lives and lived: a household moves as one, or a member moved in from elsewhere."""
    people = len(kin.role)
    house = np.arange(customers)
    house[:people] = np.where(kin.household >= 0, kin.head, house[:people])
    together = (chosen(rng, customers, MOVED_TOGETHER) & _in_household(kin, customers))[house]
    left = (MOVED - MOVED_TOGETHER) / (1 - MOVED_TOGETHER)
    alone = (rng.random(customers) < np.where(_in_household(kin, customers), left, MOVED)) & ~together
    town = places.towns(rng, customers)
    now = places.addresses(rng, town)
    same_town = chosen(rng, customers, 0.6)
    before = places.addresses(rng, np.where(same_town, now.town[house], places.towns(rng, customers)))
    both = places.Addresses(*(np.concatenate([getattr(now, part), getattr(before, part)]) for part in places.Addresses.__slots__))
    former = np.where(together, house + customers, np.where(alone, np.arange(customers) + customers, house))
    day = change_days(rng, customers)
    changed = np.where(together, day[house], np.where(alone, day, NEVER))
    return Versions(house, former, changed), both


def _in_household(kin: Kinship, customers: int) -> Flags:
    inside = np.zeros(customers, bool)
    inside[: len(kin.role)] = kin.household >= 0
    return inside


def _phones(rng: np.random.Generator, kin: Kinship, town: Ints) -> tuple[Versions, Ints]:
    """First and second telephones; in some households all have one and the same first number."""
    size, people = len(town), len(kin.role)
    now, before, second = (places.telephones(rng, town) for _ in range(3))
    sharing = (chosen(rng, size, SHARED_PHONE) & _in_household(kin, size))[:people][kin.head] & (kin.household >= 0)
    shared = np.flatnonzero(sharing)
    changed = _changes(rng, chosen(rng, size, PHONE_CHANGED))
    for of_all in (now, before, changed):
        of_all[shared] = of_all[kin.head[shared]]
    return Versions(now, before, changed), np.where(chosen(rng, size, SECOND_PHONE), second, 0)


def _organisations(rng: np.random.Generator, names: pa.StringArray, people: int) -> pa.StringArray:
    """The organisation of each customer: its own name, or a person's employer."""
    if not len(names):
        return pa.nulls(people, pa.string())
    employer = names.take(draw(rng, 1 / (1 + np.arange(len(names))) ** 0.6, people))
    return pa.concat_arrays([where(chosen(rng, people, EMPLOYED), employer, None), names])


def _emails(
    rng: np.random.Generator, kin: Kinship, given: pa.StringArray, family: Versions, organisation: pa.StringArray
) -> tuple[Versions, pa.StringArray]:
    """First and second e-mail addresses; nobody else has the same, but for couples who share."""
    size, people = len(given), len(kin.role)
    year = np.zeros(size, np.int64)
    year[:people] = kin.birth_year
    own = [mailboxes.mailboxes(rng, given, name, year) for name in (family.now, family.before, family.now)]
    work = mailboxes.work_mailboxes(rng, given, family.now, organisation)
    firm = np.arange(size) >= people
    office = join(OFFICES.take(draw(rng, np.array([5.0, 3, 3, 2, 2]), size)), mailboxes.domains(organisation), between="@")
    second = where(present(organisation), where(firm, office, work), own[2])
    unique = mailboxes.one_owner_each(pa.concat_arrays([where(firm, work, own[0]), own[1], second]))
    now, before, second = (unique.slice(part * size, size) for part in range(3))
    changed = _changes(rng, chosen(rng, size, EMAIL_CHANGED))
    return Versions(_shared_mailboxes(rng, kin, now, family.now), before, changed), where(chosen(rng, size, SECOND_EMAIL), second, None)


def _shared_mailboxes(rng: np.random.Generator, kin: Kinship, now: pa.StringArray, family: pa.StringArray) -> pa.StringArray:
    """The same addresses, but some couples share one mailbox, named after the family or one of them."""
    size, people = len(now), len(kin.role)
    head = np.flatnonzero((kin.partner > np.arange(people)) & chosen(rng, people, SHARED_EMAIL))
    of_family = mailboxes.one_owner_each(mailboxes.family_mailboxes(rng, family.take(head)))
    shared = where(chosen(rng, len(head), 0.5), of_family, now.take(head))
    row = np.full(size, -1, np.int64)
    row[head] = row[kin.partner[head]] = np.arange(len(head))
    return where(row >= 0, shared.take(np.maximum(row, 0)), now) if len(head) else now


def _initials(rng: np.random.Generator, size: int) -> pa.StringArray:
    names = texts("given_names", "name")
    return pc.utf8_slice_codeunits(mailboxes.without_accents(names.take(rng.integers(0, len(names), size))), 0, 1)


def _suffixes(rng: np.random.Generator, kin: Kinship, customers: int) -> pa.StringArray:
    """`Sr` and `Jr` for some fathers and sons of one name; now and then the son is the third of it."""
    suffix = np.full(customers, None, object)
    son = np.flatnonzero(kin.role == Role.NAMESAKE)
    marked = son[chosen(rng, len(son), 0.5)]
    suffix[marked] = np.where(chosen(rng, len(marked), 0.15), "III", "Jr")
    suffix[kin.head[marked[chosen(rng, len(marked), 0.6)]]] = "Sr"
    return pa.array(suffix, pa.string())
