"""Teach: which pairs to show a person, so that the answers are worth most.

Two sorts of question. *Patterns*: pairs drawn by chance within strata of match weight, so that answers say how often pairs
that compare like this are the same customer, and where the model is sure and wrong; they are the labels of the next
training. *Clusters*: pairs that settle whether two groups of records are one customer, where that is in doubt and many
pairs hang on it; the answers bind as decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints, Longs
from matching.doubt import View, groups_between, learn_doubt
from matching.forms import Forms
from matching.labels import Tickets, pair_tickets
from matching.match import Scored, bits_of
from matching.model import Model
from matching.records import Ints
from matching.refine import FEWEST, STRATA, Refined
from matching.score import MICRO, Floats

MUCH, LITTLE = 0.4, 0.1
"""Of a batch, how much asks about patterns: while labels change the model, or are too few to tell; and where they do not."""
FARTHEST = 6 * MICRO
"""Bits below `ask` down to which candidate pairs may make two groups of records a question."""
MOST_PAIRS = 5_000_000
"""Pairs of records that are compared to find out which groups are in doubt."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Pairs to ask about, in the order to ask them."""

    left: Ints
    right: Ints
    for_pattern: npt.NDArray[np.bool_]
    """Drawn for its pattern, and so a label; else it settles two clusters."""
    inclusion: Floats
    """Probability with which a pair of its pattern was drawn; NaN for those that settle clusters, which are not drawn but chosen."""

    def __len__(self) -> int:
        return len(self.left)

    @classmethod
    def none(cls) -> Questions:
        """Nothing to ask."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, bool), np.empty(0))


@dataclass(frozen=True, slots=True)
class Answered:
    """Pairs that have been asked about, `left < right`, whatever the answer."""

    left: Ints
    right: Ints

    def codes(self, count: int) -> Longs:
        """The pairs as sorted numbers, left · records + right."""
        return np.unique(self.left.astype(np.int64) * count + self.right)


def share_of_patterns(refined: Refined) -> float:
    """How much of the next batch asks about patterns; what remains where the model is right without labels is a blind check."""
    return MUCH if refined.accepted or refined.labels < FEWEST else LITTLE


def pattern_questions(scored: Scored, index: Ints, tickets: Tickets, answered: Answered, wanted: int) -> Questions:
    """Draw up to `wanted` pairs, as many from each stratum of match weight, each of another pattern.

    `index` gives the pattern of each candidate pair. Within a stratum the pairs with the smallest tickets are taken, so a
    pattern comes in proportion to its pairs; one that was asked about before waits until the others had their turn.
    The inclusion probability of a pair of a pattern with c pairs is (1 - (1 - t)^c) / c, where t is the first ticket left out.
    """
    count = len(tickets)
    code = scored.pairs.left.astype(np.int64) * count + scored.pairs.right
    place = np.minimum(np.searchsorted(code, answered.codes(count)), max(len(code) - 1, 0))
    done = place[code[place] == answered.codes(count)] if len(code) else place
    size = int(index.max(initial=-1)) + 1
    ticket = pair_tickets(tickets, scored.pairs.left, scored.pairs.right)
    ticket[done] = 2.0
    smallest = np.full(size, 2.0)
    np.minimum.at(smallest, index, ticket)
    turns = np.bincount(index[done], minlength=size)
    chosen, inclusion = draw(stratum_of(scored, index, size), smallest, turns, np.bincount(index, minlength=size), wanted)
    first = np.full(size, -1, np.int64)
    at_first = np.flatnonzero(ticket == smallest[index])
    first[index[at_first]] = at_first
    rows = first[chosen]
    return Questions(scored.pairs.left[rows], scored.pairs.right[rows], np.ones(len(rows), bool), inclusion)


def stratum_of(scored: Scored, index: Ints, size: int) -> Longs:
    """The stratum of match weight of each pattern."""
    weight = np.zeros(size, np.int64)
    weight[index] = scored.weight
    return np.searchsorted(STRATA, weight)


def draw(stratum: Longs, ticket: Floats, turns: Longs, pairs: Longs, wanted: int) -> tuple[Longs, Floats]:
    """Patterns to ask about, round by round one of each stratum that has any left, and the inclusion probability of their pairs."""
    queues = [
        own[np.lexsort((ticket[own], turns[own]))] for own in (np.flatnonzero((stratum == s) & (ticket < 1)) for s in np.unique(stratum))
    ]
    if not queues:
        return np.empty(0, np.int64), np.empty(0)
    place = np.concatenate([np.arange(len(queue)) for queue in queues])
    taken = np.argsort(place, kind="stable")[:wanted]
    lengths = np.bincount(np.repeat(np.arange(len(queues)), [len(queue) for queue in queues])[taken], minlength=len(queues))
    bounds = [first_left_out(ticket[queue], int(length)) for queue, length in zip(queues, lengths, strict=True)]
    bound = np.repeat(bounds, [len(queue) for queue in queues])[taken]
    chosen = np.concatenate(queues)[taken]
    return chosen, -np.expm1(pairs[chosen] * np.log1p(-bound)) / pairs[chosen]


def first_left_out(tickets: Floats, taken: int) -> float:
    """The ticket below which everything of a queue was taken.

    >>> first_left_out(np.array([0.1, 0.4, 0.7]), 2)
    0.7
    """
    left = tickets[taken:].min(initial=1.0)
    return float(np.clip(left, tickets[:taken].max(initial=0.0), 1 - 1e-12))


def cluster_questions(
    forms: Mapping[str, Forms],
    population: Population,
    model: Model,
    scored: Scored,
    settings: MatchSettings,
    constraints: Constraints,
    answered: Answered,
    tickets: Tickets,
    wanted: int,
) -> Questions:
    """Choose up to `wanted` pairs of records that settle whether two groups of records are one customer.

    The groups are the clusters of links above the upper edge of `ask`: what those hold together is not in doubt. A question
    is worth the pairs of records that hang on it times the probability that the cut at `join` is wrong about them, as far as
    earlier answers have shown it. Each group is in one question at most, for one answer often settles the next. Shown are
    the two records with most to compare.
    """
    view = View(forms, population, model, scored, settings)
    group = view.sure_groups(constraints)
    left, right = doubtful_groups(scored, group, population, bits_of(settings.ask[0]) - FARTHEST, answered)
    if not len(left) or wanted <= 0:
        return Questions.none()
    between = view.between(group, left, right, constraints)
    same = learn_doubt(view, constraints).probability(between)
    now = view.clusters(settings.join, constraints)
    wrong: Floats = np.where(now[left] == now[right], 1 - same, same)
    worth = np.asarray(between.pairs * wrong, np.float64)
    worth[between.forbidden] = 0.0
    order = np.lexsort((pair_tickets(tickets, between.low, between.high), -between.known, between.edge))
    shown = order[np.searchsorted(between.edge[order], np.arange(len(left)))]
    rows = shown[one_a_group(left, right, worth, wanted)]
    return Questions(between.low[rows], between.high[rows], np.zeros(len(rows), bool), np.full(len(rows), np.nan))


def doubtful_groups(scored: Scored, group: Longs, population: Population, floor: int, answered: Answered) -> tuple[Longs, Longs]:
    """Pairs of groups that a candidate pair above `floor` connects and nobody was asked about, the best connected first if too many."""
    count = len(population)
    near = np.flatnonzero(scored.weight >= floor)
    code, strongest = groups_between(group, scored.pairs.left[near], scored.pairs.right[near], scored.weight[near], count)
    asked, _ = groups_between(group, answered.left, answered.right, np.zeros(len(answered.left), np.int64), count)
    open_ = ~np.isin(code, asked)
    code, strongest = code[open_], strongest[open_]
    size = np.bincount(group, minlength=count)
    order = np.lexsort((code, np.abs(strongest)))
    code = np.sort(code[order][np.cumsum(size[code[order] // count] * size[code[order] % count]) <= MOST_PAIRS])
    return code // count, code % count


def one_a_group(left: Longs, right: Longs, worth: Floats, wanted: int) -> list[int]:
    """The most valuable pairs of groups, no group twice; ties go to the first."""
    used: set[int] = set()
    chosen: list[int] = []
    for at in np.argsort(-worth, kind="stable").tolist():
        pair = {int(left[at]), int(right[at])}
        if len(chosen) == wanted or worth[at] <= 0:
            break
        if not used & pair:
            used |= pair
            chosen.append(at)
    return chosen


def alternate(patterns: Questions, clusters: Questions) -> Questions:
    """Both sorts mixed evenly, so that whoever stops early has answered some of each."""
    place = np.concatenate([(np.arange(len(one)) + 0.5) / max(len(one), 1) for one in (patterns, clusters)])
    order = np.argsort(place, kind="stable")

    def both(a: Any, b: Any) -> Any:
        return np.concatenate((a, b))[order]

    return Questions(
        both(patterns.left, clusters.left),
        both(patterns.right, clusters.right),
        both(patterns.for_pattern, clusters.for_pattern),
        both(patterns.inclusion, clusters.inclusion),
    )
