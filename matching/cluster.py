"""Cluster: from scored pairs and stewards' decisions to the records that are one customer.

Connected components only propose. Within one every pair is compared, and clusters are joined while the linkage of two is
above the threshold: the prior once, and for each comparison the mean evidence over the pairs of the two clusters that
have it. So one wrong link does not join two families, and a missed block does not tear a customer apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.advantage import Advantage, pair_code
from matching.agglomerate import (
    ALONE,
    CompareLevels,
    Constraints,
    Edges,
    Longs,
    Scoring,
    agglomerate,
    connected,
    record_edges,
    relabel,
)
from matching.block import distinct, pairs_within
from matching.chance import Population
from matching.compare import LevelArray
from matching.parallel import in_parallel
from matching.records import Ints
from matching.score import MICRO, Bits

__all__ = [
    "Advantage",
    "Clusters",
    "CompareLevels",
    "Constraints",
    "Edges",
    "Longs",
    "Scoring",
    "cluster",
    "components",
    "connected",
    "pair_code",
    "record_edges",
    "relabel",
]

Floats = npt.NDArray[np.float64]

LARGEST_COMPONENT = 150
"""Records of a component that are all compared with one another; a larger one is cut at its weakest links first."""
LARGE_COMPONENT, FAINT = 20, 2
"""Of a component with more records than these, links of fewer bits hold nothing together: most of its pairs are strangers."""
PAIRS_AT_A_TIME = 1_000_000
"""Pairs of records that are compared together."""
EDGES_AT_A_TIME = 100_000
"""Of these, pairs that are agglomerated together: so few that they stay near the processor."""


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
    component: Ints
    """Of each record: a number that those share whose linkage was asked."""


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
    advantage: Advantage | None = None,
) -> Clusters:
    """Agglomerate `count` records.

    `pairs` and `weight` are candidate pairs and their log-odds (millionths of a bit); pairs at or above `propose`
    make components, clusters are joined while their linkage is above `join`. `levels_of` compares any two records.
    `advantage` is what rivals add to the weight of each candidate pair.
    """
    component, cut, largest = components(count, pairs, weight, constraints, propose)
    label = np.arange(count, dtype=np.int64)
    linkage = np.full(count, ALONE)

    order = np.sort(component * np.int64(count) + np.arange(count)) % max(count, 1)  # of a component, records in order
    sizes = np.bincount(component)
    start = np.cumsum(sizes) - sizes

    def settled(left: Longs, right: Longs, levels: LevelArray) -> tuple[Longs, Longs, Bits]:
        members = distinct([left, right])
        edges = record_edges(left, right, lambda _left, _right: levels, scoring, population, constraints, advantage)
        edges.left, edges.right = np.searchsorted(members, left), np.searchsorted(members, right)
        own, linked = agglomerate(edges, len(members), decided_among(members, constraints.same), scoring, join)
        return members, members[own], linked

    def settled_together(chosen: Longs) -> list[tuple[Longs, Longs, Bits]]:
        return [settled(*part) for part in compared(chosen, order, start, sizes, levels_of)]

    for parts in in_parallel(settled_together, portions(np.flatnonzero(sizes > 1), sizes, PAIRS_AT_A_TIME)):
        for members, own, linked in parts:
            label[members], linkage[members] = own, linked
    probability = np.where(linkage == ALONE, 1.0, 1.0 / (1.0 + np.exp2(-np.clip(linkage / MICRO, -500, 500))))
    return Clusters(label.astype(np.int32), probability, cut, largest, component)


def compared(
    chosen: Longs, order: Longs, start: Longs, sizes: Longs, levels_of: CompareLevels
) -> Iterator[tuple[Longs, Longs, LevelArray]]:
    """All pairs within some components, left before right, with their levels; whole components at a time.

    Component c has the records `order[start[c] : start[c] + sizes[c]]`.
    """
    a, b = pairs_within(start[chosen], sizes[chosen])
    left, right = order[a], order[b]  # a component's records lie in order
    levels = levels_of(left.astype(np.int32), right.astype(np.int32))
    done = 0
    for few in portions(chosen, sizes, EDGES_AT_A_TIME):
        at = slice(done, done + int((sizes[few].astype(np.int64) * (sizes[few] - 1) // 2).sum()))
        yield left[at], right[at], levels[at]
        done = at.stop


def portions(chosen: Longs, sizes: Longs, pairs: int) -> list[Longs]:
    """Components in portions of about so many pairs."""
    work = np.cumsum(sizes[chosen].astype(np.int64) * (sizes[chosen] - 1) // 2)
    cuts = np.searchsorted(work, np.arange(pairs, work[-1] if len(work) else 0, pairs))
    return [part for part in np.split(chosen, cuts) if len(part)]


def components(count: int, pairs: tuple[Ints, Ints], weight: Bits, constraints: Constraints, propose: int) -> tuple[Ints, int, int]:
    """Connected components of the links at or above `propose`; large ones lose faint links, and too large ones their weakest.

    Also how many were too large, and the largest size before.
    """
    kept = np.flatnonzero(weight >= propose)
    left, right, strength = pairs[0][kept], pairs[1][kept], weight[kept]
    left = np.concatenate((left, constraints.same[0]))
    right = np.concatenate((right, constraints.same[1]))
    strength = np.concatenate((strength, np.full(len(constraints.same[0]), np.iinfo(np.int64).max)))
    label = by_first(connected(count, left, right))
    sizes = np.bincount(label)
    largest, cut = int(sizes.max(initial=0)), int((sizes > LARGEST_COMPONENT).sum())
    for floor in range(max(propose, 0) // MICRO + 1, 400):
        large = np.bincount(label) > (LARGE_COMPONENT if floor <= FAINT else LARGEST_COMPONENT)
        if floor > FAINT and not large.any():
            break
        kept = np.flatnonzero(large[label[left]] & (strength >= floor * MICRO))  # no other component changes any more
        left, right, strength = left[kept], right[kept], strength[kept]
        label = np.where(large[label], by_first(connected(count, left, right)), label)
    return label, cut, largest


def by_first(component: Ints) -> Ints:
    """Components named by their first record.

    >>> by_first(np.array([1, 1, 0, 1], np.int32)).tolist()
    [0, 0, 2, 0]
    """
    first = np.empty(int(component.max(initial=-1)) + 1, np.int32)
    first[component[::-1]] = np.arange(len(component) - 1, -1, -1, dtype=np.int32)
    return first[component]


def decided_among(members: Longs, pairs: tuple[Ints, Ints]) -> tuple[Longs, Longs]:
    """The decided pairs that lie among `members`, as positions in it."""
    inside = np.isin(pairs[0], members)
    return np.searchsorted(members, pairs[0][inside]), np.searchsorted(members, pairs[1][inside])
