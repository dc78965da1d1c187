"""What goes wrong when people write names, numbers and dates: short forms, typos, swapped names, two persons in one row.

Every rate is a share of the values that can have the slip, over all departments together.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.population import Population
from pipelines.demo.sheet import Sheet
from pipelines.demo.tables import Flags, Ints, chosen, draw, exactly, join, pick, present, table, texts, where
from pipelines.demo.typos import misdated, misdialled, mistyped

NICKNAMES = 0.08
INITIALS = 0.04
TYPOS = 0.06
SWAPPED = 0.01
JOINT = 0.003
ATTACKS = 0.0002
"""Share of rows with what looks like an attack in the street line."""
USUAL_NICKNAME = 0.8
"""Share of a person's nicknames that are the one they always go by."""
TYPED = ("given_name", "family_name", "organisation", "street", "city", "email", "second_email")
DIALLED = ("phone", "second_phone", "postcode")
"""Numbers; states, genders and consents are picked from lists, where nobody mistypes."""


def slipped(sheet: Sheet, people: Population, pace: float, rng: np.random.Generator) -> Sheet:
    """A faithful sheet with its slips; `pace` is how many typos the department makes, 1 being usual."""
    named = joint(short_forms(sheet, rng), people, rng)
    return attacked(swapped(with_typos(named, TYPOS * pace, rng), SWAPPED, rng), rng)


def short_forms(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Some given names as nicknames (Peggy, Bob), some as initials."""
    name, size = sheet["given_name"], len(sheet)
    nickname = nicknames(name, sheet.customer, rng)
    known, given = present(nickname), present(name)
    share = NICKNAMES * given.sum() / max(known.sum(), 1)
    short = known & chosen(rng, size, share)
    initial = given & ~short & chosen(rng, size, INITIALS / (1 - NICKNAMES))
    first = pc.utf8_slice_codeunits(name, 0, 1)
    letter = where(chosen(rng, size, 0.5), join(first, ".", between=""), first)
    return sheet.having(given_name=where(short, nickname, where(initial, letter, name)))


def nicknames(name: pa.StringArray, customer: Ints, rng: np.random.Generator) -> pa.StringArray:
    """A nickname for each name that has one, else null; a customer is mostly called by the same."""
    names, first, count = _nickname_index()
    row = pc.index_in(name, names)
    code = pc.fill_null(row, 0).to_numpy().astype(np.int64)
    habit = (customer * 2_654_435_761 % 2**32) / 2**32
    whim = np.where(chosen(rng, len(code), USUAL_NICKNAME), habit, rng.random(len(code)))
    found = texts("nicknames", "nickname").take(first[code] + np.floor(whim**1.6 * count[code]).astype(np.int64))
    return where(present(row), found, None)


@cache
def _nickname_index() -> tuple[pa.StringArray, Ints, Ints]:
    """The names that have nicknames, the row of the first of each in the table, and how many there are."""
    groups = table("nicknames").groupby("name", sort=False).indices
    names, rows = list(groups), list(groups.values())
    return pa.array(names), np.array([r[0] for r in rows], np.int64), np.array([len(r) for r in rows], np.int64)


def joint(sheet: Sheet, people: Population, rng: np.random.Generator) -> Sheet:
    """Some rows hold a couple: `John & Mary` Smith. They are the first person's record."""
    person = (sheet.customer >= 0) & (sheet.customer < people.people)
    partner = np.where(person, people.kin.partner[np.where(person, sheet.customer, 0)], -1)
    able = (partner >= 0) & present(sheet["given_name"])
    together = exactly(rng, able.astype(np.float64), round(JOINT * len(sheet)))
    second = people.given.take(np.maximum(partner, 0))
    ways = [join(sheet["given_name"], second, between=between) for between in (" & ", " and ", "/")]
    return sheet.having(given_name=where(together, pick(rng, ways, [6.0, 3.0, 1.0]), sheet["given_name"]))


def with_typos(sheet: Sheet, rate: float, rng: np.random.Generator) -> Sheet:
    """A slip of the pen in a share of `rate` of every column's values."""
    changed = {}
    for columns, slip in ((TYPED, mistyped), (DIALLED, misdialled), (("birth_date",), misdated)):
        for column in columns:
            rows = pa.array(chosen(rng, len(sheet), rate) & present(sheet[column]))
            changed[column] = pc.replace_with_mask(sheet[column], rows, slip(sheet[column].filter(rows), rng))
    return sheet.having(**changed)


def swapped(sheet: Sheet, rate: float, rng: np.random.Generator) -> Sheet:
    """Given and family name in each other's place."""
    given, family = sheet["given_name"], sheet["family_name"]
    rows: Flags = present(given) & present(family) & chosen(rng, len(sheet), rate)
    return sheet.having(given_name=where(rows, family, given), family_name=where(rows, given, family))


def attacked(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """A few street lines that quote, compute or run something."""
    attacks = texts("attacks", "text")
    attack = attacks.take(draw(rng, np.ones(len(attacks)), len(sheet)))
    rows = present(sheet["street"]) & chosen(rng, len(sheet), ATTACKS)
    return sheet.having(street=where(rows, join(sheet["street"], attack), sheet["street"]))
