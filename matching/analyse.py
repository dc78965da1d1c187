"""Analyse: what blocking does: what each key brings, and how many *same* pairs no key catches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from matching.block import Pairs, Plan, key_of
from matching.forms import Forms
from matching.keys import Key, Longs, Path, atoms, spread, within
from matching.labels import Flags, Tickets, pair_tickets
from matching.match import Scored
from matching.parallel import in_parallel
from matching.records import Ints
from matching.score import Floats

SAMPLE = 100_000
"""Pairs of which it is found out which keys catch them."""
LEAST_PROBABILITY = 1e-3
"""Pairs below it are left out where *same* pairs are counted: there are too many of them to be told from nothing."""


@dataclass(frozen=True, slots=True)
class Catch:
    """Which keys catch each pair of a sample."""

    names: tuple[str, ...]
    attributes: tuple[frozenset[str], ...]
    """Of each key."""
    caught: Flags
    """pairs × keys."""
    weight: Floats
    """How many pairs each one of the sample stands for."""

    def by_way(self) -> list[list[int]]:
        """The keys of each set of attributes."""
        ways: dict[frozenset[str], list[int]] = {}
        for at, attributes in enumerate(self.attributes):
            ways.setdefault(attributes, []).append(at)
        return list(ways.values())

    def only(self, chosen: Flags) -> Catch:
        """Some pairs of the sample."""
        return Catch(self.names, self.attributes, self.caught[chosen], self.weight[chosen])

    def by_one_only(self) -> dict[str, float]:
        """How many pairs each key catches that no other does."""
        lone = self.caught.sum(axis=1) == 1
        return dict(zip(self.names, (self.caught[lone].T @ self.weight[lone]).tolist(), strict=True))


def catch_of(forms: Mapping[str, Forms], plan: Plan, left: Ints, right: Ints, weight: Floats) -> Catch:
    """Which keys of a plan catch each of some pairs.

    A key's value is a function of one record's own values, so the keys are made for the records of the sample alone.
    """
    rows = np.unique(np.concatenate((left, right)))
    few = {name: only_rows(own, rows) for name, own in forms.items()}
    few = {name: own for name, own in few.items() if len(own.row)}
    a, b = np.searchsorted(rows, left), np.searchsorted(rows, right)
    names, attributes, columns = [], [], []
    for key, made_of, shared in in_parallel(lambda one: (*one, share_value(one[0], a, b, len(rows))), keys_of(few, plan)):
        names.append(key.name)
        attributes.append(made_of)
        columns.append(shared)
    caught = np.stack(columns, axis=1) if columns else np.zeros((len(left), 0), bool)
    return Catch(tuple(names), tuple(attributes), caught, weight)


def keys_of(forms: Mapping[str, Forms], plan: Plan) -> Iterator[tuple[Key, frozenset[str]]]:
    """Every key of a plan, without the values whose blocks are refined, and the attributes it is made of."""
    offered = atoms(forms)
    count = max((own.count for own in forms.values()), default=0)

    def made(path: Path) -> tuple[Key, frozenset[str]]:
        key = key_of(path, offered, plan.refined, count)
        refined = plan.refined.get(key.name)
        kept = key if refined is None else key.take(~within(key.value, refined))
        return kept, frozenset(offered[name].attribute for name in path)

    yield from in_parallel(made, [path for path in plan.keys if all(name in offered for name in path)])


def only_rows(own: Forms, rows: Ints) -> Forms:
    """The forms of some records alone, which are numbered anew in their order."""
    kept = np.isin(own.row, rows)
    used, code = np.unique(own.code[kept], return_inverse=True)
    row = np.searchsorted(rows, own.row[kept]).astype(np.int32)
    return replace(own, distinct=own.distinct.take(used), row=row, code=code.astype(np.int32), count=len(rows))


def share_value(key: Key, left: Longs, right: Longs, count: int) -> Flags:
    """Whether the records of each pair share a value of a key; there are `count` records."""
    values, code = np.unique(key.value, return_inverse=True)
    entry = np.sort(key.row.astype(np.int64) * max(len(values), 1) + code)
    start = np.searchsorted(entry, np.arange(count + 1) * max(len(values), 1))
    each = (start[1:] - start[:-1])[left]
    pair = np.repeat(np.arange(len(left)), each)
    value = entry[spread(start[left], each)] % max(len(values), 1)
    wanted = right[pair] * max(len(values), 1) + value
    found = np.searchsorted(entry, wanted)
    hit = entry[np.minimum(found, max(len(entry) - 1, 0))] == wanted if len(entry) else np.zeros(0, bool)
    result = np.zeros(len(left), bool)
    result[pair[hit]] = True
    return result


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float

    def __iter__(self) -> Iterator[float]:
        return iter((self.estimate, self.low, self.high))


def missed_pairs(catch: Catch) -> Estimate:
    """How many pairs no key catches, from how many were caught in one way only and how many in two (capture–recapture).

    A way is a set of attributes: the keys of one set catch together. Chao's estimator for t ways, (t-1)/t · f1(f1-1) / 2(f2+1),
    with its log-normal interval (A. Chao, Estimating the population size for capture-recapture data with unequal
    catchability, Biometrics 43, 1987). Were all ways independent and all pairs alike, it would be the number itself; as some
    pairs are harder to catch than others, it is a lower bound.
    """
    ways = np.stack([catch.caught[:, keys].any(axis=1) for keys in catch.by_way()], axis=1).sum(axis=1) if catch.names else np.zeros(0, int)
    once, twice = float(catch.weight[ways == 1].sum()), float(catch.weight[ways == 2].sum())
    pairs, seldom, share = max(once - 1.0, 0.0), twice + 1.0, 1.0 - 1.0 / max(len(catch.by_way()), 1)
    missed = share * once * pairs / (2 * seldom)
    if missed <= 0:
        return Estimate(0.0, 0.0, 0.0)
    variance = missed + share**2 * (once * (2 * once - 1) ** 2 / (4 * seldom**2) + once**2 * twice * pairs**2 / (4 * seldom**4))
    # Each pair of the sample stands for several: so much less is known.
    variance *= float((catch.weight**2).sum() / catch.weight.sum()) if catch.weight.max() > 1 else 1.0
    factor = float(np.exp(1.96 * np.sqrt(np.log1p(variance / missed**2))))
    return Estimate(missed, missed / factor, missed * factor)


def estimated_recall(forms: Mapping[str, Forms], plan: Plan, scored: Scored, tickets: Tickets) -> Estimate:
    """Share of the *same* pairs that any key catches, as the model believes, with its interval; see `missed_pairs`.

    What is missed is a lower bound, so the recall is an upper one. It is 1 where every pair is a candidate. `tickets` are
    those of the records (`labels.record_tickets`).
    """
    if plan.everything or not len(scored.pairs):
        return Estimate(1.0, 1.0, 1.0)
    return recall_of(missed_pairs(same_sample(forms, plan, scored, tickets)), float(scored.probability.sum()))


def recall_of(missed: Estimate, caught: float) -> Estimate:
    """The share caught, where so many were caught and so many missed."""
    low, middle, high = (caught / max(caught + number, 1e-9) for number in (missed.high, missed.estimate, missed.low))
    return Estimate(middle, low, high)


def same_sample(forms: Mapping[str, Forms], plan: Plan, scored: Scored, tickets: Tickets) -> Catch:
    """Which keys catch the pairs that are probably the same: drawn in proportion to probability, the smallest tickets first.

    (Sequential Poisson sampling, E. Ohlsson, Journal of Official Statistics 14, 1998.) A pair weighs by its probability
    over its chance of being drawn.
    """
    likely = np.flatnonzero(scored.probability >= LEAST_PROBABILITY)
    return drawn(forms, plan, scored.pairs.left[likely], scored.pairs.right[likely], scored.probability[likely], tickets)


def any_sample(forms: Mapping[str, Forms], plan: Plan, candidates: Pairs, tickets: Tickets) -> Catch:
    """Which keys catch candidate pairs, whatever they are; each equally likely to be drawn."""
    return drawn(forms, plan, candidates.left, candidates.right, np.ones(len(candidates)), tickets)


def drawn(forms: Mapping[str, Forms], plan: Plan, left: Ints, right: Ints, size: Floats, tickets: Tickets) -> Catch:
    """A sample of some pairs in proportion to `size`, and which keys catch them."""
    order, weight = sampled(left, right, size, tickets)
    return catch_of(forms, plan, left[order], right[order], weight)


def sampled(left: Ints, right: Ints, size: Floats, tickets: Tickets) -> tuple[Longs, Floats]:
    """Which of some pairs are drawn, in proportion to `size`, and how much each stands for; all where they are few."""
    order, bound = np.arange(len(left)), np.inf
    if len(left) > SAMPLE:
        turn = pair_tickets(tickets, left, right) / size
        order = np.sort(np.argpartition(turn, SAMPLE)[:SAMPLE])
        bound = float(np.partition(turn, SAMPLE)[SAMPLE])
    return order, size[order] / np.minimum(size[order] * bound, 1.0)


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What one key brings."""

    name: str
    pairs: int
    """Pairs it makes, also those that other keys make too."""
    largest_block: int
    refined_blocks: int
    """Blocks too large to be taken whole."""
    refined_records: int
    only_share: float
    """Share of all candidate pairs that only this key brings."""
    only_same: float
    """Pairs expected to be the same that only this key catches."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What blocking does."""

    keys: tuple[KeyReport, ...]
    """Those that make most pairs first."""
    candidate_pairs: int
    counted_pairs: int
    """Of all keys, repeats among them."""
    budget: int
    expected_same: float
    """*Same* pairs among the candidates, as the model believes."""
    missed: Estimate
    """*Same* pairs that no key catches; a lower bound."""
    recall: Estimate
    """Share of the *same* pairs that are candidates; an upper bound."""
    placeholders: Mapping[str, int] = field(default_factory=dict)
    """By attribute, how many values were found to stand for a missing one, and so block nothing."""


def analyse(forms: Mapping[str, Forms], plan: Plan, scored: Scored, candidates: Pairs, tickets: Tickets, budget: int) -> Analysis:
    """What each key brings of the candidates, and what all of them miss; samples where there are many pairs."""
    expected = float(scored.probability.sum())
    counted = sum(key.pairs for key in candidates.keys)
    figures = (len(candidates), counted, budget, expected)
    if plan.everything or not len(candidates):
        keys = tuple(KeyReport(k.name, k.pairs, k.largest_block, 0, 0, 1.0, expected) for k in candidates.keys)
        return Analysis(keys, *figures, Estimate(0.0, 0.0, 0.0), Estimate(1.0, 1.0, 1.0))
    same = same_sample(forms, plan, scored, tickets)
    only_any, only_same = any_sample(forms, plan, candidates, tickets).by_one_only(), same.by_one_only()
    reports = [
        KeyReport(
            key.name,
            key.pairs,
            key.largest_block,
            key.refined_blocks,
            key.refined_records,
            only_any.get(key.name, 0.0) / len(candidates),
            only_same.get(key.name, 0.0),
        )
        for key in candidates.keys
    ]
    missed = missed_pairs(same)
    return Analysis(tuple(sorted(reports, key=lambda key: (-key.pairs, key.name))), *figures, missed, recall_of(missed, expected))
