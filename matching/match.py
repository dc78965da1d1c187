"""Match: the whole way from records to clusters, in the order it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from domain.settings import MatchSettings
from matching.block import Pairs, candidate_pairs, pair_budget
from matching.chance import Population
from matching.cluster import Advantage, Clusters, Constraints, cluster, pair_code
from matching.compare import Comparer, LevelArray, Patterns
from matching.forms import Forms
from matching.model import Model
from matching.one_to_one import Matched, among_rivals
from matching.prune import least_weight, worth_scoring
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
    patterns: Patterns
    advantage: Bits
    """What rivals for a place in a source without duplicates add to or take from each weight; empty where there can be none."""

    def over(self, advantage: Bits) -> Scored:
        """The pairs, scored by themselves, held against their rivals."""
        probability, related = shifted(self.probability, self.related, self.weight, advantage)
        return replace(self, probability=probability, related=related, weight=self.weight + advantage, advantage=advantage)

    def over_rivals(self, count: int) -> Advantage | None:
        """The advantage of pairs among `count` records, to be looked up; none where there can be no rivals."""
        return Advantage(pair_code(self.pairs.left, self.pairs.right, count), self.advantage) if len(self.advantage) else None


MOST_BITS = 40
"""Certainty is as good as so many bits."""
MOST_ADVANTAGE = 20
"""No rival takes more bits than this."""


def bits_of(probability: float) -> int:
    """Log-odds of a probability in millionths of a bit; certainty is as good as 40 bits.

    >>> bits_of(0.5), bits_of(0.2), bits_of(0.0)
    (0, -2000000, -40000000)
    """
    if probability <= 0.0 or probability >= 1.0:
        return 40 * MICRO if probability >= 1.0 else -40 * MICRO
    return round(float(np.log2(probability / (1 - probability))) * MICRO)


def score_pairs(pairs: Pairs, patterns: Patterns, model: Model, population: Population) -> Scored:
    """What the model says of compared pairs: once per distinct pattern, and then among rivals where sources are free of duplicates."""
    alone = weigh_pairs(pairs, patterns, model)
    if not (population.unique.any() and model.matched):
        return alone
    return alone.over(advantages(alone.weight, pairs.left, pairs.right, population, model.matched))


def weigh_pairs(pairs: Pairs, patterns: Patterns, model: Model) -> Scored:
    """What the model says of compared pairs by themselves."""
    same, related = sums(patterns.levels, model.scoring.weights)
    of_same, of_related = probabilities(same + model.scoring.prior_same, related + model.scoring.prior_related)
    weight = model.scoring.weight(same, related)
    index = patterns.index
    return Scored(pairs, of_same[index], of_related[index], weight[index], patterns, np.zeros(0, np.int64))


def advantages(weight: Bits, left: Ints, right: Ints, population: Population, matched: Matched) -> Bits:
    """What rivals add to the weight of each pair by itself, or take from it."""
    odds = np.exp2(np.clip(weight / MICRO, -MOST_BITS, MOST_BITS))
    among = np.clip(among_rivals(odds, left, right, population, matched), 2.0**-MOST_BITS, 1 - 2.0**-MOST_BITS)
    advantage = np.round((np.log2(among / (1 - among)) - np.log2(odds)) * MICRO).astype(np.int64)
    return np.clip(advantage, -MOST_ADVANTAGE * MICRO, MOST_ADVANTAGE * MICRO)


def shifted(probability: Floats, related: Floats, weight: Bits, advantage: Bits) -> tuple[Floats, Floats]:
    """Probability of *same* and of *related* once rivals have added to a pair's own weight or taken from it."""
    contended = advantage != 0
    same = np.where(contended, 1 / (1 + np.exp2(-np.clip((weight + advantage) / MICRO, -1000, 1000))), probability)
    left_over = np.minimum(related * (1 - same) / np.maximum(1 - probability, 1e-15), 1 - same)
    return same, np.where(contended, left_over, related)


def find_pairs(
    forms: Mapping[str, Forms], population: Population, model: Model, budget: int | None = None, floor: int | None = None
) -> tuple[Pairs, Patterns]:
    """Block and compare as the model says; the pairs that may be the same or related."""
    used = model.weighed(forms)
    pairs = candidate_pairs(used, population, model.plan, budget or pair_budget(len(population)))
    return worth_scoring(Comparer(model.comparisons, used, model.classes(used)), model.scoring, pairs, least_weight(population, floor))


class KnownLevels:
    """The levels of pairs that have been scored."""

    def __init__(self, scored: Scored, count: int) -> None:
        self.count, self.patterns = count, scored.patterns
        self.codes = scored.pairs.left.astype(np.int64) * count + scored.pairs.right

    def filled(self, comparer: Comparer, left: Ints, right: Ints) -> LevelArray:
        """Levels of any pairs; those that have not been scored are compared now."""
        code = left.astype(np.int64) * self.count + right
        order = np.argsort(code)  # what lies together is found together
        place = np.empty(len(code), np.int64)
        place[order] = np.minimum(np.searchsorted(self.codes, code[order]), max(len(self.codes) - 1, 0))
        found = self.codes[place] == code if len(self.codes) else np.zeros(len(code), bool)
        levels = np.empty((len(code), len(comparer.comparisons)), np.uint8)
        known, new = np.flatnonzero(found), np.flatnonzero(~found)
        levels[known] = self.patterns.levels[self.patterns.index[place[known]]]
        levels[new] = comparer.levels(left[new], right[new])
        return levels


def find_clusters(
    forms: Mapping[str, Forms], population: Population, model: Model, scored: Scored, settings: MatchSettings, constraints: Constraints
) -> Clusters:
    """Cluster scored pairs under the stewards' decisions."""
    forms = model.weighed(forms)
    comparer = Comparer(model.comparisons, forms, model.classes(forms))
    known = KnownLevels(scored, len(population))

    def levels_of(left: Ints, right: Ints) -> LevelArray:
        return known.filled(comparer, left, right)

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
        scored.over_rivals(len(population)),
    )
