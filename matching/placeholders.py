"""Learned placeholders: values far too frequent among records that have nothing else in common.

Every type knows some placeholders (`test@test.com`, 01/01/1900); a department has others: its own switchboard on every
customer without a telephone, 1 January 1980 on everybody whose birthday nobody asked for. Such a value stands out from all
others of its attribute, and who shares it is alike in nothing else: not a household, not one customer held many times. From
then on it is missing where records are compared and blocked. (docs/decisions/0027-questions-and-learned-placeholders.md)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from domain.attributes import Role
from matching.forms import Forms, hash_forms
from matching.keys import Hashes
from matching.place import PLACE_TYPES
from matching.records import Ints, Longs

FEWEST = 10
"""Records that share a value, below which it is nobody's placeholder."""
LEAST_SHARE = 0.0005
"""The same, as a share of the records that have any value: what is rarer does little harm, and its frequency class knows it."""
TYPICAL = 5
"""A placeholder is so many times as frequent as the value of a typical record; values shared by few customers never are."""
GAP = 2
"""And so many times as frequent as the next value: common values follow one another closely (names, towns), placeholders do not."""
MOST = 20
"""Placeholders of one attribute; where more values stand out, standing out is its nature."""
LIKENESS, NEIGHBOURS = 0.1, 0.5
"""Share of the pairs that may agree on another attribute beyond chance: the same customer twice, and few relatives. The second
holds for places: a department's own telephone, on whoever gave none, is on people of its own region."""
SAMPLE = 3_000
"""Pairs of records, of those that share a value, that are looked at."""
ENOUGH = 30
"""Of them, pairs that have something to agree on."""


def learn_placeholders(forms: Mapping[str, Forms]) -> dict[str, Hashes]:
    """The forms that stand for a missing value, by attribute, as sorted hashes; attributes without any are left out."""
    found = {}
    for name, own in forms.items():
        if own.type.learns_placeholders and own.attribute.role is not Role.NEUTRAL:
            codes = [code for code in suspects(own).tolist() if unlike(own, code, forms)]
            if codes:
                found[name] = np.sort(hash_forms(own)[codes])
    return found


def suspects(own: Forms) -> Longs:
    """The codes of the forms that are far more frequent than all others, the most frequent first."""
    frequency = own.frequency()
    order = np.argsort(-frequency, kind="stable")[: int((frequency > 0).sum())]
    sorted_ = frequency[order]
    for kept in range(min(MOST, len(order) - 1), 0, -1):
        least, rest = sorted_[kept - 1], sorted_[kept:]
        if least >= max(FEWEST, LEAST_SHARE * own.holders, GAP * rest[0], TYPICAL * typical(rest)):
            return order[:kept]
    return order[:0]


def typical(frequency: Longs) -> int:
    """How frequent the value of the median record is, from the frequencies of values, the highest first.

    >>> typical(np.array([6, 2, 2, 1, 1]))
    6
    """
    return int(frequency[np.searchsorted(np.cumsum(frequency), frequency.sum() / 2)])


def unlike(own: Forms, code: int, forms: Mapping[str, Forms]) -> bool:
    """Whether records that share a form agree on nothing else more than random records do.

    A part of an address must be held against the other parts of the address: a real street lies in one town.
    """
    left, right = pairs_among(own.row[own.code == code])
    others = [other for other in forms.values() if other is not own and other.attribute.role is not Role.NEUTRAL]
    known = [(other.attribute.type in PLACE_TYPES, likeness(other, left, right)) for other in others]
    told = [(is_place, alike) for is_place, alike in known if alike is not None]
    of_place = own.attribute.type in PLACE_TYPES
    if not told or (of_place and not any(is_place for is_place, _ in told)):
        return False
    return all(alike <= (NEIGHBOURS if is_place and not of_place else LIKENESS) for is_place, alike in told)


def pairs_among(rows: Ints) -> tuple[Ints, Ints]:
    """Random pairs of different records out of some; all of them where there are few."""
    if len(rows) * (len(rows) - 1) // 2 <= SAMPLE:
        left, right = np.triu_indices(len(rows), 1)
        return rows[left], rows[right]
    generator = np.random.default_rng(len(rows))
    left = generator.integers(0, len(rows), SAMPLE)
    right = (left + generator.integers(1, len(rows), SAMPLE)) % len(rows)
    return rows[left], rows[right]


def likeness(other: Forms, left: Ints, right: Ints) -> float | None:
    """Share of some pairs that are equal in an attribute beyond what chance makes equal; None where too few have a value."""
    codes = other.codes()
    a, b = codes[left], codes[right]
    known = (a >= 0) & (b >= 0)
    if known.sum() < ENOUGH:
        return None
    share = other.frequency() / max(len(other.row), 1)
    chance = float((share**2).sum())
    return float(((a == b)[known].mean() - chance) / max(1 - chance, 1e-9))


def without_placeholders(own: Forms, placeholders: Hashes) -> Forms:
    """The forms, those that stand for a missing value left out of all records."""
    kept = ~np.isin(hash_forms(own), placeholders)[own.code]
    return own.only(kept) if not kept.all() else own
