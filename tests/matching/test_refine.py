"""Labels correct a scoring where it is wrong, and leave it alone where it is right."""

from __future__ import annotations

import numpy as np
import pytest

from matching.cluster import Scoring
from matching.compare import Patterns, count_patterns
from matching.labels import Labels
from matching.refine import FEWEST, FOLDS, STRATA, estimated_f1, refine, stands_for
from matching.score import MICRO, Weights, probabilities, sums

SIZES = [4, 4, 4]
"""Levels of three comparisons: missing, equal, close, different."""


def scoring(prior: float, *bits: tuple[float, float, float]) -> Scoring:
    """Weights of *same* against *unrelated* by level, in bits; *related* plays no part."""
    weights = [Weights(np.round(np.array([0.0, *one]) * MICRO).astype(np.int64), np.zeros(4, np.int64)) for one in bits]
    return Scoring(tuple(weights), round(prior * MICRO), -60 * MICRO)


TRUE = scoring(-6.0, (6.0, 3.0, -4.0), (5.0, 2.0, -3.0), (4.0, 1.0, -2.0))


def world(seed: int, pairs: int = 20_000) -> tuple[np.ndarray, np.ndarray, Patterns]:
    """Levels of pairs of which the probability of *same* is what `TRUE` says; which are the same; and their patterns."""
    generator = np.random.default_rng(seed)
    levels = generator.choice(4, (pairs, 3), p=[0.1, 0.3, 0.2, 0.4]).astype(np.uint8)
    same = generator.random(pairs) < probability(TRUE, levels)
    return levels, same, count_patterns(levels, SIZES)


def probability(by: Scoring, levels: np.ndarray) -> np.ndarray:
    same, related = sums(levels, by.weights)
    return probabilities(same + by.prior_same, related + by.prior_related)[0]


def labelled(by: Scoring, levels: np.ndarray, same: np.ndarray, wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As many labels from each stratum of match weight, by chance."""
    stratum = np.searchsorted(STRATA, by.weight(*sums(levels, by.weights)))
    generator = np.random.default_rng(seed)
    each = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    rows = np.concatenate([generator.choice(own, min(wanted // len(each), len(own)), replace=False) for own in each])
    return levels[rows], same[rows]


def loss(by: Scoring, levels: np.ndarray) -> float:
    """Expected log loss over all pairs, in bits."""
    p, q = probability(TRUE, levels), np.clip(probability(by, levels), 1e-9, 1 - 1e-9)
    return float(-(p * np.log2(q) + (1 - p) * np.log2(1 - q)).mean())


@pytest.mark.parametrize(
    "wrong",
    [
        scoring(-11.0, (6.0, 3.0, -4.0), (5.0, 2.0, -3.0), (4.0, 1.0, -2.0)),
        scoring(-6.0, (12.0, 9.0, -4.0), (5.0, 2.0, -3.0), (4.0, 1.0, -2.0)),
        scoring(-6.0, (6.0, 3.0, -4.0), (5.0, 2.0, -3.0), (4.0, 8.0, -2.0)),
    ],
    ids=["a prior five bits too low", "a comparison that counts too much", "a level that counts too much"],
)
def test_two_hundred_labels_correct_what_is_wrong(wrong: Scoring):
    """At least half of what the log loss has too much is gone."""
    levels, same, patterns = world(1)
    chosen, said = labelled(wrong, levels, same, 200, 2)
    found = refine(wrong, chosen, said, np.arange(len(said)) % FOLDS, patterns)
    assert found.accepted
    assert found.gain > 0
    assert loss(found.scoring, levels) - loss(TRUE, levels) < 0.5 * (loss(wrong, levels) - loss(TRUE, levels))


@pytest.mark.parametrize("seed", range(6))
def test_what_is_right_is_left_alone_or_hardly_moved(seed: int):
    """Labels that only say what the model says teach it nothing."""
    levels, same, patterns = world(seed)
    chosen, said = labelled(TRUE, levels, same, 200, seed + 10)
    found = refine(TRUE, chosen, said, np.arange(len(said)) % FOLDS, patterns)
    assert loss(found.scoring, levels) - loss(TRUE, levels) < 0.01
    assert found.accepted or found.scoring == TRUE


@pytest.mark.parametrize("said", [[True] * 60, [False] * 60, [True, False] * (FEWEST // 2 - 1), []])
def test_labels_of_one_sort_or_too_few_change_nothing(said: list[bool]):
    """What cannot be held against anything is not learned from."""
    levels, _, patterns = world(3)
    same = np.array(said, bool)
    found = refine(TRUE, levels[: len(same)], same, np.arange(len(same)) % FOLDS, patterns)
    assert not found.accepted
    assert found.scoring is TRUE


def test_what_is_missing_stays_worth_nothing():
    """A refined model is weights and a prior again, and level 0 weighs 0."""
    wrong = scoring(-11.0, (12.0, 3.0, -4.0), (5.0, 2.0, -3.0), (4.0, 1.0, -2.0))
    levels, same, patterns = world(1)
    chosen, said = labelled(wrong, levels, same, 200, 2)
    found = refine(wrong, chosen, said, np.arange(len(said)) % FOLDS, patterns)
    assert [int(one.same[0]) for one in found.scoring.weights] == [0, 0, 0]
    assert all(one.same.dtype == np.int64 for one in found.scoring.weights)


def test_labels_stand_for_the_pairs_of_their_stratum():
    """Two labels of a stratum of ten pairs stand for five each."""
    weight = np.array([0, 0, 20]) * MICRO
    of_pairs = np.array([0, 20]) * MICRO
    assert stands_for(weight, of_pairs, np.array([10, 7])).tolist() == [5.0, 5.0, 7.0]


def test_f1_is_estimated_from_labels_by_what_they_stand_for():
    """Ten pairs rightly joined, ten missed, none wrongly joined: precision 1, recall 1/2."""
    joined, same = np.array([True, False, False]), np.array([True, True, False])
    assert estimated_f1(joined, same, np.array([10.0, 10.0, 500.0])) == pytest.approx(2 / 3)


def test_labels_that_share_a_record_are_held_back_together():
    """1-2, 2-3 hang together; 7-8 is by itself."""
    labels = Labels(np.array([1, 2, 7], np.int32), np.array([2, 3, 8], np.int32), np.array([True, False, True]))
    fold = labels.folds(10, np.linspace(0.05, 0.95, 10), FOLDS)
    assert fold.tolist() == [1, 1, 7]
