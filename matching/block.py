"""Block: which pairs of records are worth comparing.

Every attribute offers short keys (*atoms*: the first three letters of a name, the day and month of a birth date).
Records that share an atom that few records have are candidates at once. Where a block is too large it is refined, never
dropped: its records are candidates if they share an atom of another attribute as well, and a third one where even that
is common. How large is too large is found by counting the pairs before any is made, and holding them against a budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.errors import PairBudgetExceeded
from matching.chance import Population
from matching.forms import Forms
from matching.keys import Hashes, Key, KeyMaker, Longs, atoms, neutral_atoms, only, refine, refines, spread
from matching.records import Ints

TIERS = (0.4, 0.4, 0.2)
"""Shares of the pair budget for records that share one, two and three keys."""
LARGEST_BLOCK = 1_000
"""No block larger than this is taken whole, however many pairs the budget would bear."""
LEAST_LIMIT = 4
"""Blocks of so few records are always taken whole."""
COLLAPSE = 20_000_000
"""Pairs that may wait, repeats among them, before repeats are taken out."""
OVERLAP = 3
"""Keys find the same pairs again and again: so many are counted for each that is new."""
SLACK = 8
"""Pairs of all keys together, repeats among them, may be this many times the budget before blocking refuses."""


@dataclass(frozen=True, slots=True)
class KeyCount:
    """What one key came to."""

    name: str
    pairs: int
    refined_blocks: int
    """Blocks too large to be taken whole."""
    refined_records: int
    largest_block: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs, each once, `left < right`, in order; and what each key made."""

    left: Ints
    right: Ints
    keys: tuple[KeyCount, ...] = ()

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Plan:
    """What blocking learned from the whole population; part of the model, so that a later run blocks the same way."""

    everything: bool
    """Few records: every pair is a candidate."""
    limits: tuple[int, ...] = ()
    """The largest block taken whole on each tier."""
    refined: Mapping[str, Hashes] = field(default_factory=dict)
    """By key, the values whose blocks were too large and are refined with another key."""


def pair_budget(records: int) -> int:
    """Candidate pairs allowed by default: some 20 a record, and never fewer than two million.

    >>> pair_budget(1_000), pair_budget(1_000_000)
    (2000000, 20000000)
    """
    return max(2_000_000, 20 * records)


def train_blocking(forms: Mapping[str, Forms], population: Population, budget: int) -> Plan:
    """Decide which blocks are too large, by counting: at most about `budget` pairs come of it."""
    if population.pairs <= budget / 2:
        return Plan(everything=True)
    limits: list[int] = []
    refined: dict[str, Hashes] = {}
    counted = len(population) * (len(population) - 1) / 2
    allowed = budget * OVERLAP * counted / population.pairs
    for tier in tiers(forms, refined):
        sizes = BlockSizes()
        for maker in tier:
            sizes.add(maker.name, maker.make())
        limits.append(sizes.limit(allowed * TIERS[len(limits)]))
        refined |= sizes.larger_than(limits[-1])
    return Plan(False, tuple(limits), refined)


class BlockSizes:
    """How large the blocks of a tier's keys are."""

    def __init__(self) -> None:
        self.pairs = np.zeros(LARGEST_BLOCK + 1, np.float64)
        """Pairs that blocks of each size make, over all keys."""
        self.blocks: dict[str, tuple[Hashes, Longs]] = {}
        """By key, value and size of the blocks that may turn out to be too large."""

    def add(self, name: str, key: Key) -> None:
        """Count a key's blocks."""
        value, size = np.unique(key.value, return_counts=True)
        small = size[size <= LARGEST_BLOCK]
        self.pairs += np.bincount(small, weights=small * (small - 1) / 2.0, minlength=LARGEST_BLOCK + 1)
        self.blocks[name] = value[size > LEAST_LIMIT], size[size > LEAST_LIMIT]

    def limit(self, budget: float) -> int:
        """The largest block size at which all keys together make at most `budget` pairs."""
        return max(int(np.searchsorted(np.cumsum(self.pairs), budget, side="right")) - 1, LEAST_LIMIT)

    def larger_than(self, limit: int) -> dict[str, Hashes]:
        """By key, the values of the blocks larger than `limit`."""
        large = {name: value[size > limit] for name, (value, size) in self.blocks.items()}
        return {name: values for name, values in large.items() if len(values)}


def candidate_pairs(forms: Mapping[str, Forms], population: Population, plan: Plan, budget: int) -> Pairs:
    """Pairs worth comparing, as `plan` has it; they are counted before they are made, key by key.

    PairBudgetExceeded if there are far more than `budget`.
    """
    if plan.everything:
        counts = [KeyCount("every pair", int(population.pairs), 0, 0, len(population))]
        check_budget(counts, budget)
        left, right = (side.astype(np.int32) for side in np.triu_indices(len(population), 1))
        kept = population.admissible(left, right)
        return Pairs(left[kept], right[kept], tuple(counts))
    counts = []
    found = [np.empty(0, np.int64)]
    for tier in tiers(forms, plan.refined):
        for maker in tier:
            key = maker.make()
            blocks = blocks_of(key, plan.refined.get(key.name))
            counts.append(count_key(key, blocks))
            check_budget(counts, budget)
            found.append(pairs_of_key(key, blocks, population))
            if sum(map(len, found[1:])) > COLLAPSE:
                found = [distinct(found)]
    codes = distinct(found)
    count = np.int64(len(population))
    return Pairs((codes // count).astype(np.int32), (codes % count).astype(np.int32), tuple(counts))


def check_budget(counts: Sequence[KeyCount], budget: int) -> None:
    """Refuse to make far more pairs than the budget allows, naming the key that makes most."""
    total, worst = sum(c.pairs for c in counts), max(counts, key=lambda c: c.pairs, default=None)
    if worst is not None and total > SLACK * budget:
        raise PairBudgetExceeded(
            f"blocking would make {total:,} candidate pairs where {budget:,} are allowed; key '{worst.name}' alone makes {worst.pairs:,} "
            f"(its largest block has {worst.largest_block:,} records). Train again, or raise match.pair_budget."
        )


def tiers(forms: Mapping[str, Forms], refined: Mapping[str, Hashes]) -> Iterator[list[KeyMaker]]:
    """The keys of each tier: every atom; then two, then three atoms together for the records whose blocks were too large.

    `refined` names the too large blocks by key; the caller may fill it for one tier before it asks for the next.
    """
    tier = atoms(forms)
    yield tier
    neutral = neutral_atoms(forms)
    single = [only(maker.make(), refined[maker.name]) for maker in tier if maker.name in refined and refines(maker.name, forms)]
    tier = refine(single, [*single, *neutral])
    if not tier:
        return
    yield tier
    pairs = [only(maker.make(), refined[maker.name]) for maker in tier if maker.name in refined]
    tier = refine(pairs, [*(key for key in single if refines(key.name, forms, most=1)), *neutral])
    if tier:
        yield tier


class Blocks(NamedTuple):
    """A key's entries in order of value."""

    order: Longs
    """The entries, so that blocks lie together."""
    start: Longs
    """Where each block starts in `order`."""
    size: Longs
    large: npt.NDArray[np.bool_]
    """Whether it is refined, and not taken whole."""


def blocks_of(key: Key, refined: Hashes | None) -> Blocks:
    """The blocks of a key; `refined` are the values of those that are too large."""
    order = np.argsort(key.value, kind="stable")
    value = key.value[order]
    start = np.flatnonzero(np.concatenate(([True], value[1:] != value[:-1]))) if len(value) else np.empty(0, np.int64)
    size = np.diff(np.concatenate((start, [len(value)])))
    large = np.isin(value[start], refined) if refined is not None else np.zeros(len(start), bool)
    return Blocks(order, start, size, large)


def count_key(key: Key, blocks: Blocks) -> KeyCount:
    """How many pairs one key makes, before any is made."""
    taken, refined = blocks.size[~blocks.large].astype(np.int64), blocks.size[blocks.large]
    return KeyCount(key.name, int((taken * (taken - 1) // 2).sum()), len(refined), int(refined.sum()), int(blocks.size.max(initial=0)))


def pairs_of_key(key: Key, blocks: Blocks, population: Population) -> Longs:
    """Codes (left · records + right) of the admissible pairs of all blocks that are taken whole."""
    taken = ~blocks.large & (blocks.size > 1)
    left, right = pairs_within(blocks.start[taken], blocks.size[taken])
    a, b = key.row[blocks.order[left]], key.row[blocks.order[right]]
    low, high = np.minimum(a, b), np.maximum(a, b)
    kept = population.admissible(low, high)
    return np.asarray(low[kept].astype(np.int64) * len(population) + high[kept])


def pairs_within(start: Longs, size: Longs) -> tuple[Longs, Longs]:
    """Positions of all pairs within blocks of consecutive entries.

    >>> [side.tolist() for side in pairs_within(np.array([0, 7]), np.array([3, 2]))]
    [[0, 0, 1, 7], [1, 2, 2, 8]]
    """
    position = spread(start, size)
    after = np.repeat(start + size, size) - position - 1
    return np.repeat(position, after), spread(position + 1, after)


def distinct(found: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """All pair codes once, in order."""
    codes = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
    kept = np.ones(len(codes), bool)
    kept[1:] = codes[1:] != codes[:-1]
    return codes[kept]
