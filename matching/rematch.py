"""Rematch: match again only what a change can have touched, and end where matching everything anew would. (Invariant 6)

With a trained model, what is compared and scored of two records is a function of the two. So records that are new or
other than before are matched with all; the rest of the pairs are as they were. Clusters are a function of their component,
so only the components are clustered again in which something is new, other or gone, in which stewards have ever decided,
or in which rivals have changed what a pair is worth (`matching/one_to_one.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from domain.settings import MatchSettings
from matching.block import Pairs, candidate_pairs, pair_budget
from matching.chance import Population
from matching.cluster import Clusters, Constraints, connected
from matching.compare import Comparer, Patterns
from matching.forms import Forms
from matching.keys import Atom, Mask, atoms
from matching.match import Scored, advantages, bits_of, find_clusters, weigh_pairs
from matching.model import Model
from matching.one_to_one import LEAST_ODDS
from matching.prune import least_weight, worth_scoring
from matching.records import Ints, Longs
from matching.relate import Related, related_clusters
from matching.score import MICRO, Bits, Floats

NAMES = ("left", "right", "probability", "related", "weight", "advantage")
"""What is known of each pair."""


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of records and what was found of them, in order of left and right."""

    left: Ints
    right: Ints
    probability: Floats
    related: Floats
    weight: Bits
    advantage: Bits
    """Part of the weight that is due to rivals."""

    def __len__(self) -> int:
        return len(self.left)

    def take(self, chosen: Mask) -> Found:
        """Some of the pairs."""
        return Found(*(getattr(self, name)[chosen] for name in NAMES))

    def touching(self, records: Mask) -> Mask:
        """Which pairs have a side among some records."""
        return np.asarray(records[self.left] | records[self.right])


@dataclass(frozen=True, slots=True)
class Before:
    """What the last match found. Positions are those that the records have now."""

    pairs: Found
    """The pairs that were kept, of records that are as they were."""
    neighbours: Ints
    """Records of which a pair was kept with one that is other now, or gone."""
    label: Ints
    """Of each record: the position of the first record of its cluster that is still there; its own where it is new."""
    linkage: Floats
    related: Related
    """Clusters that belonged together, before too large households were cut; both named by the first record that is still there."""


@dataclass(frozen=True, slots=True)
class Rematched:
    """What is found now."""

    touched: Mask
    """Records that were matched again; of the others all is as it was."""
    scored: Scored
    """The pairs that have a side among these."""
    clusters: Clusters
    """Of all records."""
    related: Related
    """All clusters that belong together, before too large households are cut."""

    def all_pairs(self, before: Before) -> Found:
        """The pairs of both, in order: those matched again, and the others that were kept."""
        rest = before.pairs.take(~before.pairs.touching(self.touched))
        return joined(rest, found_in(self.scored), len(self.touched))


def rematch(
    forms: Mapping[str, Forms],
    population: Population,
    model: Model,
    settings: MatchSettings,
    constraints: Constraints,
    decided: Longs,
    before: Before,
    changed: Mask,
) -> Rematched:
    """Match the records that are new or other (`changed`) with all, and whatever else that touches.

    `decided` are all records that stewards have ever decided about, also where they have taken it back; `constraints` are
    the decisions that stand.
    """
    seed = changed.copy()
    seed[before.neighbours] = seed[decided] = True
    offered = offer_of(forms, model)
    touched = touched_by(seed, changed, offered, population, model, settings, constraints, before)
    scored = alone_of(touched, offered, population, model, settings)
    rest = before.pairs.take(~before.pairs.touching(touched))
    if rivalled(population, model):
        scored = among_all(scored, rest, population, model)
    held = held_apart(constraints, found_in(scored), settings)
    fresh = find_clusters(forms, population, model, scored, settings, held)
    label = np.where(touched, fresh.label, before.label).astype(np.int32)
    clusters = replace(fresh, label=label, linkage=np.where(touched, fresh.linkage, before.linkage))
    again = related_clusters(forms, population, model, scored, clusters, constraints)
    old = before.related.take(~(touched[before.related.left] | touched[before.related.right]))
    return Rematched(touched, scored, clusters, old.joined(again))


def held_apart(constraints: Constraints, found: Found, settings: MatchSettings) -> Constraints:
    """With `hold`, records that are asked about stay apart until a steward has decided."""
    if not settings.hold:
        return constraints
    asked = (found.probability >= settings.ask[0]) & (found.probability <= settings.ask[1])
    left, right = (np.concatenate(both) for both in zip(constraints.different, (found.left[asked], found.right[asked]), strict=True))
    return Constraints(constraints.same, (left, right))


def touched_by(
    seed: Mask,
    changed: Mask,
    offered: Offer,
    population: Population,
    model: Model,
    settings: MatchSettings,
    constraints: Constraints,
    before: Before,
) -> Mask:
    """The records of all components, with their clusters of before, that hold a record of `seed` or one with other rivals."""
    found = found_in(alone_of(changed, offered, population, model, settings))
    old = before.pairs.take(~before.pairs.touching(changed))
    every = joined(old, found, len(population))
    seed = seed.copy()
    if rivalled(population, model):
        own = every.weight - every.advantage
        advantage = advantages(own, every.left, every.right, population, model.matched)
        other = every.take((advantage != every.advantage) & ~every.touching(changed))
        seed[other.left] = seed[other.right] = True
        every = replace(every, weight=own + advantage)
    linked = every.weight >= bits_of(settings.ask[0])
    left = np.concatenate((every.left[linked], constraints.same[0], np.arange(len(population), dtype=np.int32)))
    right = np.concatenate((every.right[linked], constraints.same[1], before.label))
    component = connected(len(population), left.astype(np.int32), right.astype(np.int32))
    reached = np.zeros(int(component.max(initial=-1)) + 1, bool)
    reached[component[seed]] = True
    return np.asarray(reached[component])


@dataclass(frozen=True, slots=True)
class Offer:
    """What blocking and comparing start from, whichever records are chosen."""

    used: Mapping[str, Forms]
    """The forms as the model weighs them."""
    atoms: Mapping[str, Atom]
    comparer: Comparer


def offer_of(forms: Mapping[str, Forms], model: Model) -> Offer:
    """What the forms of all records offer to a model."""
    used = model.weighed(forms)
    return Offer(used, {} if model.plan.everything else atoms(used), Comparer(model.comparisons, used, model.classes(used)))


def alone_of(chosen: Mask, offered: Offer, population: Population, model: Model, settings: MatchSettings) -> Scored:
    """The pairs that have a side among some records, by themselves."""
    pairs, patterns = pairs_with(chosen, offered, population, model, settings.pair_budget, bits_of(settings.ask[0]))
    return weigh_pairs(pairs, patterns, model)


def pairs_with(
    chosen: Mask, offered: Offer, population: Population, model: Model, budget: int | None, floor: int
) -> tuple[Pairs, Patterns]:
    """Of the pairs that blocking and comparing everything would find, those that have a side among some records."""
    reached = None if model.plan.everything else {name: reaching(one, chosen) for name, one in offered.atoms.items()}
    pairs = candidate_pairs(offered.used, population, model.plan, budget or pair_budget(len(population)), reached)
    kept = chosen[pairs.left] | chosen[pairs.right]
    pairs = replace(pairs, left=pairs.left[kept], right=pairs.right[kept], candidates=int(kept.sum()))
    return worth_scoring(offered.comparer, model.scoring, pairs, least_weight(population, floor))


def reaching(one: Atom, chosen: Mask) -> Atom:
    """The part of an atom whose values some of the chosen records have: no other block has any of them."""
    codes = np.unique(one.own.code[chosen[one.own.row]])
    if one.each is None:
        wanted = one.value[codes]
    else:
        end = np.cumsum(one.each)
        inside = np.zeros(len(one.value) + 1, np.int64)
        np.add.at(inside, end[codes] - one.each[codes], 1)
        np.add.at(inside, end[codes], -1)
        wanted = one.value[np.cumsum(inside)[:-1] > 0]
    return one.only(wanted)


def among_all(scored: Scored, rest: Found, population: Population, model: Model) -> Scored:
    """Scored pairs held against their rivals, also those among the pairs that are as they were."""
    own = found_in(scored)
    every = joined(rest, own, len(population))
    advantage = advantages(every.weight - every.advantage, every.left, every.right, population, model.matched)
    place = np.searchsorted(codes_of(every, len(population)), codes_of(own, len(population)))
    return scored.over(advantage[place])


def rivalled(population: Population, model: Model) -> bool:
    """Whether records can be rivals for anyone."""
    return bool(population.unique.any() and model.matched)


def contended(scored: Scored, population: Population, model: Model) -> Mask:
    """Which pairs are rivals of others: a later match has to know them."""
    if not rivalled(population, model):
        return np.zeros(len(scored.pairs), bool)
    bound = population.unique[population.source[scored.pairs.left]] | population.unique[population.source[scored.pairs.right]]
    own = scored.weight - scored.advantage
    return np.asarray(bound & (own >= np.floor(np.log2(LEAST_ODDS) * MICRO)))


def found_in(scored: Scored) -> Found:
    """Scored pairs as they are kept."""
    advantage = scored.advantage if len(scored.advantage) else np.zeros(len(scored.pairs), np.int64)
    return Found(scored.pairs.left, scored.pairs.right, scored.probability, scored.related, scored.weight, advantage)


def codes_of(found: Found, count: int) -> Longs:
    """One number for each pair among `count` records; in order."""
    return found.left.astype(np.int64) * count + found.right


def joined(one: Found, other: Found, count: int) -> Found:
    """The pairs of both, in order; no pair is in both."""
    order = np.argsort(np.concatenate((codes_of(one, count), codes_of(other, count))), kind="stable")
    return Found(*(np.concatenate((getattr(one, name), getattr(other, name)))[order] for name in NAMES))
