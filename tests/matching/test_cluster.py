"""Clustering: components propose, linkage decides, stewards overrule."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.chance import Population
from matching.cluster import Clusters, Constraints, Scoring, cluster, components
from matching.score import MICRO, Weights

LEVELS = 4
BITS = np.array([0, 12, 2, -9])
"""Weight of each level, in bits: missing, equal, close, different."""
SCORING = Scoring(tuple(Weights(BITS * MICRO, BITS * 0) for _ in range(2)), -4 * MICRO, -30 * MICRO)


def clustered(levels: dict[tuple[int, int], tuple[int, int]], count: int, constraints: Constraints | None = None, unique=False) -> Clusters:
    """Clusters of records 0 to count - 1; pairs that are not named differ on both comparisons."""
    matrix = np.full((count, count, 2), 3, np.uint8)
    for (a, b), found in levels.items():
        matrix[a, b] = matrix[b, a] = found
    left, right = (side.astype(np.int32) for side in np.triu_indices(count, 1))
    every = matrix[left, right]
    same = sum(SCORING.weights[k].same[every[:, k]] for k in range(2))
    weight = SCORING.weight(np.asarray(same), np.zeros(len(left), np.int64))
    population = Population(np.zeros(count, np.int32) if unique else np.arange(count, dtype=np.int32), np.full(count, unique))
    return cluster(
        count, (left, right), weight, lambda a, b: matrix[a, b], SCORING, population, constraints or Constraints.none(), -2 * MICRO, 0
    )


def pairs_of(*pairs: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([a for a, _ in pairs], np.int32), np.array([b for _, b in pairs], np.int32)


def groups(found: Clusters) -> list[list[int]]:
    return [np.flatnonzero(found.label == label).tolist() for label in np.unique(found.label)]


def test_records_that_agree_are_one_cluster():
    """0-1 agree, 2 is somebody else."""
    found = clustered({(0, 1): (1, 1)}, 3)
    assert groups(found) == [[0, 1], [2]]
    assert found.linkage[0] > 0.99
    assert found.linkage[2] == 1.0


def test_one_wrong_link_does_not_join_two_families():
    """0 1 2 agree, 3 4 5 agree, and 2-3 agree by accident: two clusters, not one component of six."""
    threes = [*combinations((0, 1, 2), 2), *combinations((3, 4, 5), 2)]
    found = clustered(dict.fromkeys(threes, (1, 1)) | {(2, 3): (1, 2)}, 6)
    assert groups(found) == [[0, 1, 2], [3, 4, 5]]


def test_a_record_with_only_an_email_and_one_with_only_a_telephone_are_not_evidence_against_each_other():
    """0 has both, 1 the first and 2 the second: 1 and 2 have nothing to compare, and all three are one."""
    found = clustered({(0, 1): (1, 0), (0, 2): (0, 1), (1, 2): (0, 0)}, 3)
    assert groups(found) == [[0, 1, 2]]


def test_what_a_steward_separated_stays_apart():
    """0 1 2 all agree; a steward says 0 and 2 are different: nothing that holds both is ever made. (Invariant 3)"""
    every = dict.fromkeys(combinations(range(3), 2), (1, 1))
    found = clustered(every, 3, Constraints(pairs_of(), pairs_of((0, 2))))
    assert found.label[0] != found.label[2]


def test_what_a_steward_joined_stays_together():
    """0 and 1 differ in everything; a steward says they are the same. (Invariant 3)"""
    found = clustered({}, 3, Constraints(pairs_of((0, 1)), pairs_of()))
    assert groups(found) == [[0, 1], [2]]


def test_different_is_inherited_by_whatever_joins():
    """0 and 1 are the same by decision, 1 and 2 are different by decision: 0 and 2 stay apart though they agree. (Invariant 3)"""
    found = clustered({(0, 2): (1, 1)}, 3, Constraints(pairs_of((0, 1)), pairs_of((1, 2))))
    assert groups(found) == [[0, 1], [2]]


def test_a_unique_source_gives_a_cluster_one_record():
    """0 and 1 agree but come from a source that is free of duplicates."""
    assert groups(clustered({(0, 1): (1, 1)}, 2, unique=True)) == [[0], [1]]


def test_a_decision_outranks_a_unique_source():
    """The same pair, joined by a steward."""
    assert groups(clustered({(0, 1): (1, 1)}, 2, Constraints(pairs_of((0, 1)), pairs_of()), unique=True)) == [[0, 1]]


def test_a_component_that_is_too_large_loses_its_weakest_links():
    """A chain of 200 records with one weak link in the middle: it is cut there, and reported."""
    chain = np.arange(199, dtype=np.int32)
    weight = np.full(199, 30 * MICRO)
    weight[99] = 5 * MICRO
    label, cut, largest = components(200, (chain, chain + 1), weight, Constraints.none(), 0)
    assert (cut, largest) == (1, 200)
    assert (label[:100] == label[0]).all()
    assert label[0] != label[100]


def test_two_that_repel_each_other_may_meet_as_parts_of_larger_clusters():
    """0 and 2 can be joined to nobody at first; 1 and 4 take in 2, and then 0, for whom 2's second comparison speaks."""
    kinds = ["00", "31", "22", "20", "03", "31", "31", "21", "31", "23", "20", "33", "21", "02", "12"]
    levels = {pair: (int(kind[0]), int(kind[1])) for pair, kind in zip(combinations(range(6), 2), kinds, strict=True)}
    assert groups(clustered(levels, 6)) == [[0, 1, 2, 4], [3], [5]]


def oracle(matrix: np.ndarray) -> list[list[int]]:
    """The same clustering, record by record with sets: joins all pairs of clusters that are each other's best, round by round."""
    clusters = [{i} for i in range(len(matrix))]

    def linkage(a: set[int], b: set[int]) -> int:
        known = [[matrix[i, j, k] for i in a for j in b if matrix[i, j, k] > 0] for k in range(2)]
        bits = [sum(int(BITS[level]) * MICRO for level in levels) // len(levels) if levels else 0 for levels in known]
        return int(SCORING.weight(np.array([sum(bits)]), np.array([0]))[0])

    while True:
        best = {}
        for i, a in enumerate(clusters):
            rated = [(linkage(a, b), -min(b), j) for j, b in enumerate(clusters) if j != i]
            strength, _, j = max(rated, default=(0, 0, -1))
            best[i] = j if strength > 0 else -1
        mutual = [(i, j) for i, j in best.items() if j > i and best[j] == i]
        if not mutual:
            return sorted(sorted(c) for c in clusters)
        for i, j in mutual:
            clusters[i] |= clusters[j]
        gone = {j for _, j in mutual}
        clusters = sorted((c for at, c in enumerate(clusters) if at not in gone), key=min)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_clustering_is_what_the_oracle_finds(data):
    """Without constraints, arrays and sets come to the same clusters."""
    count = data.draw(st.integers(2, 7))
    level = st.sampled_from([0, 1, 1, 2, 3])
    levels = {pair: (data.draw(level), data.draw(level)) for pair in combinations(range(count), 2)}
    matrix = np.zeros((count, count, 2), np.uint8)
    for (a, b), found in levels.items():
        matrix[a, b] = matrix[b, a] = found
    sure = {pair for pair, (x, y) in levels.items() if BITS[x] + BITS[y] - 4 >= -2}
    reached = clustered(levels, count)
    # The oracle knows no components: compare where every record hangs together by candidate links.
    linked = np.zeros((count, count), bool)
    for a, b in sure:
        linked[a, b] = linked[b, a] = True
    closure = np.linalg.matrix_power((linked | np.eye(count, dtype=bool)).astype(int), count) > 0
    if closure.all():
        assert sorted(groups(reached)) == oracle(matrix)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_decisions_hold_whatever_the_evidence(data):
    """Any levels, any decisions that do not contradict each other: same is together, different is apart. (Invariant 3)"""
    count = data.draw(st.integers(3, 7))
    level = st.integers(0, 3)
    levels = {pair: (data.draw(level), data.draw(level)) for pair in combinations(range(count), 2)}
    group = [data.draw(st.integers(0, 2)) for _ in range(count)]
    decided = data.draw(st.lists(st.sampled_from(list(combinations(range(count), 2))), max_size=6, unique=True))
    same = [pair for pair in decided if group[pair[0]] == group[pair[1]]]
    different = [pair for pair in decided if group[pair[0]] != group[pair[1]]]
    found = clustered(levels, count, Constraints(pairs_of(*same), pairs_of(*different)))
    assert all(found.label[a] == found.label[b] for a, b in same)
    assert all(found.label[a] != found.label[b] for a, b in different)


def test_a_faint_link_does_not_hold_a_large_component_together():
    """Two families of 15 linked by one pair of 1 bit are two components; so small that they are 20 together, they are one."""
    for size, parts in ((15, 2), (10, 1)):
        inner = [pair for start in (0, size) for pair in combinations(range(start, start + size), 2)]
        pairs = pairs_of(*inner, (0, size))
        weight = np.array([12 * MICRO] * len(inner) + [1 * MICRO])
        label, too_large, largest = components(2 * size, pairs, weight, Constraints.none(), -2 * MICRO)
        assert (len(np.unique(label)), too_large, largest) == (parts, 0, 2 * size)
