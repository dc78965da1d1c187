"""One to one: where a source holds each customer at most once, a record's candidates in that source are rivals.

At most one of them is its counterpart, so each makes the others less likely; and where nearly every record has a
counterpart there, the best of several poor candidates is a good one. The probabilities are the marginals of a random
matching whose edges are weighed by the odds of each pair and whose single records by the share that has no counterpart
(belief propagation, exact where candidates form trees: Huang and Jebara 2009; the model is that of Sadinle 2017).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from matching.block import Pairs
from matching.chance import Population
from matching.compare import Patterns
from matching.records import Ints

Floats = npt.NDArray[np.float64]

LEAST_ODDS = 1e-3
"""Pairs with smaller odds by themselves are no rivals to anyone."""
LEAST_SINGLE = 0.05
"""At least this share of a source's records is held to have no counterpart in another."""
ROUNDS = 12
"""Rounds of messages; each carries the news of a rival one pair further."""

Matched = Mapping[tuple[str, str], float]
"""By the names of two sources: the share of the first one's records that have a counterpart in the second."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """Pairs of which at least one side lies in a source without duplicates; one entry a pair."""

    left: Ints
    """Group of each pair: all pairs of its left record with the right one's source; -1 where that source may hold duplicates."""
    right: Ints
    left_cell: Ints
    """Place of (left source, right source) in a flat table of sources by sources."""
    right_cell: Ints

    @classmethod
    def among(cls, left: Ints, right: Ints, population: Population) -> Rivals:
        """The rivals among some pairs of records."""
        a, b, count = population.source[left], population.source[right], len(population.unique)
        return cls(grouped(left, b, population), grouped(right, a, population), a * count + b, b * count + a)

    def probability(self, odds: Floats, single: Floats) -> Floats:
        """Probability of each pair among its rivals, from its odds by itself.

        `single[a, b]` is the share of source a's records that have no counterpart in source b.
        """
        left_single, right_single = single.ravel()[self.left_cell], single.ravel()[self.right_cell]
        to_left = np.where(self.right >= 0, 1 / right_single, 1.0)
        to_right = np.ones(len(odds))
        for _ in range(ROUNDS):
            to_right = message(odds * to_left, self.left, left_single)
            to_left = message(odds * to_right, self.right, right_single)
        joint = odds * to_left * to_right
        return np.asarray(joint / (1 + joint))


def grouped(record: Ints, source: Ints, population: Population) -> Ints:
    """A number for each record together with the other side's source; -1 where that source may hold duplicates."""
    group = np.full(len(record), -1, np.int32)
    bound = population.unique[source]
    key = record[bound].astype(np.int64) * len(population.unique) + source[bound]
    group[bound] = pd.factorize(key)[0]
    return group


def message(flow: Floats, group: Ints, single: Floats) -> Floats:
    """How free the record of each pair is for it, given what its rivals claim; 1 where there can be none."""
    bound = group >= 0
    claimed = np.bincount(group[bound], weights=flow[bound], minlength=1)
    result = np.ones(len(flow))
    result[bound] = 1 / (single[bound] + np.maximum(claimed[group[bound]] - flow[bound], 0.0))
    return result


class Counterparts:
    """Rivalry while the classes are being fitted: the shares of records with a counterpart are learned in every round.

    `pairs` stand for `share` of all, and the counts of `patterns` for all: of a sample, some rivals are not seen.
    """

    def __init__(self, pairs: Pairs, patterns: Patterns, population: Population, share: float = 1.0) -> None:
        self.pairs, self.patterns, self.population, self.share = pairs, patterns, population, share
        self.sizes = np.bincount(population.source, minlength=len(population.unique)).astype(np.float64)
        self.single = self.singles(np.minimum(self.sizes[:, None], self.sizes[None, :]) / 2)
        """[a, b]: share of source a's records without a counterpart in source b."""
        self.with_rivals = np.zeros(len(patterns.counts), bool)
        self.take_rivals()

    def singles(self, same: Floats) -> Floats:
        """The table `single`, from the number of *same* pairs between any two sources."""
        return np.clip(1 - same / np.maximum(self.sizes[:, None], 1.0), LEAST_SINGLE, 1.0)

    def same_pairs(self, post_same: Floats) -> Floats:
        """The expected number of *same* pairs of each pattern, from the pattern's probability by itself."""
        odds = post_same / np.maximum(1 - post_same, 1e-15)
        self.choose(odds >= LEAST_ODDS)
        probability = self.rivals.probability(odds[self.pattern], self.single)
        self.learn(probability)
        alone = np.where(self.with_rivals, 0.0, self.patterns.counts * post_same)
        return np.asarray(alone + np.bincount(self.pattern, weights=probability, minlength=len(alone)) / self.share)

    def choose(self, with_rivals: npt.NDArray[np.bool_]) -> None:
        """Look at the pairs of some patterns; their groups are kept from round to round while these are the same."""
        if not np.array_equal(with_rivals, self.with_rivals):
            self.with_rivals = with_rivals
            self.take_rivals()

    def take_rivals(self) -> None:
        """Find the groups of the pairs that are looked at."""
        chosen = self.with_rivals[self.patterns.index]
        self.pattern = self.patterns.index[chosen]
        self.rivals = Rivals.among(self.pairs.left[chosen], self.pairs.right[chosen], self.population)

    def learn(self, probability: Floats) -> None:
        """The shares of records without a counterpart, from what every pair is held to be."""
        count = len(self.sizes)
        same = np.bincount(self.rivals.left_cell, weights=probability, minlength=count * count).reshape(count, count)
        self.single = self.singles(np.asarray((same + same.T) / self.share, np.float64))

    def matched(self, names: Sequence[str]) -> dict[tuple[str, str], float]:
        """What was learned, by the sources' names; only of sources that have a counterpart for anybody."""
        share = 1 - self.single
        return {(names[a], names[b]): float(share[a, b]) for a, b in zip(*np.nonzero(share > 0), strict=True) if a != b}


def single_shares(matched: Matched, names: Sequence[str]) -> Floats:
    """[a, b]: the share of source a's records without a counterpart in source b, for the sources of a run."""
    return np.array([[1 - matched.get((a, b), 0.0) for b in names] for a in names]).reshape(len(names), len(names))


def among_rivals(odds: Floats, left: Ints, right: Ints, population: Population, matched: Matched) -> Floats:
    """Probability of each candidate pair among its rivals; pairs without any keep their own."""
    probability = odds / (1 + odds)
    if not matched or not population.unique.any():
        return np.asarray(probability)
    chosen = np.flatnonzero(odds >= LEAST_ODDS)
    rivals = Rivals.among(left[chosen], right[chosen], population)
    probability[chosen] = rivals.probability(odds[chosen], single_shares(matched, population.called))
    return np.asarray(probability)
