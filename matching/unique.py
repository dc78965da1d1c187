"""Unique: which sources hold each customer at most once, told from the records alone.

What *same* pairs look like is learned from pairs between sources, as if every source were free of duplicates; then the pairs
within one source are counted by that, against what chance brings about within it. Of those, only the ones count that have but
one counterpart elsewhere: two editions of a book look the same, but each has its own in the other library.
(docs/decisions/0011-what-a-table-means.md)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.block import Pairs, candidate_pairs, pair_budget
from matching.chance import NAMES_ONE, Population, chance_levels
from matching.compare import RARITY, Comparer, Comparison
from matching.forms import Forms
from matching.keys import blocks_alone
from matching.match import Scored
from matching.model import Model
from matching.prune import worth_scoring
from matching.records import Ints, Longs
from matching.score import Floats, posterior

SURE = 0.95
"""Match probability from which a pair counts: doubtful ones are what chance and a poor fit leave over."""
NEGLIGIBLE = 0.015
"""Repeats for each record of a source, up to which it is free of duplicates.

Over the labelled sets, sources without duplicates have up to 0.009 and those with duplicates 0.028 and more."""
MOST_BESIDE = 0.06
"""The same for each sure *same* pair that the source has with others: of many records few may be in another source."""
FEWEST_RECORDS, FEWEST_BETWEEN = 50, 20
"""Records of a source, and its sure *same* pairs with others, below which nothing is said of it."""
SAMPLE = 100_000
"""Random pairs compared to learn what chance brings about within a source; sure pairs whose counterparts are looked at."""
MOST_COUNTERPARTS = 50
"""Counterparts of a record that are looked at: whether there is one or more is all that is asked."""
ROUNDS, TOLERANCE = 100, 1e-5


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many sure *same* pairs a source has."""

    source: str
    records: int
    within: float
    """Repeats: sure *same* pairs within the source that have not each a counterpart of their own elsewhere."""
    between: float

    @property
    def enough(self) -> bool:
        """Whether there are enough pairs with other sources to judge by."""
        return self.records >= FEWEST_RECORDS and self.between >= FEWEST_BETWEEN

    @property
    def negligible(self) -> bool:
        """Whether there are enough pairs with other sources to judge by, and hardly any within."""
        return self.enough and self.within <= min(max(1.0, NEGLIGIBLE * self.records), MOST_BESIDE * self.between)


def duplicates_within(forms: Mapping[str, Forms], source: Ints, names: Sequence[str], model: Model, scored: Scored) -> list[Duplicates]:
    """Of each source its sure pairs, by a model and the pairs scored with it when every source was held to be unique."""
    sure = np.where(scored.probability >= SURE, scored.probability, 0.0)
    sides = (source[scored.pairs.left], source[scored.pairs.right])
    between = np.sum([np.bincount(side, weights=sure, minlength=len(names)) for side in sides], axis=0)
    counterparts = Counterparts.of(scored, source)
    found = []
    for at, name in enumerate(names):
        chosen = np.flatnonzero(source == at)
        one = Duplicates(name, len(chosen), 0.0, float(between[at]))
        found.append(replace(one, within=repeats(forms, chosen, model, counterparts)) if one.enough else one)
    return found


def repeats(forms: Mapping[str, Forms], chosen: Longs, model: Model, counterparts: Counterparts) -> float:
    """Expected number of sure *same* pairs among some records of one source, less those with a counterpart each."""
    pairs, probability = sure_pairs_within({key: taken(own, chosen) for key, own in forms.items()}, len(chosen), model)
    looked_at = np.arange(0, len(pairs), -(-len(pairs) // SAMPLE) or 1)
    shared = counterparts.shared(chosen[pairs.left[looked_at]], chosen[pairs.right[looked_at]])
    return float(probability.sum() * shared.mean()) if len(pairs) else 0.0


@dataclass(frozen=True, slots=True)
class Counterparts:
    """The sure *same* pairs between sources, from both ends: `record` (sorted) has `other`."""

    record: Ints
    other: Ints
    source: Ints
    """The source of each record."""

    @staticmethod
    def of(scored: Scored, source: Ints) -> Counterparts:
        """Those of scored pairs."""
        sure = scored.probability >= SURE
        left, right = scored.pairs.left[sure], scored.pairs.right[sure]
        record, other = np.concatenate((left, right)), np.concatenate((right, left))
        order = np.lexsort((other, record))
        return Counterparts(record[order], other[order], source)

    def shared(self, left: Longs, right: Longs) -> Floats:
        """Of each pair of records of one source: of the other sources that have a counterpart, the share that has but one for both.

        1 where no source has any: nothing speaks against their being the same.
        """
        pair, other = (np.concatenate(side) for side in zip(self.among(left), self.among(right), strict=True))
        both = np.unique(np.stack((pair, other), axis=1), axis=0)
        place = np.stack((both[:, 0], self.source[both[:, 1]]), axis=1)
        at, count = np.unique(place, axis=0, return_counts=True)
        sources = np.bincount(at[:, 0], minlength=len(left))
        alone = np.bincount(at[:, 0], weights=count == 1, minlength=len(left))
        return np.where(sources > 0, alone / np.maximum(sources, 1), 1.0)

    def among(self, records: Longs) -> tuple[Longs, Longs]:
        """The place of each record in `records`, and its counterparts, one by one."""
        start = np.searchsorted(self.record, records, "left")
        count = np.minimum(np.searchsorted(self.record, records, "right") - start, MOST_COUNTERPARTS)
        place = np.repeat(np.arange(len(records)), count)
        within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        return place, self.other[start[place] + within].astype(np.int64)


def without_repeats(own: Floats, between: Floats, comparison: Comparison) -> Floats:
    """Chance within a source; of equal values that name one, no more than between sources: there, too, repeats would be chance."""
    if comparison.is_place or comparison.attributes[0].type not in NAMES_ONE:
        return own
    equal = slice(1, len(RARITY) + 1)
    level = own.copy()
    level[equal] = np.minimum(own[equal], between[equal])
    return level


def taken(own: Forms, chosen: Longs) -> Forms:
    """The forms of some records alone."""
    place = np.full(own.count, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    kept = place[own.row] >= 0
    return Forms(own.attribute, own.distinct, place[own.row[kept]].astype(np.int32), own.code[kept], len(chosen))


def sure_pairs_within(forms: Mapping[str, Forms], count: int, model: Model) -> tuple[Pairs, Floats]:
    """The sure *same* pairs among records of one source, and how probable each is.

    How *same* and *related* pairs compare is the model's; chance, and how many there are, is the source's own.
    """
    forms = model.weighed(forms)
    used = {name: own for name, own in forms.items() if len(own.row)}
    if not any(blocks_alone(own) for own in used.values()):
        return Pairs(np.empty(0, np.int32), np.empty(0, np.int32)), np.empty(0)
    population = Population(np.zeros(count, np.int32), np.array([False]))
    classes = model.classes(forms)
    candidates = candidate_pairs(used, population, model.plan, pair_budget(model.records))
    pairs, patterns = worth_scoring(Comparer(model.comparisons, forms, classes), model.scoring, candidates)
    own = chance_levels(model.comparisons, forms, classes, population, SAMPLE)
    chance = [without_repeats(one.levels, u, c) for one, u, c in zip(own, model.fit.u, model.comparisons, strict=True)]
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
    sure = np.flatnonzero(post[patterns.index] >= SURE)
    return Pairs(pairs.left[sure], pairs.right[sure]), post[patterns.index[sure]]
