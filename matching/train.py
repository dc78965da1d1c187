"""Train: learn a model from all records, without labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from domain.errors import NothingToMatch
from matching.attribute_types.trigrams import learn_weights
from matching.block import Pairs, candidate_pairs, pair_budget, train_blocking
from matching.chance import Population, chance_levels, classes_of
from matching.cluster import Scoring
from matching.compare import Patterns, comparisons_for, patterns_of
from matching.forms import Forms
from matching.keys import blocks_alone
from matching.model import Model, common_forms
from matching.one_to_one import Counterparts
from matching.score import fit, weights_of


def train(forms: Mapping[str, Forms], population: Population, budget: int | None = None) -> tuple[Model, Pairs, Patterns]:
    """Learn chance, the three classes and the blocking plan; also the candidate pairs and patterns made on the way.

    Raises NothingToMatch when no attribute that identifies anyone has a value.
    """
    used = {name: weighed(own) for name, own in forms.items() if len(own.row)}
    if not any(blocks_alone(own) for own in used.values()):
        raise NothingToMatch("no record has a value in any attribute that identifies a customer. Map at least one of them.")
    comparisons = comparisons_for([own.attribute for own in used.values()])
    classes = classes_of(used)
    allowed = budget or pair_budget(len(population))
    plan = train_blocking(used, population, allowed)
    pairs = candidate_pairs(used, population, plan, allowed)
    patterns = patterns_of(comparisons, used, classes, pairs.left, pairs.right)
    chance = chance_levels(comparisons, used, classes, population)
    rivals = Counterparts(pairs, patterns, population) if population.unique.any() else None
    fitted = fit(comparisons, patterns, chance, population.pairs, len(population), rivals)
    common = {name: common_forms(own, classes[name]) for name, own in used.items()}
    trigrams = {name: own.weights for name, own in used.items() if own.type.weighs_trigrams}
    matched = rivals.matched(population.names) if rivals else {}
    return Model(comparisons, Scoring(*weights_of(fitted)), fitted, common, trigrams, plan, matched, len(population)), pairs, patterns


def weighed(own: Forms) -> Forms:
    """The forms with what they teach of how rare each letter trigram is, where their type asks for it."""
    return replace(own, weights=learn_weights(own.distinct, own.frequency())) if own.type.weighs_trigrams else own


def unique_sources(names: tuple[str, ...], unique: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Of each source, whether it is declared free of duplicates."""
    return np.array([name in unique for name in names], bool)
