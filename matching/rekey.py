"""Re-key: a source has given its customers new keys; who is who is told by what the records say. (Invariant 2)

The records under keys that vanished are matched, one to one, with those under keys that appeared. The odds of each pair are
those of the model by itself; a random matching of the two lists (`matching/one_to_one.py`) turns them into probabilities,
and the share of customers who are still there is learned from the same pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.chance import Population
from matching.forms import Forms
from matching.match import MOST_BITS, bits_of, find_pairs, weigh_pairs
from matching.model import Model
from matching.one_to_one import LEAST_SINGLE, among_rivals
from matching.records import Ints, Longs
from matching.score import MICRO, Floats

BEFORE, NOW = "before", "now"
"""What the two lists are called as sources; in this order."""
MOST_VANISHED = 0.3
"""Where a larger share of a source's keys vanishes, and as large a one appears, in one pull, the source has new keys."""
ROUNDS = 8
"""Rounds in which the share of customers who are still there is learned."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Which record is which, by positions; each record is in at most one entry."""

    old: Ints
    new: Ints
    probability: Floats
    """That the new record is of the customer whom the old one belonged to."""


def has_new_keys(known: int, vanished: int, appeared: int) -> bool:
    """Whether so many keys have vanished and appeared that they must have been given anew.

    >>> has_new_keys(100, 31, 33), has_new_keys(100, 30, 100), has_new_keys(0, 0, 5)
    (True, False, False)
    """
    return min(vanished, appeared) > MOST_VANISHED * known


def renamed(forms: Mapping[str, Forms], population: Population, customer: Longs, model: Model, least: float, budget: int | None) -> Renamed:
    """The pairs of an old and a new record that are the same customer with a probability of at least `least`.

    `population` has two sources, `BEFORE` and `NOW`, both free of duplicates: each record has at most one counterpart.
    `customer` numbers the customer of each old record: which of several records of one customer a new one succeeds says
    nothing of who it is, so their probabilities are added up.
    """
    shift = prior_of(population) - model.scoring.prior_same
    pairs, patterns = find_pairs(forms, population, model, budget, bits_of(least) - max(shift, 0))
    weight = weigh_pairs(pairs, patterns, model).weight + shift
    alone = probabilities_one_to_one(np.exp2(np.clip(weight / MICRO, -MOST_BITS, MOST_BITS)), pairs.left, pairs.right, population)
    of_customer = added_up(alone, pairs.right, customer[pairs.left])
    likely = np.flatnonzero(of_customer >= least)
    likely = likely[best_first(pairs.left[likely], pairs.right[likely], alone[likely])]
    likely = likely[np.argsort(pairs.left[likely])]
    return Renamed(pairs.left[likely], pairs.right[likely], of_customer[likely])


def prior_of(population: Population) -> int:
    """Log-odds of any old and any new record before they are compared, in millionths of a bit.

    Everybody can be expected to be still there, which is more than what a model knows of pairs in general.
    """
    return -round(float(np.log2(np.bincount(population.source).max())) * MICRO)


def probabilities_one_to_one(odds: Floats, left: Ints, right: Ints, population: Population) -> Floats:
    """Probability of each pair, where every record has at most one counterpart and the share of those that have is not known."""
    sizes = np.bincount(population.source, minlength=2)
    share = np.minimum(sizes.min() / np.maximum(sizes, 1), 1.0) / 2
    probability = np.zeros(len(odds))
    for _ in range(ROUNDS):
        matched = {(BEFORE, NOW): float(share[0]), (NOW, BEFORE): float(share[1])}
        probability = among_rivals(odds, left, right, population, matched)
        share = np.minimum(probability.sum() / np.maximum(sizes, 1), 1 - LEAST_SINGLE)
    return probability


def added_up(probability: Floats, right: Ints, customer: Longs) -> Floats:
    """Of each pair, the probability that its right record is of the customer, through whichever record of theirs.

    >>> added_up(np.array([0.5, 0.4, 0.1]), np.array([7, 7, 7]), np.array([1, 1, 2])).round(2).tolist()
    [0.9, 0.9, 0.1]
    """
    code = right.astype(np.int64) * (int(customer.max(initial=0)) + 1) + customer
    _, place = np.unique(code, return_inverse=True)
    return np.asarray(np.minimum(np.bincount(place, weights=probability, minlength=1)[place], 1.0))


def best_first(left: Ints, right: Ints, score: Floats) -> npt.NDArray[np.intp]:
    """Which pairs are left if the best is taken first, then the best of those that have no record in common with it, and so on.

    Round by round all pairs are taken that are the best of both their records. Of equals, the first records come first.

    >>> best_first(np.array([0, 0, 1, 1]), np.array([5, 6, 5, 6]), np.array([0.9, 0.8, 0.7, 0.1])).tolist()
    [0, 3]
    """
    rank = np.empty(len(score), np.int64)
    rank[np.lexsort((right, left, -score))] = np.arange(len(score))
    waiting, taken = np.arange(len(score)), np.zeros(len(score), bool)
    ends = (int(left.max(initial=-1)) + 1, int(right.max(initial=-1)) + 1)
    while len(waiting):
        best = [np.full(end, len(score), np.int64) for end in ends]
        for least, side in zip(best, (left, right), strict=True):
            np.minimum.at(least, side[waiting], rank[waiting])
        won = waiting[(best[0][left[waiting]] == rank[waiting]) & (best[1][right[waiting]] == rank[waiting])]
        taken[won] = True
        free = [np.ones(end, bool) for end in ends]
        free[0][left[won]] = free[1][right[won]] = False
        waiting = waiting[free[0][left[waiting]] & free[1][right[waiting]]]
    return np.flatnonzero(taken)
