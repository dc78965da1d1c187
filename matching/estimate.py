"""Estimate: what a match believes of itself, without any label: how much of what it joins is right, and how much it finds.

The clusters are judged, for they are what is published. A pair within a cluster is believed by the evidence of the whole
cluster, the linkage of its records, and so are pairs that were no candidates. A pair outside is believed by its own
evidence; but what clusters have settled inside, their own pairs had left open, and as the pairs are believed rightly in
all, so much less must be outside. The truth is found between these two accounts, and both are within the interval. What
no blocking key brings together is told by the pairs outside that one way only brings together, and two
(`analyse.missed_pairs`). Decision 17 has the measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import hypot, inf

import numpy as np

from matching.analyse import LEAST_PROBABILITY, Estimate, catch_of, missed_pairs, sampled
from matching.cluster import Clusters, Constraints
from matching.forms import Forms
from matching.labels import Flags, Tickets
from matching.match import Scored
from matching.model import Model
from matching.records import Ints
from matching.score import Floats, weights_of

DOUBT = 1.5
"""Bits by which the model may be wrong about everything at once, whatever the number of records: as measured on labelled sets."""
NORMAL = 1.96
"""Standard deviations to either end of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Believed:
    """What a match believes of its clusters, each figure with the ends of its 95 % interval."""

    precision: Estimate
    """Share of the pairs within clusters that are the same customer."""
    recall: Estimate
    """Share of all pairs that are the same customer which are within clusters."""
    missed: Estimate
    """Share of them that are not because no blocking key brings them together."""
    true_pairs: Estimate
    """All pairs that are the same customer, found or not."""

    @classmethod
    def from_dict(cls, told: Mapping[str, Mapping[str, float]]) -> Believed:
        """What was kept with a run, by `dataclasses.asdict`."""
        return cls(**{name: Estimate(**figure) for name, figure in told.items()})


def believe(
    forms: Mapping[str, Forms], model: Model, scored: Scored, clusters: Clusters, decided: Constraints, tickets: Tickets
) -> Believed | None:
    """What there is to believe of clusters; None where no record is joined with another.

    `decided` is what stewards have said: it is certain. `tickets` are those of the records (`labels.record_tickets`).
    """
    inside = Inside.of(clusters, decided)
    if not inside.pairs.sum():
        return None
    outside, keys = Outside.of(scored, clusters, inside, decided), Estimate(0.0, 0.0, 0.0)
    if outside.total and not model.plan.everything:
        keys = unseen(model.weighed(forms), model, scored, clusters, tickets)
    return figures(inside, outside, keys, faint_pairs(model, scored, len(clusters.label)))


def unseen(forms: Mapping[str, Forms], model: Model, scored: Scored, clusters: Clusters, tickets: Tickets) -> Estimate:
    """How many *same* pairs no key brings together and no cluster either, were each pair outside to be believed by itself.

    They are told by the pairs outside clusters, which are like them, but are not more than all pairs tell.
    """
    likely = np.flatnonzero(scored.probability >= LEAST_PROBABILITY)
    left, right = scored.pairs.left[likely], scored.pairs.right[likely]
    order, weight = sampled(left, right, scored.probability[likely], tickets)
    left, right = left[order], right[order]
    catch = catch_of(forms, model.plan, left, right, weight)
    outer = catch.only(clusters.label[left] != clusters.label[right])
    return min(missed_pairs(outer), missed_pairs(catch), key=lambda found: found.estimate)


def faint_pairs(model: Model, scored: Scored, records: int) -> float:
    """Pairs that are the same customer and too unlike to be kept as candidates: those that the fit counts and scoring does not.

    It is known only of the records that the model was fitted to, while no label has corrected it.
    """
    weights, *priors = weights_of(model.fit)
    fitted = priors == [model.scoring.prior_same, model.scoring.prior_related] and all(
        np.array_equal(a.same, b.same) and np.array_equal(a.related, b.related) for a, b in zip(weights, model.scoring.weights, strict=True)
    )
    return max(model.fit.same_pairs - float(scored.probability.sum()), 0.0) if fitted and model.records == records else 0.0


def figures(inside: Inside, outside: Outside, keys: Estimate, faint: float) -> Believed:
    """The figures, from the pairs inside clusters, those outside, how many the latter say that no key catches, and faint ones."""
    right, left_out = inside.right(), outside.left_out()
    share = left_out.estimate / outside.total if outside.total else 0.0
    many = keys.estimate / outside.total if outside.total else 0.0
    missed = spread(
        keys.estimate * share,
        [(left_out.estimate - left_out.low) * many, (keys.estimate - keys.low) * share],
        [(left_out.high - left_out.estimate) * many, (keys.high - keys.estimate) * share],
    )
    lost = spread(
        left_out.estimate + missed.estimate + faint,
        [(left_out.estimate - left_out.low) * (1 + many), (keys.estimate - keys.low) * share, faint],
        [(left_out.high - left_out.estimate) * (1 + many), (keys.high - keys.estimate) * share, faint],
    )
    pairs = float(inside.pairs.sum())
    return Believed(
        Estimate(*(end / pairs for end in right)),
        share_of(right, lost),
        share_of(missed, Estimate(*(right.estimate + lost.estimate - missed.estimate for _ in range(3)))),
        added(right, lost),
    )


@dataclass(frozen=True, slots=True)
class Inside:
    """The clusters of several records."""

    pairs: Floats
    """Of each cluster: pairs within it."""
    size: Floats
    label: Ints
    """Of each record in such a cluster: the number of its cluster."""
    linkage: Floats
    """Of each of these records: probability that it belongs with the rest."""
    place: Ints
    """Of every record: the number of its cluster, -1 where it is alone."""

    @classmethod
    def of(cls, clusters: Clusters, decided: Constraints) -> Inside:
        """Those of clusters, where what stewards have decided to be the same is certain."""
        size = np.bincount(clusters.label, minlength=len(clusters.label))
        several = size > 1
        number = np.where(several, np.cumsum(several) - 1, -1).astype(np.int32)
        place = number[clusters.label]
        linkage = clusters.linkage.copy()
        for side in decided.same:
            linkage[side] = 1.0
        kept = size[several].astype(np.float64)
        return cls(kept * (kept - 1) / 2, kept, place[place >= 0], linkage[place >= 0], place)

    def belief(self, bits: float = 0.0) -> Floats:
        """Of each cluster: the share of its pairs that are right, were the model so many bits too careful."""
        return np.bincount(self.label, weights=shifted(self.linkage, bits), minlength=len(self.size)) / self.size

    def right(self) -> Estimate:
        """Pairs within clusters that are the same customer. Those of one cluster stand or fall together."""
        belief = self.belief()
        value = float(self.pairs @ belief)
        chance = NORMAL * float(np.sqrt((self.pairs**2 * belief * (1 - belief)).sum()))
        low, high = (abs(float(self.pairs @ self.belief(bits)) - value) for bits in (-DOUBT, DOUBT))
        return spread(value, [chance, low], [chance, high], float(self.pairs.sum()))


@dataclass(frozen=True, slots=True)
class Outside:
    """The candidate pairs that are in no cluster together."""

    left: Ints
    right: Ints
    probability: Floats
    group: Ints
    """Of each pair: the number of the two clusters that it lies across."""
    taken: float
    """Pairs by which clusters believe more inside than their candidate pairs did."""

    @classmethod
    def of(cls, scored: Scored, clusters: Clusters, inside: Inside, decided: Constraints) -> Outside:
        """Those of scored pairs, without what stewards have decided to be different."""
        left, right = scored.pairs.left, scored.pairs.right
        together = clusters.label[left] == clusters.label[right]
        believed = inside.belief()[inside.place[left[together]]]
        apart = ~(together | among(left, right, decided.different, len(clusters.label)))
        a, b = clusters.label[left[apart]].astype(np.int64), clusters.label[right[apart]].astype(np.int64)
        codes = np.minimum(a, b) * len(clusters.label) + np.maximum(a, b)
        group = np.unique(codes, return_inverse=True)[1].astype(np.int32)
        taken = float(believed.sum() - scored.probability[together].sum())
        return cls(left[apart], right[apart], scored.probability[apart], group, taken)

    @property
    def total(self) -> float:
        """Pairs that are the same customer, each believed by itself."""
        return float(self.probability.sum())

    def left_out(self) -> Estimate:
        """Pairs of them that are the same customer: midway between what they say themselves and what clusters leave of it."""
        total = self.total
        if not total:
            return Estimate(0.0, 0.0, 0.0)
        reach = min(max(self.taken, 0.0), total) / 2
        value = total - reach
        low, high = (abs(float(shifted(self.probability, bits).sum()) - total) * value / total for bits in (-DOUBT, DOUBT))
        chance = NORMAL * self.deviation()
        return spread(value, [reach, low, chance], [reach, high, chance])

    def deviation(self) -> float:
        """Standard deviation of the number of *same* pairs; those across the same two clusters stand or fall together."""
        count, belief = np.bincount(self.group).astype(np.float64), np.bincount(self.group, weights=self.probability)
        return float(np.sqrt((belief * (count - belief)).sum()))


def among(left: Ints, right: Ints, some: tuple[Ints, Ints], count: int) -> Flags:
    """Which pairs are among some, of `count` records.

    >>> among(np.array([0, 1]), np.array([2, 2]), (np.array([2]), np.array([1])), 3).tolist()
    [False, True]
    """
    low, high = np.minimum(*some).astype(np.int64), np.maximum(*some)
    return np.isin(left.astype(np.int64) * count + right, low * count + high)


def shifted(probability: Floats, bits: float) -> Floats:
    """Probabilities with so many bits more evidence.

    >>> shifted(np.array([0.0, 0.5, 1.0]), 1.0).round(3).tolist()
    [0.0, 0.667, 1.0]
    """
    odds: float = 2.0**bits
    moved: Floats = probability * odds / (1 - probability + probability * odds)
    return moved


def spread(value: float, lower: Iterable[float], upper: Iterable[float], most: float = inf) -> Estimate:
    """A figure of which several independent things are uncertain, each by so much below and above.

    >>> spread(10.0, [3.0, 4.0], [0.0])
    Estimate(estimate=10.0, low=5.0, high=10.0)
    """
    return Estimate(value, max(value - hypot(*lower), 0.0), min(value + hypot(*upper), most))


def share_of(part: Estimate, rest: Estimate) -> Estimate:
    """The share of a part in the whole that it makes with the rest, which is uncertain by itself."""
    value = ratio(part.estimate, rest.estimate)
    lower = [value - ratio(part.low, rest.estimate), value - ratio(part.estimate, rest.high)]
    upper = [ratio(part.high, rest.estimate) - value, ratio(part.estimate, rest.low) - value]
    return spread(value, lower, upper, 1.0)


def ratio(part: float, rest: float) -> float:
    """A part in the whole; 1 of nothing."""
    return part / (part + rest) if part + rest > 0 else 1.0


def added(one: Estimate, other: Estimate) -> Estimate:
    """The sum of two figures that are uncertain by themselves."""
    lower = [one.estimate - one.low, other.estimate - other.low]
    return spread(one.estimate + other.estimate, lower, [one.high - one.estimate, other.high - other.estimate])
