"""Block: which pairs of records are worth comparing.

Every attribute offers short keys (*atoms*: the first three letters of a name, the day and month of a birth date).
Records that share an atom that few records have are candidates at once. Where a block is too large it is refined:
its records are candidates if they share an atom of another attribute as well, and a third one where even that is common.
How large is too large, and which keys pay for their work, is decided at training (`matching.plan`) and frozen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.errors import PairBudgetExceeded
from matching.chance import Population
from matching.forms import Forms
from matching.keys import Atom, Hashes, Key, Longs, Mask, Path, atoms, join, joined_name, only, spread, within
from matching.parallel import in_parallel
from matching.records import Ints

COLLAPSE = 20_000_000
"""Pairs that may wait, repeats among them, before repeats are taken out."""
AT_A_TIME = 250_000
"""Codes that are taken apart together: so few that they stay near the processor."""
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
    """Candidate pairs, or those of them that are not hopeless: each once, `left < right`, in order; and what each key made."""

    left: Ints
    right: Ints
    keys: tuple[KeyCount, ...] = ()
    candidates: int = 0
    """How many candidates there were before the hopeless ones were dropped."""

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Plan:
    """What blocking learned from the whole population; part of the model, so that a later run blocks the same way."""

    everything: bool
    """Few records: every pair is a candidate."""
    limits: tuple[int, ...] = ()
    """The largest block taken whole on each tier."""
    keys: tuple[Path, ...] = ()
    """The keys that are used."""
    refined: Mapping[str, Hashes] = field(default_factory=dict)
    """By key, the values whose blocks were too large and are refined with another key; of all keys that any path begins with."""


def pair_budget(records: int) -> int:
    """Candidate pairs allowed by default: some 20 a record, and never fewer than two million.

    >>> pair_budget(1_000), pair_budget(1_000_000)
    (2000000, 20000000)
    """
    return max(2_000_000, 20 * records)


def candidate_pairs(
    forms: Mapping[str, Forms],
    population: Population,
    plan: Plan,
    budget: int,
    offered: Mapping[str, Atom] | None = None,
    ends: Mapping[str, Key] | None = None,
) -> Pairs:
    """Pairs worth comparing, as `plan` has it; they are counted before they are made, key by key.

    `offered` are the forms' atoms, and `ends` their entries in blocks that are too large, where they have been made.
    PairBudgetExceeded if there are far more than `budget`.
    """
    if plan.everything:
        return every_pair(population, budget)
    made_of = atoms(forms) if offered is None else offered
    counts: list[KeyCount] = []
    found = [np.empty(0, np.int64)]

    def made(path: Path) -> tuple[KeyCount, Longs]:
        key = key_of(path, made_of, plan.refined, len(population), made_ends)
        blocks = blocks_of(key, plan.refined.get(key.name))
        count = count_key(key, blocks)
        check_budget([count], budget)
        return count, pairs_of_key(key, blocks, population)

    usable = [path for path in plan.keys if all(name in made_of for name in path)]
    made_ends = ends_of(usable, made_of, plan.refined) if ends is None else ends
    for count, pairs in in_parallel(made, usable):
        counts.append(count)
        check_budget(counts, budget)
        found.append(pairs)
        if sum(map(len, found[1:])) > COLLAPSE:
            found = [distinct(found)]
    codes = distinct(found)
    return Pairs(*sides(codes, len(population)), tuple(counts), len(codes))


def every_pair(population: Population, budget: int) -> Pairs:
    """All admissible pairs."""
    counts = (KeyCount("every pair", int(population.pairs), 0, 0, len(population)),)
    check_budget(counts, budget)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(population), 1))
    kept = population.admissible(left, right)
    return Pairs(left[kept], right[kept], counts, int(kept.sum()))


def check_budget(counts: Sequence[KeyCount], budget: int) -> None:
    """Refuse to make far more pairs than the budget allows, naming the key that makes most."""
    total, worst = sum(c.pairs for c in counts), max(counts, key=lambda c: c.pairs, default=None)
    if worst is not None and total > SLACK * budget:
        raise PairBudgetExceeded(
            f"blocking would make {total:,} candidate pairs where {budget:,} are allowed; key '{worst.name}' alone makes {worst.pairs:,} "
            f"(its largest block has {worst.largest_block:,} records). Train again, or raise match.pair_budget."
        )


def ends_of(paths: Sequence[Path], offered: Mapping[str, Atom], refined: Mapping[str, Hashes]) -> dict[str, Key]:
    """By atom that several of the paths join with others, its entries in blocks that are too large; all, where none is."""
    times = Counter(name for path in paths if len(path) > 1 for name in path)
    names = [name for name, count in times.items() if count > 1]
    return dict(zip(names, in_parallel(lambda name: offered[name].make(refined.get(name)), names), strict=True))


def key_of(
    path: Path, offered: Mapping[str, Atom], refined: Mapping[str, Hashes], count: int, ends: Mapping[str, Key] | None = None
) -> Key:
    """The key of a path: of each atom, and of each beginning of the path, only the blocks that are too large.

    `ends` are such parts of atoms that have been made.
    """
    if len(path) == 1:
        return offered[path[0]].make()
    parts = [ends[name] if ends and name in ends else offered[name].make(refined.get(name)) for name in path]
    key = parts[0]
    for end in range(2, len(path) + 1):
        name = joined_name(path[:end])
        key = join(name, key, parts[end - 1], count)
        if end < len(path):
            key = only(key, refined.get(name, np.empty(0, np.uint64)))
    return key


class Blocks(NamedTuple):
    """A key's entries in order of value."""

    order: Longs
    """The entries, so that blocks lie together."""
    start: Longs
    """Where each block starts in `order`."""
    size: Longs
    large: Mask
    """Whether it is refined, and not taken whole."""


def blocks_of(key: Key, refined: Hashes | None) -> Blocks:
    """The blocks of a key; `refined` are the values of those that are too large."""
    order = np.argsort(key.value)
    value = key.value[order]
    start = np.flatnonzero(np.concatenate(([True], value[1:] != value[:-1]))) if len(value) else np.empty(0, np.int64)
    size = np.diff(np.concatenate((start, [len(value)])))
    large = within(value[start], refined) if refined is not None else np.zeros(len(start), bool)
    return Blocks(order, start, size, large)


def count_key(key: Key, blocks: Blocks) -> KeyCount:
    """How many pairs one key makes, before any is made."""
    taken, refined = blocks.size[~blocks.large].astype(np.int64), blocks.size[blocks.large]
    return KeyCount(key.name, int((taken * (taken - 1) // 2).sum()), len(refined), int(refined.sum()), int(blocks.size.max(initial=0)))


def pairs_of_key(key: Key, blocks: Blocks, population: Population) -> Longs:
    """Codes (left · records + right) of the admissible pairs of all blocks that are taken whole."""
    taken = ~blocks.large & (blocks.size > 1)
    row = key.row[blocks.order]
    codes = [code_pairs(a, b, population) for a, b in pairs_by_size(row, blocks.start[taken], blocks.size[taken])]
    return np.concatenate([np.empty(0, np.int64), *codes])


def code_pairs(a: Ints, b: Ints, population: Population) -> Longs:
    """Codes of the admissible pairs among some, whichever record stands left."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    kept = low < high
    if population.unique.any():
        kept &= population.admissible(low, high)
    if not kept.all():
        at = np.flatnonzero(kept)
        low, high = low[at], high[at]
    return np.asarray(low.astype(np.int64) * len(population) + high)


def pairs_by_size(row: Ints, start: Longs, size: Longs) -> Iterator[tuple[Ints, Ints]]:
    """All pairs within blocks of consecutive entries, blocks of one size at a time."""
    order = np.argsort(size, kind="stable")
    bounds = np.flatnonzero(np.diff(size[order])) + 1
    for own in np.split(order, bounds):
        if len(own):
            width = int(size[own[0]])
            members = row[start[own][:, None] + np.arange(width)]
            i, j = np.triu_indices(width, 1)
            yield members[:, i].ravel(), members[:, j].ravel()


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
    codes = np.concatenate(found) if len(found) > 1 else found[0].copy()
    codes.sort()
    kept = np.ones(len(codes), bool)
    np.not_equal(codes[1:], codes[:-1], out=kept[1:])
    return codes[np.flatnonzero(kept)]


def sides(codes: Longs, count: int) -> tuple[Ints, Ints]:
    """Left and right records of pair codes."""
    left, right = np.empty(len(codes), np.int32), np.empty(len(codes), np.int32)
    for begin in range(0, len(codes), AT_A_TIME):
        some = codes[begin : begin + AT_A_TIME]
        of_left = some // max(count, 1)
        left[begin : begin + AT_A_TIME] = of_left
        right[begin : begin + AT_A_TIME] = some - of_left * count
    return left, right
