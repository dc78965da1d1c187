"""Accuracy on labelled sets: cut at 0.5, no labels, one set of defaults for all."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from benchmarks.labelled import LabelledSet
from domain.settings import MatchSettings
from matching.block import candidate_pairs, pair_budget
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import Accuracy, accuracy
from matching.forms import forms_of
from matching.match import Scored, find_clusters, score_pairs
from matching.train import train


@dataclass(frozen=True, slots=True)
class Measured:
    """One set, matched and scored."""

    name: str
    records: int
    accuracy: Accuracy
    blocking_recall: float
    """Share of the true pairs that any key catches."""
    calibration_error: float | None
    """Mean distance of probability and truth over pairs scored between 0.05 and 0.99, in ten equal bins; none where there are few."""
    candidate_pairs: int
    expected_same: float
    """Pairs the model holds to be the same, without having seen a label."""
    true_candidates: int
    seconds: float
    """From standardised columns to clusters."""


def measure(found: LabelledSet) -> Measured:
    """Train, score and cluster a labelled set."""
    start = time.perf_counter()
    forms = forms_of(found.records)
    population = Population(found.records.source, np.full(len(found.records.sources), found.unique))
    model, pairs, patterns = train(forms, population)
    scored = score_pairs(pairs, patterns, model)
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    seconds = time.perf_counter() - start
    score = accuracy(clusters.label, found.entity)
    true = found.entity[pairs.left] == found.entity[pairs.right]
    candidates = candidate_pairs(forms, population, model.plan, pair_budget(len(population)))
    caught = int((found.entity[candidates.left] == found.entity[candidates.right]).sum())
    return Measured(
        found.name,
        len(found.records),
        score,
        caught / max(score.true_pairs, 1),
        calibration_error(scored, true),
        len(candidates),
        float(scored.probability.sum()),
        caught,
        seconds,
    )


def calibration_error(scored: Scored, true: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], bins: int = 10) -> float | None:
    """Expected calibration error over the pairs that are neither sure nor hopeless."""
    between = np.flatnonzero((scored.probability >= 0.05) & (scored.probability <= 0.99))
    if len(between) < 10 * bins:
        return None
    parts = np.array_split(between[np.argsort(scored.probability[between], kind="stable")], bins)
    return float(sum(len(part) * abs(scored.probability[part].mean() - true[part].mean()) for part in parts) / len(between))
