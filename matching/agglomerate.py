"""Agglomerate: join clusters of records, round by round, all components together.

The linkage of two clusters is the prior once, and for each comparison the mean evidence over the pairs of the two clusters
that have it. In each round those are joined that are each other's strongest link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from matching.advantage import Advantage, pair_code
from matching.chance import Population
from matching.compare import LevelArray
from matching.records import Ints
from matching.score import MICRO, Bits, Weights

Longs = npt.NDArray[np.int64]

FORBIDDEN = np.iinfo(np.int64).min
ALONE = np.iinfo(np.int64).max
CompareLevels = Callable[[Ints, Ints], LevelArray]


@dataclass(frozen=True, slots=True)
class Scoring:
    """What the model says a level is worth."""

    weights: tuple[Weights, ...]
    prior_same: int
    prior_related: int

    def weight(self, same: Bits, related: Bits) -> Bits:
        """Log-odds of *same* against everything else, in millionths of a bit, from summed evidence without priors."""
        rival = np.clip((related + self.prior_related) / MICRO, -500.0, 1000.0)
        log_others = np.where(rival > 60, rival, np.log2(1.0 + np.exp2(np.minimum(rival, 60))))
        return np.asarray(same + self.prior_same - np.round(log_others * MICRO).astype(np.int64))


@dataclass(frozen=True, slots=True)
class Constraints:
    """What stewards have decided, as pairs of record positions."""

    same: tuple[Ints, Ints]
    different: tuple[Ints, Ints]

    @classmethod
    def none(cls) -> Constraints:
        """No decision at all."""
        empty = np.empty(0, np.int32)
        return cls((empty, empty), (empty, empty))


@dataclass
class Edges:
    """Pairs of clusters with the evidence between them, one row a pair; `left < right` name clusters by their first record."""

    left: Longs
    right: Longs
    same: Bits
    """pairs × comparisons: summed weights."""
    related: Bits
    known: Longs
    """pairs × comparisons: over how many record pairs."""
    forbidden: npt.NDArray[np.bool_]

    def take(self, chosen: npt.NDArray[np.bool_] | Longs) -> Edges:
        """Some of the rows."""
        return Edges(
            self.left[chosen], self.right[chosen], self.same[chosen], self.related[chosen], self.known[chosen], self.forbidden[chosen]
        )

    def linkage(self, scoring: Scoring) -> Bits:
        """Linkage of each pair of clusters; `FORBIDDEN` where they must not be joined."""
        weight = mean_weight(self.same, self.related, self.known, scoring)
        weight[self.forbidden] = FORBIDDEN
        return weight


def agglomerate(first: Edges, count: int, same: tuple[Longs, Longs], scoring: Scoring, join: int) -> tuple[Longs, Bits]:
    """Join `count` records while the linkage of two clusters is above `join`.

    `first` is the evidence between them, all pairs of a component; `same` are pairs that a steward has joined.
    Also each record's linkage to the rest of its cluster.
    """
    own = joined(np.arange(count), *same)
    state = Rounds(relabel(first, own) if len(same[0]) else first, count, scoring)
    while len(winners := state.winners(join)):
        part = np.arange(count)
        part[state.right[winners]] = state.left[winners]  # no cluster wins twice
        own = part[own]
        state.relabel(part)
    return own, own_linkage(first, own, scoring)


class Rounds:
    """Edges between clusters, round after round; evidence is added up only where clusters have been joined."""

    def __init__(self, edges: Edges, count: int, scoring: Scoring) -> None:
        self.scoring = scoring
        self.component = connected(count, edges.left.astype(np.int32), edges.right.astype(np.int32))
        """Of each cluster; every two of a component have an edge."""
        self.left, self.right, self.forbidden, self.weight = edges.left, edges.right, edges.forbidden, edges.linkage(scoring)
        self.row = np.arange(len(edges.left))
        """Where the evidence of each edge is kept."""
        self.used = len(edges.left)
        self.kept = roomy((edges.same, edges.related, edges.known))
        """The evidence, side by side."""

    def take(self, chosen: Longs | npt.NDArray[np.bool_]) -> None:
        """Only some of the edges."""
        for name in ("left", "right", "forbidden", "weight", "row"):
            setattr(self, name, getattr(self, name)[chosen])

    def winners(self, join: int) -> Longs:
        """The edges whose clusters are to be joined now; components in which nothing can be joined any more are let go.

        Of other components every edge stays: two clusters that repel each other may yet meet as parts of larger ones.
        """
        alive = self.weight > join
        open_ = np.zeros(len(self.component), bool)
        open_[self.component[self.left[alive]]] = True
        self.take(open_[self.component[self.left]])
        return mutual_best(self.left, self.right, self.weight, join)

    def relabel(self, part: Longs) -> None:
        """Edges between the clusters that `part` makes of the earlier ones."""
        grown = np.bincount(part, minlength=len(part))[part] > 1
        touched = np.flatnonzero(grown[self.left] | grown[self.right])
        untouched = np.ones(len(self.left), bool)
        untouched[touched] = False
        a, b = part[self.left[touched]], part[self.right[touched]]
        outer = np.flatnonzero(a != b)
        code, order, start = grouped(np.minimum(a, b)[outer], np.maximum(a, b)[outer], len(part))
        order = touched[outer[order]]
        row, weight, forbidden = self.summed(order, start)
        self.left = np.concatenate((self.left[untouched], code // len(part)))
        self.right = np.concatenate((self.right[untouched], code % len(part)))
        self.row = np.concatenate((self.row[untouched], row))
        self.weight = np.concatenate((self.weight[untouched], weight))
        self.forbidden = np.concatenate((self.forbidden[untouched], forbidden))

    def summed(self, order: Longs, start: Longs) -> tuple[Longs, Bits, npt.NDArray[np.bool_]]:
        """Where the summed evidence of groups of edges is kept, their linkage, and which are forbidden."""
        row, weight, forbidden = self.row[order[start]], self.weight[order[start]], self.forbidden[order[start]]
        size = np.diff(np.concatenate((start, [len(order)])))
        several = size > 1
        if several.any():
            members = order[np.repeat(several, size)]
            begins = np.cumsum(size[several]) - size[several]
            to = slice(self.used, self.used + int(several.sum()))
            self.kept[to] = summing(self.row[members], begins, self.used) @ self.kept[: self.used]
            forbidden[several] = np.logical_or.reduceat(self.forbidden[members], begins)
            row[several] = np.arange(to.start, to.stop)
            same, related, known = np.split(self.kept[to], 3, axis=1)
            weight[several] = mean_weight(same, related, known, self.scoring)
            self.used = to.stop
        weight[forbidden] = FORBIDDEN
        return row, weight, forbidden


def roomy(sides: Sequence[Bits]) -> Bits:
    """Several sides as one, with room for as many rows again: more never come, for each sum replaces two rows at least."""
    count = len(sides[0])
    room = np.empty((2 * count, sum(side.shape[1] for side in sides)), np.int64)
    np.concatenate(sides, axis=1, out=room[:count])
    return room


def joined(own: Longs, left: Longs, right: Longs) -> Longs:
    """Cluster labels after joining pairs of clusters; a cluster is named by its first record."""
    if not len(left):
        return own
    part = connected(len(own), own[left].astype(np.int32), own[right].astype(np.int32))
    smallest = np.full(int(part.max()) + 1, len(own))
    np.minimum.at(smallest, part, np.arange(len(own)))
    return np.asarray(smallest[part[own]])


def record_edges(
    left: Longs,
    right: Longs,
    levels_of: CompareLevels,
    scoring: Scoring,
    population: Population,
    constraints: Constraints,
    advantage: Advantage | None = None,
) -> Edges:
    """Evidence between single records; pairs a steward separated, or within a unique source, are forbidden.

    An advantage over rivals is one comparison more.
    """
    levels = levels_of(left.astype(np.int32), right.astype(np.int32))
    same, related = (worth(levels, [getattr(w, side) for w in scoring.weights]) for side in ("same", "related"))
    known = (levels > 0).astype(np.int64)
    if advantage is not None:
        bits, candidate = advantage.of(pair_code(left, right, len(population)))
        same, known = np.column_stack((same, bits)), np.column_stack((known, candidate))
        related = np.column_stack((related, np.zeros(len(left), np.int64)))
    return Edges(left, right, same, related, known, forbidden_pairs(left, right, population, constraints))


def worth(levels: LevelArray, weights: Sequence[Bits]) -> Bits:
    """The weight of each level of each comparison: pairs × comparisons."""
    start = np.cumsum([0, *(len(own) for own in weights[:-1])]).astype(np.int32)
    return np.asarray(np.concatenate(weights)[levels + start])


def forbidden_pairs(left: Longs, right: Longs, population: Population, constraints: Constraints) -> npt.NDArray[np.bool_]:
    """Pairs that a steward separated, or that lie within a unique source and no steward joined."""
    forbidden = (
        ~population.admissible(left.astype(np.int32), right.astype(np.int32)) if population.unique.any() else np.zeros(len(left), bool)
    )
    code = left * len(population) + right
    for side, forbids in ((constraints.same, False), (constraints.different, True)):
        if len(side[0]):
            forbidden[np.isin(code, np.minimum(*side).astype(np.int64) * len(population) + np.maximum(*side))] = forbids
    return forbidden


def relabel(edges: Edges, label: Longs) -> Edges:
    """Edges between the clusters that `label` makes of their ends, summed."""
    a, b = label[edges.left], label[edges.right]
    outer = np.flatnonzero(a != b)
    code, order, start = grouped(np.minimum(a, b)[outer], np.maximum(a, b)[outer], len(label))
    order = outer[order]
    add = summing(order, start, len(edges.left))
    forbidden = np.logical_or.reduceat(edges.forbidden[order], start) if len(start) else np.empty(0, bool)
    return Edges(code // len(label), code % len(label), add @ edges.same, add @ edges.related, add @ edges.known, forbidden)


def grouped(left: Longs, right: Longs, count: int) -> tuple[Longs, Longs, Longs]:
    """The distinct pairs as codes (left · count + right), rows in their order, and where each pair's rows start in it."""
    code = left * np.int64(count) + right
    order = np.argsort(code)
    code = code[order]
    start = np.flatnonzero(np.concatenate(([True], code[1:] != code[:-1]))) if len(code) else np.empty(0, np.int64)
    return code[start], order, start


def summing(order: Longs, start: Longs, count: int) -> csr_array:
    """A matrix that sums groups of rows of another one with `count` rows: group g are the rows `order[start[g]:start[g + 1]]`."""
    ends = np.concatenate((start, [len(order)])) if len(start) else np.zeros(1, np.int64)
    return csr_array((np.ones(len(order), np.int64), order, ends), shape=(len(start), count))


def mean_weight(same: Bits, related: Bits, known: Longs, scoring: Scoring) -> Bits:
    """Log-odds of *same* from summed evidence: of each comparison the mean over the `known` pairs."""
    if known.max(initial=0) <= 1:
        return scoring.weight(same.sum(axis=1), related.sum(axis=1))
    number = np.maximum(known, 1)
    return scoring.weight((same // number).sum(axis=1), (related // number).sum(axis=1))


def mutual_best(left: Longs, right: Longs, weight: Bits, join: int) -> Longs:
    """Rows above `join` whose two clusters are each other's strongest link; ties go to the smaller record."""
    rows = np.flatnonzero(weight > join)
    a, b, own = left[rows], right[rows], weight[rows]
    count = int(b.max(initial=-1)) + 1
    most = np.full(count, FORBIDDEN)
    np.maximum.at(most, a, own)
    np.maximum.at(most, b, own)
    of_a, of_b = own == most[a], own == most[b]
    partner = np.full(count, count)
    np.minimum.at(partner, a[of_a], b[of_a])
    np.minimum.at(partner, b[of_b], a[of_b])
    return np.asarray(rows[of_a & of_b & (partner[a] == b) & (partner[b] == a)])


def own_linkage(edges: Edges, own: Longs, scoring: Scoring) -> Bits:
    """Each record's linkage to the rest of its cluster: its mean evidence with the others, and the prior once."""
    linkage = np.full(len(own), ALONE)
    inside = np.flatnonzero(own[edges.left] == own[edges.right])
    node = np.concatenate((edges.left[inside], edges.right[inside]))
    order = np.argsort(node)
    node = node[order]
    start = np.flatnonzero(np.concatenate(([True], node[1:] != node[:-1]))) if len(node) else np.empty(0, np.int64)
    add = summing(np.concatenate((inside, inside))[order], start, len(edges.left))
    linkage[node[start]] = mean_weight(add @ edges.same, add @ edges.related, add @ edges.known, scoring)
    return linkage


def connected(count: int, left: Ints, right: Ints) -> Ints:
    """Component number of each record."""
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int32)
