"""Pruning: what is dropped early would have been dropped in the end; order and workers change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.settings import MatchSettings
from matching.agglomerate import Scoring
from matching.block import Pairs
from matching.chance import Population, classes_of
from matching.cluster import Constraints
from matching.compare import Comparer, comparisons_for
from matching.forms import forms_of
from matching.match import find_clusters, score_pairs
from matching.parallel import in_parallel
from matching.prune import worth_keeping, worth_scoring
from matching.score import MICRO, Weights, sums
from matching.train import train
from tests.matching.picture import attribute, from_columns

ATTRIBUTES = [
    attribute("given_name"),
    attribute("family_name"),
    attribute("email", many=True),
    attribute("phone", many=True, region="US"),
    attribute("street", group="address"),
    attribute("city", group="address"),
]
VALUES = {
    "given_name": ["Ann", "Anna", "Bob", "Robert", "Lee", "J", None],
    "family_name": ["Lee", "Li", "Ann", "Garcia Marquez", "Garcia", None],
    "email": ["ann.lee@gmail.com", "annlee@aol.com", "bob@acme.com", "bobb@acme.com", "ann@x1.com;bob@acme.com", None],
    "phone": ["206 555 0100", "206 555 0101", "303 555 0100", "206 555 0100;404 555 1234", None],
    "street": ["12 Main St", "12 Main Street Apt 4", "14 Main St", "12 Mian St", "PO Box 5", None],
    "city": ["Springfield", "Springfeild", "Denver", None],
}
RECORD = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})


def records_of(rows):
    return from_columns(ATTRIBUTES, [f"s{i % 2}:{i:03d}" for i in range(len(rows))], {name: [row[name] for row in rows] for name in VALUES})


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORD, min_size=2, max_size=9), st.integers(0, 10_000), st.integers(-12, 12))
def test_what_stays_and_its_levels_are_those_of_a_full_comparison(rows, seed, floor):
    """Any weights, any floor: the pairs kept are exactly those that reach it when everything is compared."""
    found = records_of(rows)
    forms = {name: own for name, own in forms_of(found).items() if len(own.row)}
    comparisons = comparisons_for([own.attribute for own in forms.values()])
    random = np.random.default_rng(seed)
    weights = tuple(Weights(*(np.append(0, random.integers(-9, 9, len(c.labels) - 1)) * MICRO for _ in range(2))) for c in comparisons)
    scoring = Scoring(weights, -3 * MICRO, -4 * MICRO)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(rows), 1))
    comparer = Comparer(comparisons, forms, classes_of(forms))
    levels = comparer.levels(left, right)
    same, related = sums(levels, weights)
    wanted = (same - 3 * MICRO >= floor * MICRO) | (related - 4 * MICRO >= floor * MICRO)
    pairs, patterns = worth_scoring(comparer, scoring, Pairs(left, right), floor * MICRO)
    assert (pairs.left == left[wanted]).all()
    assert (pairs.right == right[wanted]).all()
    assert (patterns.levels[patterns.index] == levels[wanted]).all()


def people(seed: int, count: int = 300):
    random = np.random.default_rng(seed)
    return [{name: values[random.integers(len(values))] for name, values in VALUES.items()} for _ in range(count)]


def clusters_of(keys: list[str], rows: list[dict[str, str | None]]) -> set[frozenset[str]]:
    """Clusters as sets of record keys, blocked with a small budget."""
    found = from_columns(ATTRIBUTES, keys, {name: [row[name] for row in rows] for name in VALUES})
    forms, population = forms_of(found), Population(found.source, np.zeros(len(found.sources), bool))
    model, pairs, patterns = train(forms, population, 5_000)
    scored = score_pairs(pairs, patterns, model, population)
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    names = [f"{found.sources[source]}:{key}" for source, key in zip(found.source, found.keys.to_pylist(), strict=True)]
    return {frozenset(np.array(names)[clusters.label == label].tolist()) for label in np.unique(clusters.label)}


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1_000), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_records(seed, random):
    """The same records, shuffled, and their sources in another order, come to the same clusters. (Invariant 6)"""
    rows = people(seed)
    keys = [f"s{i % 3}:{i:05d}" for i in range(len(rows))]
    order = list(range(len(rows)))
    random.shuffle(order)
    assert clusters_of(keys, rows) == clusters_of([keys[i] for i in order], [rows[i] for i in order])


def test_clusters_do_not_depend_on_the_number_of_workers(monkeypatch):
    """One thread at a time or three. (Invariant 6)"""
    rows = people(7)
    keys = [f"s{i % 3}:{i:05d}" for i in range(len(rows))]
    found = []
    for workers in (1, 3):
        for module in ("block", "plan", "compare", "prune", "cluster"):
            monkeypatch.setattr(
                f"matching.{module}.in_parallel", lambda function, items, workers=workers: in_parallel(function, items, workers)
            )
        found.append(clusters_of(keys, rows))
    assert found[0] == found[1]


def test_a_worker_that_fails_is_heard():
    """An error in one thread is raised where the results are taken."""
    with pytest.raises(ZeroDivisionError):
        list(in_parallel(lambda number: 1 // number, [1, 0, 2]))


@settings(max_examples=25, deadline=None)
@given(st.lists(RECORD, min_size=3, max_size=9), st.integers(0, 10_000), st.integers(-12, 12))
def test_of_pairs_that_have_been_compared_the_same_stay(rows, seed, floor):
    """Some of the pairs whose patterns are known: those kept, their patterns and counts are as if they were compared anew."""
    found = records_of(rows)
    forms = {name: own for name, own in forms_of(found).items() if len(own.row)}
    comparer = Comparer(comparisons_for([own.attribute for own in forms.values()]), forms, classes_of(forms))
    random = np.random.default_rng(seed)
    weights = tuple(
        Weights(*(np.append(0, random.integers(-9, 9, len(c.labels) - 1)) * MICRO for _ in range(2))) for c in comparer.comparisons
    )
    scoring = Scoring(weights, -3 * MICRO, -4 * MICRO)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(rows), 1))
    known = comparer.patterns(left, right)
    some = np.flatnonzero(random.random(len(left)) < 0.7)
    candidates = Pairs(left[some], right[some])
    anew, patterns = worth_scoring(comparer, scoring, candidates, floor * MICRO)
    again, same = worth_keeping(comparer.comparisons, scoring, candidates, replace(known, index=known.index[some]), floor * MICRO)
    assert (anew.left == again.left).all()
    assert (anew.right == again.right).all()
    for side in ("levels", "counts", "index"):
        assert (getattr(patterns, side) == getattr(same, side)).all()
