"""Rivals: a record's candidates in a source without duplicates contend for one place."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.chance import Population
from matching.one_to_one import LEAST_ODDS, Rivals, among_rivals

NAMES = ("left", "right")
UNIQUE = np.array([True, True])


def population(left: int, right: int, unique: np.ndarray = UNIQUE) -> Population:
    """`left` records of one source and then `right` of another."""
    return Population(np.repeat([0, 1], [left, right]).astype(np.int32), unique, NAMES)


def by_enumeration(count: int, edges: list[tuple[int, int]], odds: list[float], single: float) -> np.ndarray:
    """The probability of each edge over all matchings, every one of them looked at."""
    total, with_edge = 0.0, np.zeros(len(edges))
    for size in range(len(edges) + 1):
        for chosen in itertools.combinations(range(len(edges)), size):
            ends = [end for e in chosen for end in edges[e]]
            if len(set(ends)) == len(ends):
                weight = np.prod([odds[e] for e in chosen]) * single ** (count - len(ends))
                total += weight
                with_edge[list(chosen)] += weight
    return with_edge / total


def found(edges: list[tuple[int, int]], odds: list[float], people: Population, single: float) -> np.ndarray:
    left, right = (np.array(side, np.int32) for side in zip(*edges, strict=True))
    return Rivals.among(left, right, people).probability(np.array(odds), np.full((2, 2), single))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 100.0), min_size=4, max_size=4), st.floats(0.1, 1.0))
def test_a_chain_of_rivals_has_the_exact_probabilities(odds: list[float], single: float) -> None:
    """
    l0 - r3    Where candidates form a tree, messages find what counting every possible matching finds.
       \\ /
    l1 - r4 - l2
    """
    edges = [(0, 3), (0, 4), (1, 4), (2, 4)]
    exact = by_enumeration(5, edges, odds, single)
    assert found(edges, odds, population(3, 2), single) == pytest.approx(exact, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.01, 100.0), min_size=6, max_size=6), st.floats(0.1, 1.0))
def test_no_record_has_more_than_one_counterpart(odds: list[float], single: float) -> None:
    """Two left records, three right ones, every pair a candidate: what is expected of one record is never more than itself."""
    edges = [(a, b) for a in (0, 1) for b in (2, 3, 4)]
    probability = found(edges, odds, population(2, 3), single)
    for record in range(5):
        claimed = sum(p for edge, p in zip(edges, probability, strict=True) if record in edge)
        assert claimed <= 1.1


def test_the_better_of_two_candidates_makes_the_other_unlikely() -> None:
    """l0 has a good candidate r1 and a fair one r2: alone r2 would be even, beside r1 it is not."""
    probability = found([(0, 1), (0, 2)], [50.0, 1.0], population(1, 2), 1.0)
    assert probability[0] > 0.9
    assert probability[1] < 0.05


def test_where_nearly_everybody_has_a_counterpart_a_poor_candidate_without_rivals_is_the_one() -> None:
    """Odds of 1 to 4 are a fifth where half of the records have nobody, and four fifths where one in twenty has."""
    poor = [found([(0, 1)], [0.25], population(1, 1), single)[0] for single in (1.0, 0.25)]
    assert poor == pytest.approx([0.2, 0.8])


def test_where_a_source_may_hold_duplicates_nobody_is_a_rival() -> None:
    """Two right records may both be the left one: each keeps its own odds."""
    people = population(1, 2, np.array([True, False]))
    assert found([(0, 1), (0, 2)], [3.0, 3.0], people, 1.0) == pytest.approx([0.75, 0.75])


def test_hopeless_pairs_keep_their_own_probability() -> None:
    """A pair below the least odds is nobody's rival, and the model's shares are found by the sources' names."""
    people, odds = population(1, 2), np.array([LEAST_ODDS / 2, 1.0])
    matched = {("left", "right"): 0.5, ("right", "left"): 0.5}
    probability = among_rivals(odds, np.zeros(2, np.int32), np.array([1, 2], np.int32), people, matched)
    assert probability[0] == pytest.approx(LEAST_ODDS / 2, rel=1e-3)
    assert probability[1] == pytest.approx(0.8)
