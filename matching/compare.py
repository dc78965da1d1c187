"""Compare: each candidate pair becomes one small level per comparison, its *pattern*.

Two different values are compared once per distinct pair of values, whatever the number of record pairs that hold them.
Level 0 is `missing` (one side or both) and neutral; from 1 on the strongest level comes first, so that of several
values the best against the best is the smallest level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.attributes import Attribute, Role
from matching.attribute_types import TYPES
from matching.forms import Forms
from matching.place import PLACE_LEVELS, PLACE_TYPES, STREET_TYPES, PlacePart, may_be_one_place, place_levels
from matching.records import Ints

LevelArray = npt.NDArray[np.uint8]
Classes = Mapping[str, npt.NDArray[np.uint8]]

RARITY = ("rarer than 1 in 100,000", "1 in 100,000", "1 in 10,000", "1 in 3,000", "1 in 1,000", "1 in 300", "over 1 in 100")
"""Frequency classes of equal values, rarest first: sharing a rare name says more than sharing a common one."""
RARITY_BOUNDS = (1e-5, 1e-4, 1 / 3_000, 1e-3, 1 / 300, 1e-2)
"""Shares of the records that part the classes: finer where values are common, for there most equal values lie."""
CHUNK = 2_000_000
"""Pairs compared at a time."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One aspect that is compared, over one attribute or over several that belong together."""

    name: str
    attributes: tuple[Attribute, ...]
    role: Role
    labels: tuple[str, ...]
    """Label of every level; `labels[0]` is `missing`."""
    partner: str | None = None
    """The attribute that this one is sometimes swapped with: given name and family name."""

    @property
    def is_place(self) -> bool:
        """Whether it compares a whole address from its parts."""
        return len(self.attributes) > 1

    @property
    def swapped(self) -> int | None:
        """The level of swapped names, where the comparison has it."""
        return self.labels.index(SWAPPED) if SWAPPED in self.labels else None


SWAPPED = "swapped with the other name"
MADE_OF_NAMES = ("similar local part", "same local part")
"""Levels of an e-mail that follow from the names it is made of: j.smith7 and j.smith9 are alike because both are J. Smith."""


def comparisons_for(attributes: Sequence[Attribute]) -> tuple[Comparison, ...]:
    """What is compared, in the attributes' order: each by itself, but the parts of an address together."""
    place = [a for a in attributes if a.type in PLACE_TYPES]
    together = place if len(place) > 1 else []
    given = next((a.name for a in attributes if a.type == "given_name"), None)
    family = next((a.name for a in attributes if a.type == "family_name"), None)
    partner = {given: family, family: given} if given and family else {}
    result: list[Comparison] = []
    for attribute in attributes:
        if attribute in together:
            if attribute is together[0]:
                result.append(
                    Comparison("address", tuple(together), together[0].role, ("missing", *exact_labels("same address"), *PLACE_LEVELS))
                )
            continue
        labels = ("missing", *exact_labels("exact"), *TYPES[attribute.type].levels[1:])
        if attribute.name in partner:
            labels = (*labels[:-1], SWAPPED, labels[-1]) if attribute.name == given else labels
        result.append(Comparison(attribute.name, (attribute,), attribute.role, labels, partner.get(attribute.name)))
    return tuple(result)


def exact_labels(word: str) -> tuple[str, ...]:
    """Labels of the levels into which equality is split by frequency, rarest first.

    >>> exact_labels("exact")[-1]
    'exact (over 1 in 100)'
    """
    return tuple(f"{word} ({rarity})" for rarity in RARITY)


def rarity_class(frequency: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.uint8]:
    """The frequency class of each form among `total` records that have one: 0 rarest, the last commonest.

    >>> rarity_class(np.array([1, 30, 5_000]), 1_000_000).tolist()
    [0, 1, 5]
    """
    share = frequency / max(total, 1)
    return np.searchsorted(RARITY_BOUNDS, share, side="right").astype(np.uint8)


def compare(comparison: Comparison, forms: Mapping[str, Forms], classes: Classes, left: Ints, right: Ints) -> LevelArray:
    """The level of each pair of records; `classes` gives the frequency class of each distinct form by attribute."""
    if comparison.is_place:
        return compare_places(comparison.attributes, forms, classes, left, right)
    own = forms[comparison.name]
    levels = part_levels(own, classes[comparison.name], left, right)
    if comparison.partner:
        mark_swapped(comparison, levels, own, forms[comparison.partner], left, right)
    return levels


def compare_places(attributes: Sequence[Attribute], forms: Mapping[str, Forms], classes: Classes, left: Ints, right: Ints) -> LevelArray:
    """Levels of whole addresses. How alike two streets are is asked only where the rest of the address does not set them apart."""

    def part(attribute: Attribute, chosen: npt.NDArray[np.bool_] | None = None) -> PlacePart:
        own, rarity = forms[attribute.name], classes[attribute.name]
        if chosen is None or not own.single:
            return PlacePart(attribute.type, TYPES[attribute.type].levels, part_levels(own, rarity, left, right))
        levels = equal_levels(own, rarity, left, right)
        levels[chosen] = part_levels(own, rarity, left[chosen], right[chosen])
        return PlacePart(attribute.type, TYPES[attribute.type].levels, levels)

    rest = [part(a) for a in attributes if a.type not in STREET_TYPES]
    chosen = may_be_one_place(rest, len(RARITY), len(left))
    return place_levels([*(part(a, chosen) for a in attributes if a.type in STREET_TYPES), *rest], len(RARITY))


def equal_levels(forms: Forms, rarity: npt.NDArray[np.uint8], left: Ints, right: Ints) -> LevelArray:
    """Levels of one attribute where only equality counts: 0 missing, 1 to 4 equal by rarity, else the type's last."""
    codes = forms.codes()
    a, b = codes[left], codes[right]
    known = (a >= 0) & (b >= 0)
    last = len(forms.type.levels) + len(RARITY) - 1
    return np.where(known, np.where(a == b, rarity[np.maximum(a, 0)] + 1 if len(rarity) else 0, last), 0).astype(np.uint8)


def mark_swapped(comparison: Comparison, levels: LevelArray, own: Forms, other: Forms, left: Ints, right: Ints) -> None:
    """Mark pairs whose given and family names are each other's.

    Only the given name says so; the family name is then `missing`, for the two are one observation.
    """
    different = len(TYPES[own.attribute.type].levels) + len(RARITY) - 1
    if comparison.swapped is not None:
        levels[levels == different] = different + 1
    lookup = {form: code for code, form in enumerate(other.distinct.to_pylist())}
    in_other = np.array([lookup.get(form, -2) for form in own.distinct.to_pylist()] + [-1], np.int64)
    in_own = np.full(len(other.distinct) + 1, -2, np.int64)
    in_own[-1] = -1
    known = in_other[:-1] >= 0
    in_own[in_other[:-1][known]] = np.flatnonzero(known)
    mine, theirs = own.codes(), other.codes()
    cross = (in_other[mine[left]] == theirs[right]) & (in_own[theirs[left]] == mine[right])
    cross &= (theirs[right] >= 0) & (mine[right] >= 0) & (mine[left] >= 0) & (mine[left] != mine[right])
    levels[cross] = comparison.swapped or 0


def part_levels(forms: Forms, rarity: npt.NDArray[np.uint8], left: Ints, right: Ints) -> LevelArray:
    """Levels of one attribute: 0 missing, 1 to 4 equal by rarity, then the type's own levels."""
    if not len(forms.row):
        return np.zeros(len(left), np.uint8)
    if forms.single:
        codes = forms.codes()
        return code_levels(forms, rarity, codes[left], codes[right])
    return best_levels(forms, rarity, forms.offsets(), left, right)


def best_levels(forms: Forms, rarity: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], left: Ints, right: Ints) -> LevelArray:
    """Several values against several: the level of the best two."""
    n_left, n_right = offsets[left + 1] - offsets[left], offsets[right + 1] - offsets[right]
    size = n_left * n_right
    have = np.flatnonzero(size)
    result = np.zeros(len(left), np.uint8)
    if not len(have):
        return result
    size = size[have]
    start = np.concatenate(([0], np.cumsum(size)[:-1]))
    within = np.arange(size.sum()) - np.repeat(start, size)
    width = np.repeat(n_right[have], size)
    a = forms.code[np.repeat(offsets[left[have]], size) + within // width]
    b = forms.code[np.repeat(offsets[right[have]], size) + within % width]
    result[have] = np.minimum.reduceat(code_levels(forms, rarity, a, b), start)
    return result


def code_levels(forms: Forms, rarity: npt.NDArray[np.uint8], a: Ints, b: Ints) -> LevelArray:
    """Levels of pairs of form codes, -1 missing; each distinct pair of different forms is compared once."""
    result = np.zeros(len(a), np.uint8)
    have = (a >= 0) & (b >= 0)
    equal = have & (a == b)
    result[equal] = rarity[a[equal]] + 1
    rest = np.flatnonzero(have & (a != b))
    if not len(rest):
        return result
    low, high = np.minimum(a[rest], b[rest]), np.maximum(a[rest], b[rest])
    pair, back = np.unique(low.astype(np.int64) * len(forms.distinct) + high, return_inverse=True)
    levels = forms.compare(forms.distinct.take(pair // len(forms.distinct)), forms.distinct.take(pair % len(forms.distinct)))
    result[rest] = (levels + len(RARITY)).astype(np.uint8)[back]
    return result


@dataclass(frozen=True, slots=True)
class Patterns:
    """The distinct patterns of many pairs: `levels` (patterns × comparisons), how many pairs have each, and which each pair has."""

    levels: LevelArray
    counts: npt.NDArray[np.int64]
    index: Ints
    """Row of `levels` of each pair."""


def level_matrix(comparisons: Sequence[Comparison], forms: Mapping[str, Forms], classes: Classes, left: Ints, right: Ints) -> LevelArray:
    """Levels of pairs of records on every comparison: pairs × comparisons."""
    levels = np.stack([compare(c, forms, classes, left, right) for c in comparisons], axis=1)
    drop_explained(comparisons, levels)
    return levels


def drop_explained(comparisons: Sequence[Comparison], levels: LevelArray) -> None:
    """Where the names agree, e-mails that are alike only because they are made of them say nothing more."""
    names = [k for k, c in enumerate(comparisons) if not c.is_place and c.attributes[0].type in ("given_name", "family_name", "full_name")]
    if not names:
        return
    last = np.array([len(comparisons[k].labels) - 1 for k in names])
    agree = ((levels[:, names] > 0) & (levels[:, names] < last)).any(axis=1)
    for k, comparison in enumerate(comparisons):
        told = [i for i, label in enumerate(comparison.labels) if label in MADE_OF_NAMES]
        if told:
            levels[agree & np.isin(levels[:, k], told), k] = 0


def patterns_of(comparisons: Sequence[Comparison], forms: Mapping[str, Forms], classes: Classes, left: Ints, right: Ints) -> Patterns:
    """Compare every pair on every comparison and count the distinct patterns, `CHUNK` pairs at a time."""
    sizes = [len(c.labels) for c in comparisons]
    parts = [
        count_patterns(level_matrix(comparisons, forms, classes, left[at : at + CHUNK], right[at : at + CHUNK]), sizes)
        for at in range(0, max(len(left), 1), CHUNK)
    ]
    return join_patterns(parts, sizes)


def join_patterns(parts: Sequence[Patterns], sizes: Sequence[int]) -> Patterns:
    """Patterns of consecutive pairs as one."""
    if len(parts) == 1:
        return parts[0]
    merged = count_patterns(np.concatenate([part.levels for part in parts]), sizes)
    counts = np.zeros(len(merged.levels), np.int64)
    np.add.at(counts, merged.index, np.concatenate([part.counts for part in parts]))
    starts = np.cumsum([0, *(len(part.levels) for part in parts[:-1])])
    index = np.concatenate([merged.index[start : start + len(part.levels)][part.index] for part, start in zip(parts, starts, strict=True)])
    return Patterns(merged.levels, counts, index)


def count_patterns(levels: LevelArray, sizes: Sequence[int]) -> Patterns:
    """The distinct rows of `levels`, in lexicographic order; comparison k has `sizes[k]` levels."""
    code = np.zeros(len(levels), np.int64)
    span = 1
    for k, size in enumerate(sizes):
        if span > 2**62 // size:
            distinct, code = np.unique(code, return_inverse=True)
            code, span = code.astype(np.int64), len(distinct)
        code = code * size + levels[:, k]
        span *= size
    _, first, index, counts = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return Patterns(levels[first], counts.astype(np.int64), index.astype(np.int32))
