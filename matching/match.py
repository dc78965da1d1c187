"""Match: the whole way from records to clusters, in the order it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from domain.settings import MatchSettings
from matching.block import Pairs, candidate_pairs, pair_budget
from matching.chance import Population
from matching.cluster import Clusters, Constraints, cluster
from matching.compare import LevelArray, Patterns, level_matrix, patterns_of
from matching.forms import Forms
from matching.model import Model
from matching.records import Ints
from matching.score import MICRO, Bits, Floats, probabilities, sums


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidate pairs with what the model says of them."""

    pairs: Pairs
    probability: Floats
    """Match probability of each pair."""
    related: Floats
    """Probability that the pair is related: a household, branches of a firm."""
    weight: Bits
    """Match weight: log-odds of *same* against everything else, in millionths of a bit."""


def bits_of(probability: float) -> int:
    """Log-odds of a probability in millionths of a bit; certainty is as good as 40 bits.

    >>> bits_of(0.5), bits_of(0.2), bits_of(0.0)
    (0, -2000000, -40000000)
    """
    if probability <= 0.0 or probability >= 1.0:
        return 40 * MICRO if probability >= 1.0 else -40 * MICRO
    return round(float(np.log2(probability / (1 - probability))) * MICRO)


def score_pairs(pairs: Pairs, patterns: Patterns, model: Model) -> Scored:
    """What the model says of compared pairs, worked out once per distinct pattern."""
    same, related = sums(patterns.levels, model.scoring.weights)
    of_same, of_related = probabilities(same + model.scoring.prior_same, related + model.scoring.prior_related)
    weight = model.scoring.weight(same, related)
    index = patterns.index
    return Scored(pairs, of_same[index], of_related[index], weight[index])


def find_pairs(forms: Mapping[str, Forms], population: Population, model: Model, budget: int | None = None) -> tuple[Pairs, Patterns]:
    """Block and compare as the model says."""
    used = {name: own for name, own in forms.items() if any(name == a.name for c in model.comparisons for a in c.attributes)}
    pairs = candidate_pairs(used, population, model.plan, budget or pair_budget(len(population)))
    return pairs, patterns_of(model.comparisons, used, model.classes(used), pairs.left, pairs.right)


def find_clusters(
    forms: Mapping[str, Forms], population: Population, model: Model, scored: Scored, settings: MatchSettings, constraints: Constraints
) -> Clusters:
    """Cluster scored pairs under the stewards' decisions."""
    classes = model.classes(forms)

    def levels_of(left: Ints, right: Ints) -> LevelArray:
        return level_matrix(model.comparisons, forms, classes, left, right)

    return cluster(
        len(population),
        (scored.pairs.left, scored.pairs.right),
        scored.weight,
        levels_of,
        model.scoring,
        population,
        constraints,
        bits_of(settings.ask[0]),
        bits_of(settings.join),
    )
