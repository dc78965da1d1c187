"""Linkage: the evidence between two clusters, which is the mean of what their records say of one another.

The same measure by which records are clustered: the prior once, and for each comparison the mean over the pairs of records
that have something to compare; an advantage over rivals is one comparison more. `relate` asks it of all that might be
related, `explain` of two golden customers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from matching.chance import Population
from matching.cluster import Advantage, CompareLevels, Scoring, pair_code
from matching.compare import LevelArray
from matching.records import Ints, Longs
from matching.score import Bits, Floats, probabilities

Mask = npt.NDArray[np.bool_]
PAIRS_AT_A_TIME = 1_000_000


@dataclass(frozen=True, slots=True)
class Members:
    """Which records each cluster holds: those of cluster c are `order[start[c] : start[c] + size[c]]`."""

    order: Ints
    start: Longs
    size: Longs
    of_record: Ints
    """The cluster of each record, numbered from 0 in the order of their labels."""

    @classmethod
    def of(cls, label: Ints) -> Members:
        """Clusters from one label a record.

        >>> found = Members.of(np.array([7, 3, 7], np.int32))
        >>> found.order.tolist(), found.start.tolist(), found.size.tolist()
        ([1, 0, 2], [0, 1], [1, 2])
        """
        _, numbered = np.unique(label, return_inverse=True)
        size = np.bincount(numbered)
        start = np.concatenate(([0], np.cumsum(size)[:-1])) if len(size) else size
        return cls(np.argsort(numbered, kind="stable").astype(np.int32), start.astype(np.int64), size, numbered.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Linkage:
    """Evidence between pairs of clusters: a row for each pair of clusters, a column for each comparison."""

    same: Bits
    """Mean weight for *same*, in millionths of a bit."""
    related: Bits
    """Mean weight for *related*."""
    known: Longs
    """Pairs of records that have something to compare."""
    best: LevelArray
    """The strongest level of any of them; 0 where there is none."""
    admissible: Mask
    """Of each pair of clusters: whether no source that is `unique` holds records of both."""
    advantage: Bits
    """Of each pair of clusters: mean of what rivals add to or take from their candidate pairs."""
    candidates: Longs
    """Over how many candidate pairs."""

    def probabilities(self, scoring: Scoring) -> tuple[Floats, Floats]:
        """Probability of *same* and of *related* of each pair of clusters."""
        same, related = self.sums()
        return probabilities(same + scoring.prior_same, related + scoring.prior_related)

    def weight(self, scoring: Scoring) -> Bits:
        """Log-odds of *same* against everything else, in millionths of a bit: what clusters are joined by."""
        return scoring.weight(*self.sums())

    def sums(self) -> tuple[Bits, Bits]:
        """All evidence together, without priors."""
        return self.same.sum(axis=1, dtype=np.int64) + self.advantage, self.related.sum(axis=1, dtype=np.int64)


def linkages(
    members: Members,
    left: Ints,
    right: Ints,
    levels_of: CompareLevels,
    scoring: Scoring,
    population: Population,
    advantage: Advantage | None = None,
) -> Linkage:
    """The evidence between pairs of different clusters, given by their numbers; all records of one are compared with all of the other.

    `advantage` is what rivals add to the weights of candidate pairs of records, where there can be rivals.
    """
    parts = [linkage_of(members, left[at], right[at], levels_of, scoring, population, advantage) for at in portions(members, left, right)]
    if len(parts) == 1:
        return parts[0]
    named = ("same", "related", "known", "best", "admissible", "advantage", "candidates")
    return Linkage(*(np.concatenate([getattr(part, name) for part in parts]) for name in named))


def portions(members: Members, left: Ints, right: Ints) -> Iterator[slice]:
    """Cuts a list of pairs of clusters where about `PAIRS_AT_A_TIME` pairs of records have come together; at least one portion."""
    work = np.cumsum(members.size[left] * members.size[right])
    cuts = np.searchsorted(work, np.arange(PAIRS_AT_A_TIME, work[-1] if len(work) else 0, PAIRS_AT_A_TIME))
    bounds = np.unique(np.concatenate(([0], cuts, [len(left)])))
    if len(bounds) == 1:
        yield slice(0, 0)
    yield from (slice(a, b) for a, b in pairwise(bounds.tolist()))


def linkage_of(
    members: Members,
    left: Ints,
    right: Ints,
    levels_of: CompareLevels,
    scoring: Scoring,
    population: Population,
    advantage: Advantage | None,
) -> Linkage:
    """The evidence between a portion of the pairs."""
    a, b, start = record_pairs(members, left, right)
    low, high = np.minimum(a, b), np.maximum(a, b)
    levels = levels_of(low, high)
    shape = (len(left), len(scoring.weights))
    same, related, known = (np.zeros(shape, np.int64) for _ in range(3))
    best = np.zeros(shape, np.uint8)
    if len(left):
        for k, weights in enumerate(scoring.weights):
            own = levels[:, k]
            known[:, k] = np.add.reduceat((own > 0).astype(np.int64), start)
            count = np.maximum(known[:, k], 1)
            same[:, k] = np.add.reduceat(weights.same[own], start) // count
            related[:, k] = np.add.reduceat(weights.related[own], start) // count
            best[:, k] = np.minimum.reduceat(own - np.uint8(1), start) + np.uint8(1)  # missing, 0, wraps to the weakest
    inside = np.logical_and.reduceat(population.admissible(low, high), start) if len(left) else np.zeros(0, bool)
    added, candidates = np.zeros((2, len(left)), np.int64)
    if advantage is not None and len(left):
        bits, candidate = advantage.of(pair_code(low, high, len(population)))
        candidates = np.add.reduceat(candidate, start)
        added = np.add.reduceat(bits, start) // np.maximum(candidates, 1)
    return Linkage(same, related, known, best, inside, added, candidates)


def record_pairs(members: Members, left: Ints, right: Ints) -> tuple[Ints, Ints, Longs]:
    """Every record of each left cluster beside every one of the right, pair of clusters after pair, and where each begins.

    >>> pairs = record_pairs(Members.of(np.array([0, 0, 2], np.int32)), np.array([0]), np.array([1]))
    >>> [side.tolist() for side in pairs]
    [[0, 1], [2, 2], [0]]
    """
    wide, high = members.size[right], members.size[left]
    each = high * wide
    start = np.cumsum(each) - each
    within = np.arange(int(each.sum()), dtype=np.int64) - np.repeat(start, each)
    across = np.repeat(wide, each)
    a = members.order[np.repeat(members.start[left], each) + within // np.maximum(across, 1)]
    b = members.order[np.repeat(members.start[right], each) + within % np.maximum(across, 1)]
    return a, b, start


def across_pairs(members: Members, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Pairs of clusters that pairs of records lie across, each once, the smaller number first.

    >>> sides = across_pairs(Members.of(np.array([0, 0, 2], np.int32)), np.array([0, 2, 1]), np.array([1, 0, 2]))
    >>> [side.tolist() for side in sides]
    [[0], [1]]
    """
    a, b = members.of_record[left], members.of_record[right]
    outer = a != b
    low, high = np.minimum(a[outer], b[outer]), np.maximum(a[outer], b[outer])
    codes = np.unique(low.astype(np.int64) * len(members.size) + high)
    return (codes // max(len(members.size), 1)).astype(np.int32), (codes % max(len(members.size), 1)).astype(np.int32)
