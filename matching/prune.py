"""Prune: compare candidate pairs only as far as they can still be the same or related.

Equality is told first. Then the comparisons that are still open are made one after the other, the most telling first, and a
pair is dropped as soon as the best that is left to come could not lift it. What is dropped so would have been dropped at
the end: the pairs that stay, and their levels, are those of a full comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matching.agglomerate import Scoring
from matching.block import Pairs
from matching.chance import Population
from matching.compare import ANY, MADE_OF_NAMES, RARITY, UNEQUAL, Comparer, Comparison, LevelArray, Mask, chunks, drop_explained
from matching.parallel import in_parallel
from matching.patterns import Patterns, count_patterns, join_patterns
from matching.records import Ints
from matching.score import MICRO, Bits, sums

FLOOR = -7 * MICRO
"""Log-odds against *unrelated*, in millionths of a bit, below which a pair is hopeless: less than one in a hundred."""
FLOOR_AMONG_RIVALS = -10 * MICRO
"""The same where sources are free of duplicates: without a rival, a poor candidate may be the one. (`matching/one_to_one.py`)"""
KEEP = 0.95
"""Hopeless pairs are dropped once they are so many that no more than this share is left."""


def least_weight(population: Population, asked: int | None = None) -> int:
    """Log-odds below which a pair is hopeless, in millionths of a bit; not above `asked`."""
    floor = FLOOR_AMONG_RIVALS if population.unique.any() else FLOOR
    return floor if asked is None else min(floor, asked)


def worth_scoring(comparer: Comparer, scoring: Scoring, pairs: Pairs, floor: int = FLOOR) -> tuple[Pairs, Patterns]:
    """The candidate pairs that are the same or related with log-odds of at least `floor` against *unrelated*, and their patterns."""
    bounds = Bounds(comparer.comparisons, scoring, floor)
    order = bounds.most_telling_first()
    sizes = [len(c.labels) for c in comparer.comparisons]

    def surviving(at: slice) -> tuple[Ints, Ints, Patterns]:
        left, right, columns = narrowed(comparer, bounds, order, pairs.left[at], pairs.right[at])
        return left, right, count_patterns(columns.T, sizes)

    parts = list(in_parallel(surviving, chunks(len(pairs))))
    left, right = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    return replace(pairs, left=left, right=right), join_patterns([part[2] for part in parts], sizes)


def worth_keeping(
    comparisons: Sequence[Comparison], scoring: Scoring, pairs: Pairs, patterns: Patterns, floor: int = FLOOR
) -> tuple[Pairs, Patterns]:
    """The same of candidate pairs that have been compared: `patterns` are theirs, in order of levels, others among them."""
    hopeful = Bounds(comparisons, scoring, floor).kept(patterns.levels.T)
    at = np.flatnonzero(hopeful[patterns.index])
    used, index, counts = np.unique(patterns.index[at], return_inverse=True, return_counts=True)
    kept = Patterns(patterns.levels[used], counts.astype(np.int64), index.astype(np.int32))
    return replace(pairs, left=pairs.left[at], right=pairs.right[at]), kept


def narrowed(comparer: Comparer, bounds: Bounds, order: Sequence[int], left: Ints, right: Ints) -> tuple[Ints, Ints, LevelArray]:
    """The pairs that are not hopeless, and their levels: comparisons × pairs."""
    columns = comparer.quick(left, right)
    same, related = bounds.most(columns)
    for k in order:
        open_ = np.flatnonzero(columns[k] >= UNEQUAL)
        before = columns[k, open_]
        comparer.settle(k, columns, left, right)
        after = columns[k, open_]
        same[open_] += bounds.same[k][after] - bounds.same[k][before]
        related[open_] += bounds.related[k][after] - bounds.related[k][before]
        hopeful = np.flatnonzero((same >= bounds.floor) | (related >= bounds.floor))
        if len(hopeful) < KEEP * len(left):
            left, right, columns, same, related = left[hopeful], right[hopeful], columns[:, hopeful], same[hopeful], related[hopeful]
    drop_explained(comparer.comparisons, columns)
    kept = np.flatnonzero(bounds.kept(columns))
    return left[kept], right[kept], columns[:, kept]


class Bounds:
    """The most that levels can be worth, also where they are open."""

    def __init__(self, comparisons: Sequence[Comparison], scoring: Scoring, floor: int) -> None:
        self.scoring, self.floor = scoring, floor
        self.same = [most(c, w.same) for c, w in zip(comparisons, scoring.weights, strict=True)]
        self.related = [most(c, w.related) for c, w in zip(comparisons, scoring.weights, strict=True)]

    def most_telling_first(self) -> list[int]:
        """The comparisons in the order in which they are made: by what lies between the best that may come of one, and the worst."""
        span = [int(same[UNEQUAL] - w.same[1:].min(initial=0)) for same, w in zip(self.same, self.scoring.weights, strict=True)]
        return sorted(range(len(span)), key=lambda k: -span[k])

    def most(self, columns: LevelArray) -> tuple[Bits, Bits]:
        """The most that pairs can reach for *same* and for *related*."""
        same = np.full(columns.shape[1], self.scoring.prior_same, np.int64)
        related = np.full(columns.shape[1], self.scoring.prior_related, np.int64)
        for levels, of_same, of_related in zip(columns, self.same, self.related, strict=True):
            same += of_same[levels]
            related += of_related[levels]
        return same, related

    def kept(self, columns: LevelArray) -> Mask:
        """Which pairs have reached it."""
        same, related = sums(columns.T, self.scoring.weights)
        return np.asarray((same + self.scoring.prior_same >= self.floor) | (related + self.scoring.prior_related >= self.floor))


def most(comparison: Comparison, weights: Bits) -> Bits:
    """By level, the most that it can be worth in the end: a level may still turn out to be explained by another comparison."""
    table = np.zeros(256, np.int64)
    table[: len(weights)] = weights
    explained = [i for i, label in enumerate(comparison.labels) if label in MADE_OF_NAMES]
    table[explained] = np.maximum(table[explained], 0)
    table[UNEQUAL] = table[len(RARITY) + 1 : len(weights)].max(initial=weights[-1])
    table[ANY] = max(table[1 : len(weights)].max(initial=weights[-1]), table[UNEQUAL])
    return table
