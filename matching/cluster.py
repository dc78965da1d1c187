"""Cluster: from scored pairs and stewards' decisions to the records that are one customer.

Connected components only propose. Within one every pair is compared, and clusters are joined while the linkage of two is
above the threshold: the prior once, and for each comparison the mean evidence over the pairs of the two clusters that
have it. So one wrong link does not join two families, and a missed block does not tear a customer apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.block import pairs_within
from matching.chance import Population
from matching.compare import LevelArray
from matching.records import Ints
from matching.score import MICRO, Bits, Weights

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LARGEST_COMPONENT = 150
"""Records of a component that are all compared with one another; a larger one is cut at its weakest links first."""
EDGES_AT_A_TIME = 2_000_000
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


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which records are one customer."""

    label: Ints
    """Of each record: the position of the first record of its cluster."""
    linkage: Floats
    """Of each record: probability that it belongs with the rest of its cluster; 1 where it is alone."""
    cut_components: int
    """Components that were too large and were cut at their weakest links."""
    largest_component: int


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
        n = np.maximum(self.known, 1)
        weight = scoring.weight((self.same // n).sum(axis=1), (self.related // n).sum(axis=1))
        weight[self.forbidden] = FORBIDDEN
        return weight


def cluster(
    count: int,
    pairs: tuple[Ints, Ints],
    weight: Bits,
    levels_of: CompareLevels,
    scoring: Scoring,
    population: Population,
    constraints: Constraints,
    propose: int,
    join: int,
    advantage: Bits | None = None,
) -> Clusters:
    """Agglomerate `count` records.

    `pairs` and `weight` are candidate pairs and their log-odds (millionths of a bit); pairs at or above `propose`
    make components, clusters are joined while their linkage is above `join`. `levels_of` compares any two records.
    `advantage` is what rivals add to the weight of each candidate pair; it counts as a comparison of its own.
    """
    evidence = Evidence(levels_of, scoring, count, None if advantage is None else (pair_code(*pairs, count), advantage))
    component, cut, largest = components(count, pairs, weight, constraints, propose)
    label = np.arange(count, dtype=np.int64)
    linkage = np.full(count, ALONE)
    order = np.argsort(component, kind="stable")
    sizes = np.bincount(component)
    start = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    chosen = np.flatnonzero(sizes > 1)
    work = np.cumsum(sizes[chosen].astype(np.int64) ** 2 // 2)
    for batch in np.split(chosen, np.searchsorted(work, np.arange(EDGES_AT_A_TIME, work[-1] if len(work) else 0, EDGES_AT_A_TIME))):
        if len(batch):
            a, b = pairs_within(start[batch], sizes[batch])
            left, right = order[a], order[b]
            agglomerate(label, linkage, np.minimum(left, right), np.maximum(left, right), evidence, population, constraints, join)
    probability = np.where(linkage == ALONE, 1.0, 1.0 / (1.0 + np.exp2(-np.clip(linkage / MICRO, -500, 500))))
    return Clusters(label.astype(np.int32), probability, cut, largest)


def components(count: int, pairs: tuple[Ints, Ints], weight: Bits, constraints: Constraints, propose: int) -> tuple[Ints, int, int]:
    """Connected components of the links at or above `propose`; too large ones lose their weakest links.

    Also how many were cut, and the largest size before.
    """
    kept = weight >= propose
    left, right, strength = pairs[0][kept], pairs[1][kept], weight[kept]
    left = np.concatenate((left, constraints.same[0]))
    right = np.concatenate((right, constraints.same[1]))
    strength = np.concatenate((strength, np.full(len(constraints.same[0]), np.iinfo(np.int64).max)))
    label = connected(count, left, right)
    sizes = np.bincount(label)
    largest, cut = int(sizes.max(initial=0)), int((sizes > LARGEST_COMPONENT).sum())
    for floor in range(max(propose, 0) // MICRO + 1, 400):
        large = np.bincount(label) > LARGEST_COMPONENT
        if not large.any():
            break
        kept = ~large[label[left]] | (strength >= floor * MICRO)
        left, right, strength = left[kept], right[kept], strength[kept]
        label = connected(count, left, right)
    return label, cut, largest


def connected(count: int, left: Ints, right: Ints) -> Ints:
    """Component number of each record."""
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int32)


def agglomerate(
    label: Longs,
    linkage: Bits,
    left: Longs,
    right: Longs,
    evidence: Evidence,
    population: Population,
    constraints: Constraints,
    join: int,
) -> None:
    """Join the clusters of some whole components, writing `label` and each record's `linkage` to its cluster."""
    first = record_edges(left, right, evidence, population, constraints)
    scoring = evidence.scoring
    members = np.unique(np.concatenate((left, right)))
    first.left, first.right = np.searchsorted(members, left), np.searchsorted(members, right)
    own = np.arange(len(members))
    own = joined(own, *decided_among(members, constraints.same))
    edges = relabel(first, own)
    while len(edges.left):
        weight = edges.linkage(scoring)
        edges, weight = still_open(edges, weight, join)
        winners = mutual_best(edges, weight, join)
        if not len(winners):
            break
        own = joined(own, edges.left[winners], edges.right[winners])
        edges = relabel(edges, own)
    label[members] = members[own]
    linkage[members] = own_linkage(first, own, scoring)


def still_open(edges: Edges, weight: Bits, join: int) -> tuple[Edges, Bits]:
    """Only the edges of clusters that can still be joined to something; the others are settled."""
    alive = weight > join
    open_cluster = np.zeros(int(edges.right.max()) + 1, bool)
    open_cluster[edges.left[alive]] = open_cluster[edges.right[alive]] = True
    kept = open_cluster[edges.left] | open_cluster[edges.right]
    return edges.take(kept), weight[kept]


def decided_among(members: Longs, pairs: tuple[Ints, Ints]) -> tuple[Longs, Longs]:
    """The decided pairs that lie among `members`, as positions in it."""
    inside = np.isin(pairs[0], members)
    return np.searchsorted(members, pairs[0][inside]), np.searchsorted(members, pairs[1][inside])


def joined(own: Longs, left: Longs, right: Longs) -> Longs:
    """Cluster labels after joining pairs of clusters; a cluster is named by its first record."""
    if not len(left):
        return own
    part = connected(len(own), own[left].astype(np.int32), own[right].astype(np.int32))
    smallest = np.full(int(part.max()) + 1, len(own))
    np.minimum.at(smallest, part, np.arange(len(own)))
    return np.asarray(smallest[part[own]])


def pair_code(left: Ints | Longs, right: Ints | Longs, count: int) -> Longs:
    """One number for each pair of records, in the order of left, then right."""
    return np.asarray(left.astype(np.int64) * count + right)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against two records, on every comparison."""

    levels_of: CompareLevels
    scoring: Scoring
    count: int
    advantage: tuple[Longs, Bits] | None
    """Codes of the candidate pairs, ascending, and what rivals add to the weight of each."""

    def between(self, left: Longs, right: Longs) -> tuple[Bits, Bits, Longs]:
        """Of each pair, on each comparison: weight for *same*, weight for *related*, and whether it has any."""
        levels = self.levels_of(left.astype(np.int32), right.astype(np.int32))
        same = [w.same[levels[:, k]] for k, w in enumerate(self.scoring.weights)]
        related = [w.related[levels[:, k]] for k, w in enumerate(self.scoring.weights)]
        known = [levels[:, k] > 0 for k in range(levels.shape[1])]
        if self.advantage is not None:
            codes, bits = self.advantage
            place = np.minimum(np.searchsorted(codes, pair_code(left, right, self.count)), max(len(codes) - 1, 0))
            found = codes[place] == pair_code(left, right, self.count)
            same, related, known = [*same, np.where(found, bits[place], 0)], [*related, np.zeros(len(left), np.int64)], [*known, found]
        return np.stack(same, axis=1), np.stack(related, axis=1), np.stack(known, axis=1).astype(np.int64)


def record_edges(left: Longs, right: Longs, evidence: Evidence, population: Population, constraints: Constraints) -> Edges:
    """Evidence between single records; pairs a steward separated, or within a unique source, are forbidden."""
    same, related, known = evidence.between(left, right)
    code = pair_code(left, right, len(population))
    decided = [
        np.minimum(*side).astype(np.int64) * len(population) + np.maximum(*side) for side in (constraints.different, constraints.same)
    ]
    forbidden = ~population.admissible(left.astype(np.int32), right.astype(np.int32)) & ~np.isin(code, decided[1])
    forbidden |= np.isin(code, decided[0])
    return Edges(left, right, same, related, known, forbidden)


def relabel(edges: Edges, label: Longs) -> Edges:
    """Edges between the clusters that `label` makes of their ends, summed."""
    a, b = label[edges.left], label[edges.right]
    left, right = np.minimum(a, b), np.maximum(a, b)
    outer = left != right
    edges = edges.take(outer)
    left, right = left[outer], right[outer]
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    new = np.ones(len(left), bool)
    new[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    start = np.flatnonzero(new)
    if not len(start):
        return edges.take(np.zeros(len(edges.left), bool))
    return Edges(
        left[start],
        right[start],
        np.add.reduceat(edges.same[order], start),
        np.add.reduceat(edges.related[order], start),
        np.add.reduceat(edges.known[order], start),
        np.logical_or.reduceat(edges.forbidden[order], start),
    )


def mutual_best(edges: Edges, weight: Bits, join: int) -> Longs:
    """Rows above `join` whose two clusters are each other's strongest link; ties go to the smaller record."""
    rows = np.flatnonzero(weight > join)
    node = np.concatenate((edges.left[rows], edges.right[rows]))
    other = np.concatenate((edges.right[rows], edges.left[rows]))
    row = np.concatenate((rows, rows))
    order = np.lexsort((other, -np.concatenate((weight[rows], weight[rows])), node))
    node = node[order]
    best = order[np.concatenate(([True], node[1:] != node[:-1]))] if len(node) else order
    chosen, times = np.unique(row[best], return_counts=True)
    return np.asarray(chosen[times == 2])


def own_linkage(edges: Edges, own: Longs, scoring: Scoring) -> Bits:
    """Each record's linkage to the rest of its cluster: its mean evidence with the others, and the prior once."""
    linkage = np.full(len(own), ALONE)
    inside = edges.take(own[edges.left] == own[edges.right])
    if not len(inside.left):
        return linkage
    node = np.concatenate((inside.left, inside.right))
    order = np.argsort(node, kind="stable")
    node = node[order]
    start = np.flatnonzero(np.concatenate(([True], node[1:] != node[:-1])))

    def total(values: Longs) -> Longs:
        return np.asarray(np.add.reduceat(np.concatenate((values, values))[order], start))

    known = np.maximum(total(inside.known), 1)
    linkage[node[start]] = scoring.weight((total(inside.same) // known).sum(axis=1), (total(inside.related) // known).sum(axis=1))
    return linkage
