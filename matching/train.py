"""Train: learn a model from all records, without labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from domain.errors import NothingToMatch
from matching.advantage import pair_code
from matching.attribute_types.trigrams import learn_weights
from matching.block import Pairs, Plan, candidate_pairs, code_pairs, every_pair, pair_budget, sides
from matching.chance import Population, chance_levels, classes_of
from matching.choose import Sample, choose
from matching.cluster import Scoring
from matching.compare import Classes, Comparer, Comparison, Patterns, comparisons_for
from matching.forms import Forms, witnesses
from matching.keys import Longs, blocks_alone
from matching.model import Model, common_forms
from matching.one_to_one import Counterparts, Matched
from matching.parallel import in_parallel
from matching.patterns import join_patterns
from matching.placeholders import learn_placeholders, without_placeholders
from matching.plan import Probing
from matching.prune import least_weight, worth_keeping, worth_scoring
from matching.score import Fit, Floats, fit, probabilities, sums, weights_of


def train(
    forms: Mapping[str, Forms], population: Population, budget: int | None = None, floor: int | None = None, one_to_one: bool = True
) -> tuple[Model, Pairs, Patterns]:
    """Learn chance, the three classes and the blocking plan; also the pairs that may be the same or related, and their patterns.

    Where sources are free of duplicates, candidates are rivals, unless `one_to_one` is false.
    Raises NothingToMatch when no attribute that identifies anyone has a value.
    """
    forms = witnesses(dict(forms))
    placeholders = learn_placeholders(forms)
    told = {**forms} | {name: without_placeholders(forms[name], hashes) for name, hashes in placeholders.items()}
    used = {name: weighed(own) for name, own in told.items() if len(own.row)}
    if not any(blocks_alone(own) for own in used.values()):
        raise NothingToMatch("no record has a value in any attribute that identifies a customer. Map at least one of them.")
    comparisons = comparisons_for([own.attribute for own in used.values()])
    classes = classes_of(used)
    allowed = budget or pair_budget(len(population))
    learner = Learner(comparisons, used, classes, population, one_to_one)
    plan, probing = learn_blocking(learner, allowed)
    common = dict(zip(used, in_parallel(lambda name: common_forms(used[name], classes[name]), used), strict=True))
    trigrams = {name: own.weights for name, own in used.items() if own.type.weighs_trigrams}
    scoring = Scoring(*weights_of(learner.fitted))
    model = Model(comparisons, scoring, learner.fitted, common, trigrams, plan, learner.matched, len(population), placeholders)
    made = (None, None) if probing is None else (probing.offered, probing.ends)
    pairs = candidate_pairs(used, population, plan, allowed, *made)
    del probing, made  # what is no longer needed makes room for comparing
    least, known = least_weight(population, floor), learner.known(pairs)
    if known is not None:
        return model, *worth_keeping(comparisons, scoring, pairs, known, least)
    return model, *worth_scoring(learner.comparer, scoring, pairs, least)


def weighed(own: Forms) -> Forms:
    """The forms with what they teach of how rare each letter trigram is, where their type asks for it."""
    return replace(own, weights=learn_weights(own.distinct, own.frequency())) if own.type.weighs_trigrams else own


class Learner:
    """The three classes, fitted to a sample of the candidate pairs."""

    def __init__(
        self, comparisons: tuple[Comparison, ...], forms: Mapping[str, Forms], classes: Classes, population: Population, one_to_one: bool
    ) -> None:
        self.comparisons, self.forms, self.population = comparisons, forms, population
        self.comparer = Comparer(comparisons, forms, classes)
        self.chance = chance_levels(comparisons, forms, classes, population, comparer=self.comparer)
        self.has_rivals = one_to_one and bool(population.unique.any())
        self.fitted: Fit
        self.matched: Matched = {}
        self.compared: tuple[Longs, Patterns] | None = None
        """The pairs that the classes were fitted to, by their codes, and their patterns."""

    def known(self, pairs: Pairs) -> Patterns | None:
        """The patterns of candidate pairs, where the classes were fitted to all of them."""
        assert self.compared is not None
        codes, patterns = self.compared
        if len(codes) < len(pairs):
            return None
        wanted = pair_code(pairs.left, pairs.right, len(self.population))
        place = np.searchsorted(codes, wanted)
        if (codes[np.minimum(place, len(codes) - 1)] != wanted).any():
            return None
        return replace(patterns, index=patterns.index[place])

    def compare(self, codes: Longs) -> Patterns:
        """The patterns of pairs given by their codes."""
        return self.comparer.patterns(*sides(codes, len(self.population)))

    def compare_more(self, codes: Longs, known: Longs, patterns: Patterns) -> Patterns:
        """The same, where the patterns of the pairs `known` are; all codes are in order, and `codes` has the known ones."""
        old = np.searchsorted(codes, known)
        new = np.ones(len(codes), bool)
        new[old] = False
        joined = join_patterns([patterns, self.compare(codes[new])], [len(c.labels) for c in self.comparisons])
        index = np.empty(len(codes), np.int32)
        index[old], index[new] = joined.index[: len(known)], joined.index[len(known) :]
        return replace(joined, index=index)

    def learn(self, codes: Longs, patterns: Patterns, share: float) -> Floats:
        """Fit the classes to pairs that stand for `share` of all; the probability that each is the same."""
        self.compared = codes, patterns
        counted = Patterns(patterns.levels, np.rint(patterns.counts / share).astype(np.int64), patterns.index)
        rivals = self.rivals(codes, counted, share)
        self.fitted = fit(self.comparisons, counted, self.chance, self.population.pairs, len(self.population), rivals)
        weights, prior_same, prior_related = weights_of(self.fitted)
        same, related = sums(patterns.levels, weights)
        if rivals is not None:
            self.matched = rivals.matched(self.population.called)
        return probabilities(same + prior_same, related + prior_related)[0][patterns.index]

    def rivals(self, codes: Longs, patterns: Patterns, share: float) -> Counterparts | None:
        """Rivalry among the pairs of the sample, where sources are free of duplicates."""
        if not self.has_rivals:
            return None
        return Counterparts(Pairs(*sides(codes, len(self.population))), patterns, self.population, share)


def learn_blocking(learner: Learner, budget: int) -> tuple[Plan, Probing | None]:
    """Fit the classes, and choose the blocking keys by what they find; also what was probed for it."""
    population = learner.population
    if population.pairs <= budget / 2:
        pairs = every_pair(population, budget)
        learner.learn(code_pairs(pairs.left, pairs.right, population), learner.comparer.patterns(pairs.left, pairs.right), 1.0)
        return Plan(everything=True), None
    probing = Probing(learner.forms, population, budget)
    keys = [*probing.singles(), *probing.doubles()]
    sample = Sample.of(keys)
    patterns = learner.compare(sample.codes)
    probability = learner.learn(sample.codes, patterns, probing.share)
    chosen = choose(sample, probability, probing.share, len(population), budget)
    keys += probing.triples([keys[k].path for k in chosen if len(keys[k].path) == 2])
    known, sample = sample.codes, Sample.of(keys)
    probability = learner.learn(sample.codes, learner.compare_more(sample.codes, known, patterns), probing.share)
    chosen = choose(sample, probability, probing.share, len(population), budget)
    return probing.plan([keys[k].path for k in chosen]), probing


def unique_sources(names: tuple[str, ...], unique: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Of each source, whether it is declared free of duplicates."""
    return np.array([name in unique for name in names], bool)
