"""Compare: each candidate pair becomes one small level per comparison, its *pattern*.

Equality is integer work and comes first. Two different values are compared once per distinct pair of values, and only
where the two records can still be the same or related: the best that is open is added up, and hopeless pairs are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from domain.attributes import Attribute
from matching.attribute_types import TYPES
from matching.attribute_types.base import AGREEMENT
from matching.comparisons import (
    MADE_OF_NAMES,
    RARITY,
    SWAPPED,
    Classes,
    Comparison,
    LevelArray,
    comparisons_for,
    exact_labels,
    rarity_class,
)
from matching.forms import Forms
from matching.memo import Memo
from matching.parallel import WORKERS, in_parallel
from matching.patterns import Patterns, count_patterns, join_patterns
from matching.place import STREET_TYPES, PlacePart, may_be_one_place, place_levels
from matching.records import Ints, Longs

__all__ = [
    "AGREEMENT",
    "MADE_OF_NAMES",
    "RARITY",
    "SWAPPED",
    "Classes",
    "Comparer",
    "Comparison",
    "LevelArray",
    "Patterns",
    "comparisons_for",
    "count_patterns",
    "exact_labels",
    "level_matrix",
    "patterns_of",
    "rarity_class",
]

Mask = npt.NDArray[np.bool_]

CHUNK = 1_000_000
"""Pairs compared at a time."""
SMALL_CHUNK = 100_000
"""So few are not shared out among threads."""
UNEQUAL, ANY = 254, 255
"""Stand for a level that is still open: any but the equal ones, and any at all."""


class Values:
    """One attribute of all records, ready to be compared."""

    def __init__(self, forms: Forms, rarity: npt.NDArray[np.uint8]) -> None:
        self.forms, self.rarity = forms, rarity
        self.equal = np.append(rarity + np.uint8(1), np.uint8(0))
        """The level of two equal forms, by code; the last is that of no form, -1."""
        self.codes = forms.codes()
        self.offsets = None if forms.single else forms.offsets()
        self.several = None if self.offsets is None else np.diff(self.offsets) > 1
        """Which records have more than one value."""
        self.memo = Memo(forms)
        self.asked = 0

    def quick(self, left: Ints, right: Ints) -> LevelArray:
        """Levels of pairs as far as equality tells: missing, equal by rarity, else open."""
        a, b = self.codes.take(left), self.codes.take(right)
        levels = np.where(a == b, self.equal[a], np.uint8(UNEQUAL))
        levels *= (a | b) >= 0  # a code is negative where there is none
        if self.several is not None:
            levels[(self.several.take(left) | self.several.take(right)) & (levels > 0)] = ANY
        return levels

    def full(self, left: Ints, right: Ints) -> LevelArray:
        """Levels of pairs: 0 missing, then equal by rarity, then the type's own levels."""
        levels = self.quick(left, right)
        self.settle(levels, left, right)
        return levels

    def settle(self, levels: LevelArray, left: Ints, right: Ints) -> None:
        """Put levels where they are open."""
        rest = np.flatnonzero(levels == UNEQUAL)
        levels[rest] = self.unequal(self.codes[left[rest]], self.codes[right[rest]])
        many = np.flatnonzero(levels == ANY)
        if len(many):
            levels[many] = self.best(left[many], right[many])

    def best(self, left: Ints, right: Ints) -> LevelArray:
        """Several values against several: the level of the best two. Both have one at least."""
        assert self.offsets is not None
        n_left, n_right = self.offsets[left + 1] - self.offsets[left], self.offsets[right + 1] - self.offsets[right]
        size = n_left * n_right
        start = np.cumsum(size) - size
        within = np.arange(size.sum()) - np.repeat(start, size)
        width = np.repeat(n_right, size)
        a = self.forms.code[np.repeat(self.offsets[left], size) + within // width]
        b = self.forms.code[np.repeat(self.offsets[right], size) + within % width]
        levels = np.empty(len(a), np.uint8)
        equal = a == b
        levels[equal] = self.rarity[a[equal]] + 1
        levels[~equal] = self.unequal(a[~equal], b[~equal])
        return np.asarray(np.minimum.reduceat(levels, start))

    def unequal(self, a: Ints, b: Ints) -> LevelArray:
        """Levels of pairs of different forms."""
        levels = self.memo.look_up(a, b)
        rest = np.flatnonzero(levels == 0)
        if len(rest):
            levels[rest] = self.once_each(a[rest], b[rest])
        return levels

    def once_each(self, a: Ints, b: Ints) -> LevelArray:
        """Levels of pairs of different forms; each distinct pair is compared once, and remembered if both are common."""
        low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b)
        pair, back = np.unique(low * len(self.forms.distinct) + high, return_inverse=True)
        one, other = np.divmod(pair, len(self.forms.distinct))
        levels = self.levels_of(one, other) + np.uint8(len(RARITY))
        self.memo.keep(one, other, levels)
        return np.asarray(levels.astype(np.uint8)[back])

    def levels_of(self, one: Longs, other: Longs) -> LevelArray:
        """What the type says of pairs of different forms; forms are prepared together once many are asked for."""
        self.asked += len(one)
        if self.asked * 4 < len(self.forms.distinct):
            return self.forms.compare(self.forms.distinct.take(one), self.forms.distinct.take(other))
        return self.forms.type.between(self.prepared, one, other)

    @cached_property
    def prepared(self) -> Any:
        """All forms, as the type wants them."""
        return self.forms.prepared


class Comparer:
    """Compares any pairs of the same records; what can be worked out beforehand is."""

    def __init__(self, comparisons: Sequence[Comparison], forms: Mapping[str, Forms], classes: Classes) -> None:
        self.comparisons = comparisons
        names = [a.name for c in comparisons for a in c.attributes]
        self.values = dict(zip(names, in_parallel(lambda name: Values(forms[name], classes[name]), names), strict=True))
        self.swap = next((Swap(comparisons, k, self.values) for k, c in enumerate(comparisons) if c.swapped is not None), None)

    def levels(self, left: Ints, right: Ints) -> LevelArray:
        """Levels of pairs of records on every comparison: pairs × comparisons."""
        columns = self.settled(left, right)
        drop_explained(self.comparisons, columns)
        return columns.T

    def patterns(self, left: Ints, right: Ints) -> Patterns:
        """The distinct patterns of pairs of records."""
        sizes = [len(c.labels) for c in self.comparisons]
        parts = in_parallel(lambda at: count_patterns(self.levels(left[at], right[at]), sizes), chunks(len(left)))
        return join_patterns(list(parts), sizes)

    def settled(self, left: Ints, right: Ints) -> LevelArray:
        """Levels of each comparison by itself: comparisons × pairs."""
        columns = self.quick(left, right)
        for k in range(len(self.comparisons)):
            self.settle(k, columns, left, right)
        return columns

    def quick(self, left: Ints, right: Ints) -> LevelArray:
        """Levels as far as equality tells: comparisons × pairs."""
        columns = np.empty((len(self.comparisons), len(left)), np.uint8)
        left, right = left.astype(np.intp), right.astype(np.intp)
        for k, comparison in enumerate(self.comparisons):
            columns[k] = self.quick_place(comparison, left, right) if comparison.is_place else self.single(comparison).quick(left, right)
        if self.swap is not None:
            self.swap.mark(columns, left, right)
        return columns

    def single(self, comparison: Comparison) -> Values:
        """The values of a comparison of one attribute."""
        return self.values[comparison.name]

    def quick_place(self, comparison: Comparison, left: Ints, right: Ints) -> LevelArray:
        """Which addresses cannot be compared, and which may be equal."""
        known, equal = np.zeros(len(left), bool), np.zeros(len(left), bool)
        for attribute in comparison.attributes:
            levels = self.values[attribute.name].quick(left, right)
            known |= levels > 0
            if attribute.type in STREET_TYPES:
                equal |= (levels > 0) & (levels != UNEQUAL)
        return np.where(known, np.where(equal, ANY, UNEQUAL), 0).astype(np.uint8)

    def settle(self, k: int, columns: LevelArray, left: Ints, right: Ints) -> None:
        """Put the levels of one comparison where they are open."""
        comparison, rest = self.comparisons[k], np.flatnonzero(columns[k] >= UNEQUAL)
        if comparison.is_place:
            columns[k, rest] = self.places(comparison.attributes, left[rest], right[rest])
            return
        levels = columns[k, rest]
        self.single(comparison).settle(levels, left[rest], right[rest])
        if comparison.swapped is not None:  # the type knows nothing of that level, which lies before `different`
            levels[levels == comparison.swapped] += 1
        columns[k, rest] = levels

    def places(self, attributes: Sequence[Attribute], left: Ints, right: Ints) -> LevelArray:
        """Levels of whole addresses. How alike two streets are is asked only where the rest of the address does not set them apart."""

        left, right = left.astype(np.intp), right.astype(np.intp)

        def part(attribute: Attribute, chosen: Mask | None = None) -> PlacePart:
            own, labels = self.values[attribute.name], TYPES[attribute.type].levels
            levels = own.quick(left, right)
            if chosen is not None:
                levels[(levels == UNEQUAL) & ~chosen] = len(labels) + len(RARITY) - 1
            own.settle(levels, left, right)
            return PlacePart(attribute.type, labels, levels)

        rest = [part(a) for a in attributes if a.type not in STREET_TYPES]
        chosen = may_be_one_place(rest, len(RARITY), len(left))
        return place_levels([*(part(a, chosen) for a in attributes if a.type in STREET_TYPES), *rest], len(RARITY))


class Swap:
    """Tells pairs whose given and family names are each other's."""

    def __init__(self, comparisons: Sequence[Comparison], given: int, values: Mapping[str, Values]) -> None:
        self.given, self.level = given, comparisons[given].swapped or 0
        self.family = next(k for k, c in enumerate(comparisons) if c.name == comparisons[given].partner)
        self.given_codes, self.family_codes = (values[comparisons[k].name].codes for k in (self.given, self.family))
        one, other = (values[comparisons[k].name].forms.distinct for k in (self.given, self.family))
        self.as_family = pc.fill_null(pc.index_in(one, value_set=other), -2).to_numpy(zero_copy_only=False)
        """The code that each given name has among the family names; -2 where it is none."""

    def mark(self, columns: LevelArray, left: Ints, right: Ints) -> None:
        """Mark such pairs: only the given name says so; the family name is then `missing`, for the two are one observation."""
        open_ = np.flatnonzero((columns[self.given] >= UNEQUAL) & (columns[self.family] >= UNEQUAL))
        left, right = left[open_], right[open_]
        one, other = self.given_codes[left], self.given_codes[right]
        cross = (self.as_family[one] == self.family_codes[right]) & (self.as_family[other] == self.family_codes[left]) & (one != other)
        columns[self.given, open_[cross]] = self.level
        columns[self.family, open_[cross]] = 0


def drop_explained(comparisons: Sequence[Comparison], columns: LevelArray) -> None:
    """Where the names agree, e-mails that are alike only because they are made of them say nothing more.

    `columns` are levels, comparisons × pairs.
    """
    names = [k for k, c in enumerate(comparisons) if not c.is_place and c.attributes[0].type in ("given_name", "family_name", "full_name")]
    if not names:
        return
    agree = np.zeros(columns.shape[1], bool)
    for k in names:
        agree |= (columns[k] > 0) & (columns[k] < len(comparisons[k].labels) - 1)
    for k, comparison in enumerate(comparisons):
        told = [i for i, label in enumerate(comparison.labels) if label in MADE_OF_NAMES]
        if told:
            one_of = np.zeros(256, bool)
            one_of[told] = True
            columns[k, np.flatnonzero(agree & one_of[columns[k]])] = 0


def level_matrix(comparisons: Sequence[Comparison], forms: Mapping[str, Forms], classes: Classes, left: Ints, right: Ints) -> LevelArray:
    """Levels of pairs of records on every comparison: pairs × comparisons."""
    return Comparer(comparisons, forms, classes).levels(left, right)


def patterns_of(comparisons: Sequence[Comparison], forms: Mapping[str, Forms], classes: Classes, left: Ints, right: Ints) -> Patterns:
    """Compare every pair on every comparison and count the distinct patterns."""
    return Comparer(comparisons, forms, classes).patterns(left, right)


def chunks(count: int) -> list[slice]:
    """Consecutive parts of `count` pairs, one at least; as many for each thread where they are few."""
    size = min(CHUNK, max(SMALL_CHUNK, -(-count // WORKERS)))
    return [slice(at, at + size) for at in range(0, max(count, 1), size)]
