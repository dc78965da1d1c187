"""Who is held where, how often and since when: the overlap of the departments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.demo.departments import Department
from pipelines.demo.tables import Flags, Floats, Ints, chosen, exactly, stream

GARBAGE = 0.001
"""Share of rows that are nobody's record."""
HELD_BY = 4.6
"""Departments, on average, that hold a customer whom more than one holds."""
SPREAD = 1.1
"""How differently widely customers are held: 1 is a geometric distribution; less has a longer tail."""
BUSINESSES = 0.04
"""Share of customers that are organisations."""
SAMPLE = 50_000
"""Customers by which departments are tuned to their size."""
ROUNDS = 25
SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Holdings:
    """Every row of every department, those of one department side by side."""

    department: Ints
    """Position among the departments."""
    customer: Ints
    """-1 where the row is nobody's record."""
    time: Ints
    """Seconds since 1970 of the row's last change."""
    customers: int
    businesses: int
    """The last so many customers are organisations."""

    @property
    def day(self) -> Ints:
        """Days since 1970 of the row's last change."""
        return self.time // SECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of each department by what they are; arrays run along departments."""

    rows: Ints
    garbage: Ints
    repeats: Ints
    """Rows of a customer whom the department has already."""
    shared: Ints
    """Customers whom another department holds too, as many as are wanted."""

    @property
    def held(self) -> Ints:
        """Customers of each department."""
        return self.rows - self.garbage - self.repeats


def holdings(records: int, departments: Sequence[Department], seed: int) -> Holdings:
    """Share out `records` rows; the departments' sizes and overlaps are theirs, the same for the same seed."""
    rng = stream(seed, "holdings")
    sizes = department_sizes(records, departments)
    who, where = _shared(rng, sizes, departments)
    kept = _at_most(rng, where, sizes.held)
    who, where = who[kept], where[kept]
    alone = sizes.held - np.bincount(where, minlength=len(departments))
    count = int(who.max(initial=-1)) + 1
    who = np.concatenate([who, count + np.arange(int(alone.sum()))])
    where = np.concatenate([where, np.repeat(np.arange(len(departments)), alone)])
    names, who = np.unique(who, return_inverse=True)
    customer = _seated(rng, who.astype(np.int64), where, departments, len(names))
    customer, where = _with_repeats(rng, customer, where, sizes)
    order = np.argsort(where, kind="stable")
    time = _times(rng, where[order], departments)
    return Holdings(where[order], customer[order], time, len(names), round(BUSINESSES * len(names)))


def department_sizes(records: int, departments: Sequence[Department]) -> Sizes:
    """How many rows of each kind every department has; the rows add up to `records`."""
    limit = np.array([d.most_rows or records for d in departments], np.int64)
    share = np.array([d.share for d in departments])
    rows = np.minimum(_apportioned(records, share), limit)
    rows += _apportioned(records - int(rows.sum()), np.where(rows < limit, share, 0.0))
    garbage = _apportioned(max(round(GARBAGE * records), 1), rows.astype(np.float64))
    repeats = np.round(rows * np.array([d.repeats for d in departments])).astype(np.int64)
    shared = np.round((rows - garbage - repeats) * np.array([d.overlap for d in departments])).astype(np.int64)
    return Sizes(rows, garbage, repeats, shared)


def _apportioned(total: int, weight: Floats) -> Ints:
    """`total` shared out by weight, in whole numbers (largest remainders)."""
    exact = total * weight / weight.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]] += 1
    return whole


def _shared(rng: np.random.Generator, sizes: Sizes, departments: Sequence[Department]) -> tuple[Ints, Ints]:
    """Customers of several departments: the number of each and one of its departments, a row for every such pair."""
    degree = _degrees(rng, int(sizes.shared.sum()), len(departments))
    # People differ in how they deal with the organisation: online, by post and telephone, or as a business.
    leaning = np.array([d.leaning for d in departments], np.float64).T[rng.integers(0, 3, len(degree))]
    chance = leaning + rng.gumbel(size=leaning.shape)
    attraction = _tuned(chance[:SAMPLE], degree[:SAMPLE], sizes.shared / sizes.shared.sum())
    taken = _strongest(chance + attraction, degree)
    who, where = np.nonzero(taken)
    return who.astype(np.int64), where.astype(np.int64)


def _degrees(rng: np.random.Generator, total: int, most: int) -> Ints:
    """How many departments hold each customer whom several hold, `total` together: mostly two or three, some nearly all.

    The counts are negative binomial, of shape `SPREAD`, above two.
    """
    more = np.arange(most - 1)
    failing = (HELD_BY - 2) / (HELD_BY - 2 + SPREAD)
    weight = np.cumprod(np.where(more > 0, failing * (more - 1 + SPREAD) / np.maximum(more, 1), 1.0))
    count = max(round(total / float((2 + more) @ weight / weight.sum())), 1)
    # One customer from every slice of the distribution: a small organisation is like a large one.
    return rng.permutation(2 + np.searchsorted(np.cumsum(weight) / weight.sum(), (np.arange(count) + 0.5) / count))


def _tuned(chance: Floats, degree: Ints, wanted: Floats) -> Floats:
    """What to add to the departments' chances so that each takes its wanted share of the holdings."""
    attraction = np.log(np.maximum(wanted, 1e-9))
    for _ in range(ROUNDS):
        taken = _strongest(chance + attraction, degree).sum(axis=0) + 0.5
        attraction += 0.9 * np.log(wanted * taken.sum() / taken)
    return attraction


def _strongest(chance: Floats, degree: Ints) -> Flags:
    """Flags of the `degree` departments with the best chance, customer by customer."""
    order = np.argsort(-chance, axis=1, kind="stable")
    ranked = np.arange(chance.shape[1])[None, :] < degree[:, None]
    flags = np.zeros(chance.shape, bool)
    np.put_along_axis(flags, order, ranked, axis=1)
    return flags


def _at_most(rng: np.random.Generator, where: Ints, room: Ints) -> Flags:
    """Which holdings stay when no department may have more than it has room for."""
    order = rng.permutation(len(where))
    order = order[np.argsort(where[order], kind="stable")]
    first = np.cumsum(np.bincount(where, minlength=len(room))) - np.bincount(where, minlength=len(room))
    kept = np.zeros(len(where), bool)
    kept[order] = np.arange(len(where)) - first[where[order]] < room[where[order]]
    return kept


def _seated(rng: np.random.Generator, who: Ints, where: Ints, departments: Sequence[Department], count: int) -> Ints:
    """The customer that each holder is: organisations are the last customers, and are held where business is done."""
    drawn_to = np.log([d.business for d in departments])
    typical = np.bincount(who, drawn_to[where], count) / np.bincount(who, minlength=count)
    business = exactly(rng, np.exp(typical), round(BUSINESSES * count))
    seat = np.empty(count, np.int64)
    people = count - int(business.sum())
    seat[~business], seat[business] = rng.permutation(people), people + rng.permutation(count - people)
    return seat[who]


def _with_repeats(rng: np.random.Generator, customer: Ints, where: Ints, sizes: Sizes) -> tuple[Ints, Ints]:
    """The same holdings, with rows of customers held already and rows of nobody."""
    more_customers, more_where = [customer], [where]
    for department, (repeats, garbage) in enumerate(zip(sizes.repeats, sizes.garbage, strict=True)):
        held = customer[where == department]
        more_customers += [rng.choice(held, repeats) if len(held) else held, np.full(garbage, -1, np.int64)]
        more_where.append(np.full(len(more_customers[-2]) + garbage, department, np.int64))
    return np.concatenate(more_customers), np.concatenate(more_where)


def _times(rng: np.random.Generator, where: Ints, departments: Sequence[Department]) -> Ints:
    """When each row was last changed: more of them lately, in office hours or online at any."""
    first, last = (
        np.array([np.datetime64(f"{d.years[end]}-{day}").astype("datetime64[s]").astype(np.int64) for d in departments])
        for end, day in ((0, "01-01"), (1, "12-31"))
    )
    day = np.floor((last - first)[where] * rng.beta(2.0, 1.2, len(where)) / SECONDS_A_DAY).astype(np.int64)
    clock = np.where(chosen(rng, len(where), 0.8), rng.integers(28_800, 64_800, len(where)), rng.integers(0, 86_400, len(where)))
    time: Ints = first[where] + day * SECONDS_A_DAY + clock
    return time
