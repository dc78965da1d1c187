"""Doubt: how probable it is that two groups of records are one customer, as answers about such groups have shown it.

The linkage of two groups is a mean: where many pairs of records speak alike it says too little, and what lies near the cut
is what the model knows least of. So what people have said of groups corrects what linkages are taken for, when the next
questions are chosen: an offset, a factor, and what each further pair of records adds (logistic regression, maximum a
posteriori). It chooses questions and no more: weights and clusters know nothing of it.
(docs/decisions/0027-questions-and-learned-placeholders.md)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints, Edges, Longs, record_edges, relabel
from matching.compare import LevelArray, level_matrix
from matching.forms import Forms
from matching.keys import spread
from matching.labels import Flags
from matching.match import Scored, find_clusters
from matching.model import Model
from matching.records import Ints
from matching.refine import LN2, Task
from matching.score import MICRO, Floats

SPREAD = np.array([1.0, 0.25, 0.5])
"""Prior standard deviations of the offset (nats), of the factor, and of what the log of the number of pairs adds (nats)."""
SIZE = 0.3
"""What the log of the number of pairs adds (nats) before any answer: more pairs know more than their mean says."""
MOST_BITS = 60
"""A linkage is no surer than this."""


@dataclass(frozen=True, slots=True)
class Between:
    """Pairs of groups, numbered from 0, and every pair of records that lies between the two of one."""

    odds: Floats
    """Of each pair of groups its linkage: log-odds of *same* in bits."""
    pairs: Longs
    """How many pairs of records lie between them."""
    forbidden: Flags
    """Whether a decision or a source without duplicates keeps them apart."""
    edge: Longs
    """Of each pair of records, which pair of groups it lies between."""
    low: Ints
    high: Ints
    known: Longs
    """On how many comparisons both records have a value."""


@dataclass(frozen=True, slots=True)
class View:
    """A population as a model sees it."""

    forms: Mapping[str, Forms]
    population: Population
    model: Model
    scored: Scored
    settings: MatchSettings

    def clusters(self, join: float, constraints: Constraints) -> Longs:
        """The cluster of each record, cut at `join`."""
        cut = MatchSettings(join=join, ask=self.settings.ask)
        return find_clusters(self.forms, self.population, self.model, self.scored, cut, constraints).label.astype(np.int64)

    def sure_groups(self, constraints: Constraints) -> Longs:
        """The group of each record by links above the upper edge of `ask`."""
        return self.clusters(max(self.settings.ask[1], self.settings.join), constraints)

    def between(self, group: Longs, left: Longs, right: Longs, constraints: Constraints) -> Between:
        """What pairs of groups say of one another."""
        edge, low, high = records_between(group, left, right)
        edges = record_edges(low, high, self.levels, self.model.scoring, self.population, constraints)
        known = edges.known.sum(axis=1)
        whole = Edges(2 * edge, 2 * edge + 1, edges.same, edges.related, edges.known, edges.forbidden)
        whole = relabel(whole, np.arange(2 * len(left)))
        odds = np.clip(whole.linkage(self.model.scoring) / MICRO, -MOST_BITS, MOST_BITS)
        pairs = np.bincount(edge, minlength=len(left))
        return Between(odds, pairs, whole.forbidden, edge, low.astype(np.int32), high.astype(np.int32), known)

    def levels(self, left: Ints, right: Ints) -> LevelArray:
        """How any two records compare."""
        used = self.model.weighed(self.forms)
        return level_matrix(self.model.comparisons, used, self.model.classes(used), left, right)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a linkage is to be taken for."""

    change: Floats
    """Offset, factor and size, as changes of the linkage."""

    def probability(self, between: Between) -> Floats:
        """That two groups are one customer."""
        base, design = terms(between)
        return np.asarray(0.5 * (1 + np.tanh((base + design @ self.change) / 2)))


def learn_doubt(view: View, decided: Constraints) -> Doubt:
    """Learn from decisions about groups what their linkages were worth: groups as they are without any decision."""
    left, right = (np.concatenate(sides) for sides in zip(decided.same, decided.different, strict=True))
    if not len(left):
        return Doubt(np.zeros(len(SPREAD)))
    group, said = view.sure_groups(Constraints.none()), np.arange(len(left)) < len(decided.same[0])
    code, same = groups_between(group, left, right, said.astype(np.int64), len(group))
    between = view.between(group, code // len(group), code % len(group), Constraints.none())
    base, design = terms(between)
    asked = ~between.forbidden
    if not asked.any():
        return Doubt(np.zeros(len(SPREAD)))
    return Doubt(Task(design[asked], base[asked], same[asked] > 0, np.ones(int(asked.sum())), SPREAD).fit(1.0))


def terms(between: Between) -> tuple[Floats, Floats]:
    """Log-odds (nats) before any answer, and what answers may change: pairs of groups × offset, factor, size."""
    odds, size = between.odds * LN2, np.log(np.maximum(between.pairs, 1))
    return odds + SIZE * size, np.stack((np.ones(len(odds)), odds, size), axis=1)


def groups_between(group: Longs, left: Ints, right: Ints, weight: Longs, count: int) -> tuple[Longs, Longs]:
    """The pairs of different groups that some pairs of records connect, as sorted numbers, and the strongest weight of each."""
    a, b = np.minimum(group[left], group[right]), np.maximum(group[left], group[right])
    apart = a != b
    code, back = np.unique((a * count + b)[apart], return_inverse=True)
    strongest = np.full(len(code), np.iinfo(np.int64).min + 1)
    np.maximum.at(strongest, back, weight[apart])
    return code, strongest


def records_between(group: Longs, left: Longs, right: Longs) -> tuple[Longs, Longs, Longs]:
    """All pairs of records of pairs of groups: which pair of groups each is of, and its records, the smaller first."""
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(len(group)))
    size = np.bincount(group, minlength=len(group))
    each = size[left] * size[right]
    edge = np.repeat(np.arange(len(left)), each)
    within = spread(np.zeros(len(left), np.int64), each)
    a = order[start[left][edge] + within // size[right][edge]]
    b = order[start[right][edge] + within % size[right][edge]]
    return edge, np.minimum(a, b), np.maximum(a, b)
