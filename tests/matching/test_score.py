"""Scoring: three classes fitted over counted patterns, anchored in chance."""

from __future__ import annotations

import numpy as np
import pytest

from domain.attributes import Role
from matching.chance import Chance
from matching.compare import Comparison, Patterns, count_patterns, exact_labels
from matching.score import MICRO, fit, probabilities, sums, weights_of

LABELS = ("missing", *exact_labels("exact"), "close", "different")
EQUAL, CLOSE, DIFFERENT = (LABELS.index(label) for label in (exact_labels("exact")[-1], "close", "different"))
ADMISSIBLE = 2_000_000.0


def comparison(name: str, role: Role) -> Comparison:
    return Comparison(name, (), role, LABELS)


def levels(*shares: float) -> np.ndarray:
    """Shares of the commonest equal values, of `close` and of `different`."""
    return np.array([*[0] * EQUAL, *shares])


COMPARISONS = [
    comparison("given", Role.PERSONAL),
    comparison("birth", Role.PERSONAL),
    comparison("family", Role.SHARED),
    comparison("street", Role.SHARED),
]
M = [levels(0.85, 0.1, 0.05), levels(0.9, 0.06, 0.04), levels(0.92, 0.05, 0.03), levels(0.8, 0.1, 0.1)]
U = [levels(0.01, 0.02, 0.97), levels(0.001, 0.01, 0.989), levels(0.004, 0.01, 0.986), levels(0.0005, 0.001, 0.9985)]
SHARED_NAME = 0.05
"""Relatives who share a given name, or a birth date: fathers and sons, twins."""
R = [(1 - SHARED_NAME) * u + SHARED_NAME * m for m, u in zip(M[:2], U[:2], strict=True)]
R += [
    levels(0.9, 0.06, 0.04),
    levels(0.9, 0.05, 0.05),
]


def chance_of(same: int, related: int, unrelated: int) -> list[Chance]:
    """How random pairs compare in a population of so many pairs: matches are among them."""
    total = same + related + unrelated
    return [Chance((same * m + related * r + unrelated * u) / total, 1.0) for m, r, u in zip(M, R, U, strict=True)]


CHANCE = chance_of(0, 0, 1)


def drawn(same: int, related: int, unrelated: int, seed: int = 1) -> tuple[Patterns, np.ndarray]:
    """Patterns drawn from the three classes, and the class of each pair."""
    generator = np.random.default_rng(seed)
    rows = [
        np.stack([generator.choice(len(LABELS), size, p=shares) for shares in table], axis=1)
        for table, size in ((M, same), (R, related), (U, unrelated))
        if size
    ]
    matrix = np.concatenate(rows).astype(np.uint8)
    return count_patterns(matrix, [len(LABELS)] * len(M)), np.repeat([0, 1, 2], [same, related, unrelated])


def test_em_recovers_the_parameters_that_the_pairs_were_drawn_with():
    """3,000 same, 2,000 related and 100,000 unrelated pairs: the numbers and the level shares come back."""
    patterns, _ = drawn(3_000, 2_000, 100_000)
    found = fit(COMPARISONS, patterns, chance_of(3_000, 2_000, 100_000), 105_000.0, 2_000)
    assert found.converged
    assert found.same_pairs == pytest.approx(3_000, rel=0.05)
    assert found.related_pairs == pytest.approx(2_000, rel=0.10)
    for fitted, true in zip(found.m, M, strict=True):
        assert fitted[EQUAL] == pytest.approx(true[EQUAL], abs=0.04)


def test_a_household_is_not_one_person():
    """Same surname and street but another name and birth date is *related*, however rare the street is."""
    patterns, _ = drawn(3_000, 2_000, 100_000)
    found = fit(COMPARISONS, patterns, CHANCE, ADMISSIBLE, 2_000)
    weights, prior_same, prior_related = weights_of(found)
    same, related = sums(np.array([[DIFFERENT, DIFFERENT, EQUAL, EQUAL], [EQUAL] * 4], np.uint8), weights)
    of_same, of_related = probabilities(same + prior_same, related + prior_related)
    assert of_related[0] > 0.8 > 0.1 > of_same[0]
    assert of_same[1] > 0.95


def test_a_table_without_duplicates_says_so():
    """Only unrelated pairs: the fitted number of *same* pairs is next to nothing."""
    patterns, _ = drawn(0, 0, 200_000)
    found = fit(COMPARISONS, patterns, CHANCE, 200_000.0, 700)
    assert found.same_pairs < 20


def test_probabilities_are_calibrated_on_data_drawn_from_the_model():
    """Of pairs scored between 0.1 and 0.9, as many are *same* as was said, within 0.1."""
    patterns, truth = drawn(4_000, 3_000, 300_000, seed=3)
    found = fit(COMPARISONS, patterns, chance_of(4_000, 3_000, 300_000), 307_000.0, 3_000)
    weights, prior_same, prior_related = weights_of(found)
    same, related = sums(patterns.levels, weights)
    probability = probabilities(same + prior_same, related + prior_related)[0][patterns.index]
    between = (probability > 0.1) & (probability < 0.9)
    assert probability[between].mean() == pytest.approx((truth[between] == 0).mean(), abs=0.1)


def test_missing_says_nothing():
    """A pattern of missing levels weighs nothing."""
    patterns, _ = drawn(1_000, 500, 20_000)
    weights, _, _ = weights_of(fit(COMPARISONS, patterns, CHANCE, ADMISSIBLE, 1_000))
    same, related = sums(np.zeros((1, 4), np.uint8), weights)
    assert (same[0], related[0]) == (0, 0)


def test_without_a_shared_comparison_there_is_no_related_class():
    """Names and dates alone know no household."""
    matrix = np.array([[EQUAL, EQUAL], [DIFFERENT, DIFFERENT], [EQUAL, DIFFERENT]], np.uint8).repeat([50, 1_000, 20], axis=0)
    found = fit(COMPARISONS[:2], count_patterns(matrix, [len(LABELS)] * 2), CHANCE[:2], 50_000.0, 300)
    assert found.related_pairs == 0.0


def test_weights_are_whole_millionths_of_a_bit():
    """Sums of whole numbers do not depend on their order. (Invariant 6)"""
    patterns, _ = drawn(1_000, 500, 20_000)
    weights, prior_same, _ = weights_of(fit(COMPARISONS, patterns, CHANCE, ADMISSIBLE, 1_000))
    assert all(w.same.dtype == np.int64 for w in weights)
    assert isinstance(prior_same, int)
    assert abs(prior_same) < 40 * MICRO


def test_pairs_that_agree_on_nothing_personal_are_relatives():
    """Branches of one chain: name and site agree, address and telephone are everybody's own. No two are one customer."""
    patterns, _ = drawn(0, 30_000, 100_000)
    found = fit(COMPARISONS, patterns, chance_of(0, 30_000, 100_000), 130_000.0, 1_000)
    assert found.same_pairs < 0.02 * 30_000
    assert found.related_pairs > 15_000
