"""Block: which pairs of records are worth comparing.

Every attribute offers short keys (*atoms*: the first three letters of a name, the day and month of a birth date).
Records that share an atom that few records have are candidates at once. Where a block is too large it is refined, never
dropped: its records are candidates if they share an atom of another attribute as well, and a third one where even that
is common. How large is too large is found by counting the pairs before any is made, and holding them against a budget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from domain.errors import PairBudgetExceeded
from matching.chance import Population
from matching.forms import Forms
from matching.records import Ints

Hashes = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]

TIERS = (0.4, 0.4, 0.2)
"""Shares of the pair budget for records that share one, two and three keys."""
LARGEST_BLOCK = 1_000
"""No block larger than this is taken whole, however many pairs the budget would bear."""
OVERLAP = 3
"""Keys find the same pairs again and again: so many are counted for each that is new."""
SLACK = 8
"""Pairs of all keys together, repeats among them, may be this many times the budget before blocking refuses."""


@dataclass(frozen=True, slots=True)
class Key:
    """One blocking key over all records: entry e says that record `row[e]` has key value `value[e]` (a hash)."""

    name: str
    """For people: `family_name: first 3` or `given_name: initial + birth_date: exact`."""
    attributes: frozenset[str]
    row: Ints
    value: Hashes


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
        limits.append(block_limit(tier, int(allowed * TIERS[len(limits)])))
        for key in tier:
            value, size = np.unique(key.value, return_counts=True)
            if (size > limits[-1]).any():
                refined[key.name] = value[size > limits[-1]]
    return Plan(False, tuple(limits), refined)


def candidate_pairs(forms: Mapping[str, Forms], population: Population, plan: Plan, budget: int) -> Pairs:
    """Pairs worth comparing, as `plan` has it; PairBudgetExceeded if there are far more than `budget`."""
    if plan.everything:
        counts = [KeyCount("every pair", int(population.pairs), 0, 0, len(population))]
        check_budget(counts, budget)
        left, right = (side.astype(np.int32) for side in np.triu_indices(len(population), 1))
        kept = population.admissible(left, right)
        return Pairs(left[kept], right[kept], tuple(counts))
    keys = [(key, *blocks_of(key, plan.refined.get(key.name))) for tier in tiers(forms, plan.refined) for key in tier]
    counts = [count_key(key, size, large) for key, _, _, size, large in keys]
    check_budget(counts, budget)
    codes = distinct([pairs_of_key(key, order, start, size, large, population) for key, order, start, size, large in keys])
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


def tiers(forms: Mapping[str, Forms], refined: Mapping[str, Hashes]) -> Iterator[list[Key]]:
    """The keys of each tier: every atom; then two, then three atoms together for the records whose blocks were too large.

    `refined` names the too large blocks by key; the caller may fill it for one tier before it asks for the next.
    """
    tier = atoms(forms)
    yield tier
    single = [key for key in large_blocks(tier, refined) if is_coarse(key, forms)] + neutral_atoms(forms)
    tier = refine(single, single)
    for _ in TIERS[1:]:
        if not tier:
            return
        yield tier
        tier = refine(large_blocks(tier, refined), single)


def is_coarse(key: Key, forms: Mapping[str, Forms]) -> bool:
    """Whether a single key is one to be joined with others: the finer ones would only find the same pairs again."""
    (name,) = key.attributes
    return key.name.removeprefix(f"{name}: ") in (*forms[name].type.refine_by, "word")


def neutral_atoms(forms: Mapping[str, Forms]) -> list[Key]:
    """Attributes that speak for nobody (a year, a country) make no pairs alone, but split the large blocks of others."""
    neutral = [(name, own) for name, own in forms.items() if not blocks_alone(own) and len(own.row)]
    return [atom_key(f"{name}: exact", name, own, own.distinct) for name, own in neutral]


def blocks_alone(own: Forms) -> bool:
    """Whether sharing a value of the attribute is reason enough to compare two records."""
    return own.attribute.role is not Role.NEUTRAL or own.type.name in ("text", "url")


def large_blocks(keys: Sequence[Key], refined: Mapping[str, Hashes]) -> list[Key]:
    """The part of each key that lies in blocks too large to be taken whole."""
    result = []
    for key in keys:
        if key.name in refined:
            inside = np.isin(key.value, refined[key.name])
            if inside.any():
                result.append(Key(key.name, key.attributes, key.row[inside], key.value[inside]))
    return result


def atoms(forms: Mapping[str, Forms]) -> list[Key]:
    """Every atom that the attributes' types offer, each as a key."""
    result = []
    for name, own in forms.items():
        if not blocks_alone(own) or not len(own.row):
            continue
        for label, values in own.type.blocking_atoms(own.distinct).items():
            result.append(atom_key(f"{name}: {label}", name, own, values))
        words = own.type.tokens(own.distinct)
        if words is not None:
            result.append(token_key(f"{name}: word", name, own, words))
    return [key for key in result if len(key.row) > 1]


def atom_key(label: str, attribute: str, own: Forms, values: pa.StringArray) -> Key:
    """A key with one value for each distinct form."""
    hashed = hash_values(label, values)
    known = np.asarray(pc.is_valid(values))[own.code]
    return unique_entries(Key(label, frozenset({attribute}), own.row[known], hashed[own.code[known]]))


def token_key(label: str, attribute: str, own: Forms, words: pa.ListArray) -> Key:
    """A key with several values for each distinct form: its words."""
    lengths = pc.fill_null(pc.list_value_length(words), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    hashed = hash_values(label, pc.list_flatten(words))
    start = np.concatenate(([0], np.cumsum(lengths)))
    each = lengths[own.code]
    position = np.repeat(start[own.code], each) + np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    return unique_entries(Key(label, frozenset({attribute}), np.repeat(own.row, each), hashed[position]))


def hash_values(label: str, values: pa.StringArray) -> Hashes:
    """A 64-bit hash of each value, different for every key; it is the same on every machine and in every run."""
    salt = np.uint64(pd.util.hash_array(np.array([label], dtype=object))[0])
    return np.asarray(pd.util.hash_array(values.to_numpy(zero_copy_only=False), categorize=False), np.uint64) ^ salt


def unique_entries(key: Key) -> Key:
    """The same key with each value at most once a record."""
    order = np.lexsort((key.value, key.row))
    row, value = key.row[order], key.value[order]
    kept = np.ones(len(row), bool)
    kept[1:] = (row[1:] != row[:-1]) | (value[1:] != value[:-1])
    return Key(key.name, key.attributes, row[kept], value[kept])


def blocks_of(key: Key, refined: Hashes | None) -> tuple[Longs, Longs, Longs, npt.NDArray[np.bool_]]:
    """The key's entries in order of value; where each block starts, how large it is, and whether it is refined."""
    order = np.argsort(key.value, kind="stable")
    value = key.value[order]
    start = np.flatnonzero(np.concatenate(([True], value[1:] != value[:-1]))) if len(value) else np.empty(0, np.int64)
    size = np.diff(np.concatenate((start, [len(value)])))
    large = np.isin(value[start], refined) if refined is not None else np.zeros(len(start), bool)
    return order, start, size, large


def block_limit(keys: Sequence[Key], budget: int) -> int:
    """The largest block size at which all keys together make at most `budget` pairs."""
    by_size = np.zeros(LARGEST_BLOCK + 1, np.float64)
    for key in keys:
        sizes = np.unique(key.value, return_counts=True)[1]
        sizes = sizes[sizes <= LARGEST_BLOCK]
        by_size += np.bincount(sizes, weights=sizes * (sizes - 1) / 2.0, minlength=LARGEST_BLOCK + 1)
    return max(int(np.searchsorted(np.cumsum(by_size), budget, side="right")) - 1, 2)


def count_key(key: Key, size: Longs, large: npt.NDArray[np.bool_]) -> KeyCount:
    """How many pairs one key makes, before any is made."""
    taken = size[~large].astype(np.int64)
    return KeyCount(key.name, int((taken * (taken - 1) // 2).sum()), int(large.sum()), int(size[large].sum()), int(size.max(initial=0)))


def pairs_of_key(key: Key, order: Longs, start: Longs, size: Longs, large: npt.NDArray[np.bool_], population: Population) -> Longs:
    """Codes (left · records + right) of the admissible pairs of all blocks that are taken whole."""
    taken = ~large & (size > 1)
    left, right = pairs_within(start[taken], size[taken])
    a, b = key.row[order[left]], key.row[order[right]]
    low, high = np.minimum(a, b), np.maximum(a, b)
    kept = population.admissible(low, high)
    return np.asarray(low[kept].astype(np.int64) * len(population) + high[kept])


def pairs_within(start: npt.NDArray[np.int64], size: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Longs]:
    """Positions of all pairs within blocks of consecutive entries."""
    position = np.repeat(start, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    after = np.repeat(start + size, size) - position - 1
    left = np.repeat(position, after)
    right = left + 1 + np.arange(after.sum()) - np.repeat(np.cumsum(after) - after, after)
    return left, right


def refine(keys: Sequence[Key], by: Sequence[Key]) -> list[Key]:
    """Every large block of `keys` split by every large block of `by` of another attribute."""
    result, seen = [], set()
    for a in keys:
        for b in by:
            if a.attributes & b.attributes:
                continue
            name = " + ".join(sorted({*a.name.split(" + "), *b.name.split(" + ")}))
            if name in seen:
                continue
            seen.add(name)
            joined = join_keys(name, a, b)
            if len(joined.row) > 1:
                result.append(joined)
    return result


def join_keys(name: str, a: Key, b: Key) -> Key:
    """The key that two keys make together: every combination of a record's values."""
    count = int(max(a.row.max(initial=-1), b.row.max(initial=-1))) + 1
    number = np.bincount(b.row, minlength=count)
    start = np.cumsum(number) - number
    each = number[a.row]
    position = np.repeat(start[a.row], each) + np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    mixed = np.repeat(a.value, each) * np.uint64(0x9E3779B97F4A7C15) ^ b.value[position]
    return Key(name, a.attributes | b.attributes, np.repeat(a.row, each), mixed)


def distinct(found: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """All pair codes once, in order."""
    codes = np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
    kept = np.ones(len(codes), bool)
    kept[1:] = codes[1:] != codes[:-1]
    return codes[kept]
