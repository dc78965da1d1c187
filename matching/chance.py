"""Chance: how often two records agree on each comparison when they have nothing to do with one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.compare import RARITY, Classes, Comparer, Comparison, LevelArray, chunks, rarity_class
from matching.crossed import crossed_levels
from matching.forms import Forms
from matching.parallel import in_parallel
from matching.records import Ints

Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beside:
    """How the numbers of random pairs compare where the words are weakly alike: what has its town in common has area codes in common."""

    counts: Shares
    """Pairs at each level."""
    level: int
    """The level of the words that is weakly alike."""
    sampled: float
    """Random pairs among which they were found."""


@dataclass(frozen=True, slots=True)
class Chance:
    """How random pairs compare on one comparison."""

    levels: Shares
    """Share of each level among pairs with both sides known; index 0, `missing`, is 0."""
    known: float
    """Share of random pairs with both sides known."""
    crossed: bool = False
    """Whether it was learned from values that nobody has, so that no *same* pair is in it."""
    beside: Beside | None = None
    """Of numbers in a text: how they compare where its words are weakly alike."""


SAMPLE = 400_000
"""Random pairs compared to learn how often levels other than equality come about by chance."""
NAMES_ONE = frozenset({"organisation", "text", "full_name", "address", "email", "url", "identifier", "national_id", "phone"})
"""Types whose equal values are no chance where nothing else is known of the records: a list of firms' names has each firm once.

How often chance makes two values equal is counted over all records, since most pairs that share one are strangers. Of a single
attribute of these types they are not, and nothing else could tell: counted so, every true pair would be chance."""
STRATUM = 60_000
"""Random pairs compared among those that share a part of an address."""


@dataclass(frozen=True, slots=True)
class Population:
    """The records that are matched, seen as the pairs they can form."""

    source: Ints
    """Source of each record."""
    unique: npt.NDArray[np.bool_]
    """Of each source: whether it holds each customer at most once, so that no two of its records are the same."""
    names: tuple[str, ...] = ()
    """Of each source, where something learned of one is to be found again in another run."""

    def __len__(self) -> int:
        return len(self.source)

    @property
    def called(self) -> tuple[str, ...]:
        """The sources' names, or their numbers."""
        return self.names or tuple(str(number) for number in range(len(self.unique)))

    @property
    def pairs(self) -> float:
        """The number of admissible pairs."""
        total = len(self) * (len(self) - 1) / 2
        inner = np.bincount(self.source, minlength=len(self.unique)).astype(np.float64)
        return float(total - (inner * (inner - 1) / 2)[self.unique].sum())

    def admissible(self, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
        """Which pairs can be the same customer at all."""
        return np.asarray((self.source[left] != self.source[right]) | ~self.unique[self.source[left]])


def classes_of(forms: Mapping[str, Forms]) -> dict[str, npt.NDArray[np.uint8]]:
    """The frequency class of every form, by attribute."""
    return {name: rarity_class(f.frequency(), f.holders) for name, f in forms.items()}


def random_pairs(population: Population, size: int, seed: int = 0) -> tuple[Ints, Ints]:
    """`size` random admissible pairs, or all of them where there are no more than twice as many; the same for the same records."""
    count = len(population)
    if count * (count - 1) / 2 <= 2 * size:
        left, right = (side.astype(np.int32) for side in np.triu_indices(count, 1))
    else:
        generator = np.random.default_rng(seed)
        left, right = (generator.integers(0, count, size, dtype=np.int32) for _ in range(2))
    kept = (left != right) & population.admissible(left, right)
    return left[kept], right[kept]


def chance_levels(
    comparisons: Sequence[Comparison],
    forms: Mapping[str, Forms],
    classes: Classes,
    population: Population,
    sample: int = SAMPLE,
    comparer: Comparer | None = None,
) -> tuple[Chance, ...]:
    """How random admissible pairs compare, on each comparison; so many of them are looked at, with a comparer if there is one."""
    if len(comparisons) == 1 and comparisons[0].attributes[0].type in COMPOSED and not comparisons[0].is_place:
        return (crossed_chance(comparisons[0], forms[comparisons[0].name], classes, population),)
    left, right = random_pairs(population, sample)
    made = comparer or Comparer(comparisons, forms, classes)
    levels = np.concatenate(list(in_parallel(lambda at: made.settled(left[at], right[at]), chunks(len(left)))), axis=1)
    found = list(in_parallel(lambda k: one_chance(k, made, forms, classes, population, levels[k], left, right), range(len(comparisons))))
    if has_parts(comparisons):
        found[1] = replace(found[1], beside=beside(comparisons, levels))
    return tuple(found)


WEAKLY_ALIKE = {"text": "alike 20%", "organisation": "alike 30%"}
"""By type, the level of words that share a town or a trade: by far most such pairs are strangers."""


def has_parts(comparisons: Sequence[Comparison]) -> bool:
    """Whether all that is compared are the words of a text and its numbers."""
    types = [c.attributes[0].type for c in comparisons]
    return len(types) == 2 and types[0] in WEAKLY_ALIKE and types[1] == "numbers"


def beside(comparisons: Sequence[Comparison], levels: LevelArray) -> Beside:
    """How the numbers of random pairs compare, given by their levels, where the words are weakly alike."""
    level = comparisons[0].labels.index(WEAKLY_ALIKE[comparisons[0].attributes[0].type])
    counts = np.bincount(levels[1][levels[0] == level], minlength=len(comparisons[1].labels)).astype(np.float64)
    counts[0] = 0.0
    return Beside(counts, level, float(levels.shape[1]))


COMPOSED = ("organisation", "text", "full_name", "address")
"""Types whose values are put together from words; alone, they are told from chance by crossed values."""


def crossed_chance(comparison: Comparison, own: Forms, classes: Classes, population: Population) -> Chance:
    """Chance of the levels of the only comparison there is."""
    return Chance(crossed_levels(comparison, own, classes[comparison.name]), (own.holders / max(len(population), 1)) ** 2, crossed=True)


def one_chance(
    k: int,
    comparer: Comparer,
    forms: Mapping[str, Forms],
    classes: Classes,
    population: Population,
    levels: LevelArray,
    left: Ints,
    right: Ints,
) -> Chance:
    """Chance of one comparison's levels: equality counted exactly over all pairs, the others from random pairs."""
    comparison = comparer.comparisons[k]
    size = len(comparison.labels)
    counts = np.bincount(levels, minlength=size).astype(np.float64)
    known = counts[1:].sum()
    share = max(known, 0.5) / max(len(left), 1)
    if comparison.is_place:
        return Chance(place_chance(k, comparer, forms, population, levels, left, right), share)
    chance = (counts + 0.5) / (known + 0.5 * size)
    own = forms[comparison.name]
    alone = len(comparer.comparisons) == 1 and own.attribute.type in NAMES_ONE
    equal = np.zeros(len(RARITY)) if alone else equal_pairs(own, population, classes[comparison.name])
    pairs_known = max(population.pairs * known / max(len(left), 1), 1.0)
    chance[1 : len(RARITY) + 1] = (equal + 0.01) / (pairs_known + 0.01 * size)
    chance[0] = 0.0
    rest = chance[len(RARITY) + 1 :]
    rest *= max(1.0 - chance[1 : len(RARITY) + 1].sum(), 1e-9) / max(rest.sum(), 1e-12)
    return Chance(chance, share)


def equal_pairs(forms: Forms, population: Population, rarity: npt.NDArray[np.uint8]) -> Shares:
    """How many admissible pairs have an equal form, by its frequency class."""
    pairs = choose_two(forms.frequency())
    if population.unique.any():
        inner = population.unique[population.source[forms.row]]
        key = forms.code[inner].astype(np.int64) * len(population.unique) + population.source[forms.row[inner]]
        cells, counts = np.unique(key, return_counts=True)
        np.subtract.at(pairs, cells // len(population.unique), choose_two(counts))
    return np.asarray(np.bincount(rarity, weights=pairs, minlength=len(RARITY)), np.float64)


def choose_two(counts: npt.NDArray[np.int64]) -> Shares:
    """Number of pairs among `counts` things."""
    return counts * (counts - 1) / 2.0


def place_chance(
    k: int,
    comparer: Comparer,
    forms: Mapping[str, Forms],
    population: Population,
    levels: LevelArray,
    left: Ints,
    right: Ints,
) -> Shares:
    """Chance of an address' levels, from random pairs within strata: those that share a part, rarest part first, and the rest.

    Agreement on a street is far too rare to be met in a random sample, so pairs are drawn among those that share it.
    """
    comparison = comparer.comparisons[k]
    size = len(comparison.labels)
    total = np.full(size, 1e-3)
    seen = [forms[a.name] for a in comparison.attributes if len(forms[a.name].row)]
    seen.sort(key=lambda f: choose_two(f.frequency()).sum())
    shares_earlier: list[Forms] = []
    for number, part in enumerate(seen):
        a, b = pairs_sharing(part, STRATUM, seed=number + 1)
        inside = population.admissible(a, b) & ~share_any(shares_earlier, a, b)
        counts = np.bincount(comparer.places(comparison.attributes, a[inside], b[inside]), minlength=size)
        total += counts * (choose_two(part.frequency()).sum() / max(len(a), 1))
        shares_earlier.append(part)
    outside = ~share_any(shares_earlier, left, right)
    total += np.bincount(levels[outside], minlength=size) * (population.pairs / max(len(left), 1))
    total[0] = 0.0
    return np.asarray(total / total.sum())


def share_any(parts: Sequence[Forms], left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    """Which pairs have an equal first form in any of `parts`."""
    result = np.zeros(len(left), bool)
    for part in parts:
        codes = part.codes()
        result |= (codes[left] == codes[right]) & (codes[left] >= 0)
    return result


def pairs_sharing(forms: Forms, size: int, seed: int) -> tuple[Ints, Ints]:
    """Up to `size` random pairs of different records that have a form in common, each such pair equally likely."""
    frequency = forms.frequency()
    weight = np.cumsum(choose_two(frequency))
    if not len(weight) or weight[-1] == 0:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    generator = np.random.default_rng(seed)
    chosen = np.searchsorted(weight, generator.random(size) * weight[-1], side="right")
    order = np.argsort(forms.code, kind="stable")
    start = np.concatenate(([0], np.cumsum(frequency)))[chosen]
    first = (generator.random(size) * frequency[chosen]).astype(np.int64)
    step = 1 + (generator.random(size) * (frequency[chosen] - 1)).astype(np.int64)
    second = (first + step) % frequency[chosen]
    return forms.row[order[start + first]], forms.row[order[start + second]]
