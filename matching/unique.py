"""Unique: which sources hold each customer at most once, told from the records alone.

What *same* pairs look like is learned from pairs between sources, as if every source were free of duplicates; then the pairs
within one source are counted by that, against what chance brings about within it. (docs/decisions/0011-what-a-table-means.md)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matching.block import candidate_pairs, pair_budget
from matching.chance import Population, chance_levels
from matching.compare import Comparer
from matching.forms import Forms
from matching.keys import blocks_alone
from matching.match import Scored
from matching.model import Model
from matching.prune import worth_scoring
from matching.records import Ints, Longs
from matching.score import posterior

SURE = 0.95
"""Match probability from which a pair counts: doubtful ones are what chance and a poor fit leave over."""
NEGLIGIBLE = 0.06
"""Sure *same* pairs within a source, for each one that it has with other sources, up to which it is free of duplicates.

Over the labelled sets, sources without duplicates have up to 0.04 and those with duplicates 0.39 and more."""
FEWEST_RECORDS, FEWEST_BETWEEN = 50, 20
"""Records of a source, and its sure *same* pairs with others, below which nothing is said of it."""
SAMPLE = 100_000
"""Random pairs compared to learn what chance brings about within a source."""
ROUNDS, TOLERANCE = 100, 1e-5


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many sure *same* pairs a source has."""

    source: str
    records: int
    within: float
    between: float

    @property
    def negligible(self) -> bool:
        """Whether there are enough pairs with other sources to judge by, and hardly any within."""
        enough = self.records >= FEWEST_RECORDS and self.between >= FEWEST_BETWEEN
        return enough and self.within <= NEGLIGIBLE * self.between


def duplicates_within(forms: Mapping[str, Forms], source: Ints, names: Sequence[str], model: Model, scored: Scored) -> list[Duplicates]:
    """Of each source its sure pairs, by a model and the pairs scored with it when every source was held to be unique."""
    sure = np.where(scored.probability >= SURE, scored.probability, 0.0)
    sides = (source[scored.pairs.left], source[scored.pairs.right])
    between = np.sum([np.bincount(side, weights=sure, minlength=len(names)) for side in sides], axis=0)
    found = []
    for at, name in enumerate(names):
        chosen = np.flatnonzero(source == at)
        worth_it = len(chosen) >= FEWEST_RECORDS and between[at] >= FEWEST_BETWEEN
        within = sure_pairs_within({key: taken(own, chosen) for key, own in forms.items()}, len(chosen), model) if worth_it else 0.0
        found.append(Duplicates(name, len(chosen), within, float(between[at])))
    return found


def taken(own: Forms, chosen: Longs) -> Forms:
    """The forms of some records alone."""
    place = np.full(own.count, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    kept = place[own.row] >= 0
    return Forms(own.attribute, own.distinct, place[own.row[kept]].astype(np.int32), own.code[kept], len(chosen))


def sure_pairs_within(forms: Mapping[str, Forms], count: int, model: Model) -> float:
    """Expected number of sure *same* pairs among records of one source.

    How *same* and *related* pairs compare is the model's; chance, and how many there are, is the source's own.
    """
    used = {name: own for name, own in forms.items() if len(own.row)}
    if not any(blocks_alone(own) for own in used.values()):
        return 0.0
    population = Population(np.zeros(count, np.int32), np.array([False]))
    forms = model.weighed(forms)
    classes = model.classes(forms)
    candidates = candidate_pairs(used, population, model.plan, pair_budget(model.records))
    patterns = worth_scoring(Comparer(model.comparisons, forms, classes), model.scoring, candidates)[1]
    chance = [one.levels for one in chance_levels(model.comparisons, forms, classes, population, SAMPLE)]
    counts = patterns.counts.astype(np.float64)
    same = related = count / 20
    related = related if model.fit.related_pairs else 0.0
    before = -1.0
    post = np.empty(0)
    for _ in range(ROUNDS):
        post, post_related = posterior(patterns.levels, model.fit.m, chance, model.fit.r, same, related, population.pairs)
        before, same, related = same, float((post * counts).sum()), float((post_related * counts).sum())
        if abs(same - before) < TOLERANCE * max(same, 1.0):
            break
    return float((post * counts)[post >= SURE].sum())
