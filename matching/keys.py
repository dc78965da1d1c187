"""Keys: what records can share, alone or joined. A key's value is a hash and a function of one record's own values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.forms import Forms
from matching.parallel import in_parallel
from matching.records import Ints

Hashes = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Path = tuple[str, ...]
"""Names of the atoms that a key joins, in the order in which blocks are refined."""

NOTHING = np.uint64(0)
"""Stands for a value that is not there; no value hashes to it."""
MIX = np.uint64(0x9E3779B97F4A7C15)
SLOTS = 20
"""Bits of a hash by which values are first looked up roughly."""


@dataclass(frozen=True, slots=True)
class Key:
    """One blocking key over all records: entry e says that record `row[e]` has key value `value[e]`; each once a record."""

    name: str
    """For people: `family_name: first 3 letters`, or several joined by ` + `."""
    row: Ints
    """In order."""
    value: Hashes
    single: bool
    """Whether no record has two values."""
    worked_out: dict[int, Hashes] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The values by record, once they have been asked for."""

    def take(self, chosen: Mask | Longs) -> Key:
        """Some of the entries."""
        at = np.flatnonzero(chosen) if chosen.dtype == bool else chosen  # positions are many times quicker than a mask
        return Key(self.name, self.row[at], self.value[at], self.single)

    def by_record(self, count: int) -> Hashes:
        """The value of each of `count` records, `NOTHING` where it has none; only of a key that is single."""
        if count not in self.worked_out:
            value = np.full(count, NOTHING)
            value[self.row] = self.value
            self.worked_out[count] = value
        return self.worked_out[count]


@dataclass(frozen=True, slots=True)
class Atom:
    """A key of one attribute, worked out once for each distinct form; entries are made when they are wanted."""

    name: str
    own: Forms
    value: Hashes
    """Values of the distinct forms, one form after the other; `NOTHING` where a form has none."""
    each: Longs | None = None
    """How many values each form has; one where None."""

    @property
    def attribute(self) -> str:
        """The attribute it is of."""
        return self.own.attribute.name

    @property
    def alone(self) -> bool:
        """Whether sharing a value is reason enough to compare two records."""
        return blocks_alone(self.own)

    def only(self, values: Hashes) -> Atom:
        """The part of it that has one of some values."""
        return replace(self, value=np.where(within(self.value, np.unique(values)), self.value, NOTHING))

    def make(self, among: Hashes | None = None) -> Key:
        """Its entries; only those with a value `among` some, if they are given."""
        if among is not None:
            return self.only(among).make()
        value = self.value
        if self.each is None:
            found = value[self.own.code]
            key = Key(self.name, self.own.row, found, self.own.single).take(found != NOTHING)
            return key if key.single else once_a_record(key)
        each = self.each[self.own.code]
        start = np.cumsum(self.each) - self.each
        found = value[spread(start[self.own.code], each)]
        key = Key(self.name, np.repeat(self.own.row, each), found, False).take(found != NOTHING)
        return key if self.own.single else once_a_record(key)


def blocks_alone(own: Forms) -> bool:
    """Whether sharing a value of the attribute is reason enough to compare two records."""
    return own.attribute.role is not Role.NEUTRAL or own.type.name in ("text", "url")


def atoms(forms: Mapping[str, Forms]) -> dict[str, Atom]:
    """Every atom that the attributes' types offer, by name.

    Attributes that speak for nobody (a year, a country) make no pairs alone, but split the large blocks of others.
    """
    made = in_parallel(lambda one: atoms_of(*one), ((name, own) for name, own in forms.items() if len(own.row)))
    return {one.name: one for some in made for one in some}


def atoms_of(name: str, own: Forms) -> list[Atom]:
    """The atoms of one attribute."""
    whole = {"exact": own.distinct} if own.type.refine_by else {}
    offered = own.type.blocking_atoms(own.distinct) if blocks_alone(own) else whole
    found = [atom(f"{name}: {label}", own, values) for label, values in offered.items()]
    words = own.type.tokens(own.distinct) if blocks_alone(own) else None
    return found if words is None else [*found, word_atom(f"{name}: word", own, words)]


def refines(one: Atom, most: int | None = None) -> bool:
    """Whether an atom, among the first `most` of its attribute, is joined with others; finer ones find the same pairs again."""
    return not one.alone or one.name.partition(": ")[2] in (*one.own.type.refine_by[:most], "word")


def atom(name: str, own: Forms, values: pa.StringArray) -> Atom:
    """A key with one value for each distinct form."""
    return Atom(name, own, hash_values(name, values))


def word_atom(name: str, own: Forms, words: pa.ListArray) -> Atom:
    """A key with several values for each distinct form: its words."""
    each = pc.fill_null(pc.list_value_length(words), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return Atom(name, own, hash_values(name, pc.list_flatten(words)), each)


def spread(start: Longs, each: Longs) -> Longs:
    """`each[i]` positions from `start[i]` on, one after the other.

    >>> spread(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    return np.asarray(np.repeat(start - np.cumsum(each) + each, each) + np.arange(each.sum()))


def hash_values(name: str, values: pa.StringArray) -> Hashes:
    """A 64-bit hash of each value, different for every key; it is the same on every machine and in every run.

    `NOTHING` where there is no value.
    """
    salt = np.uint64(pd.util.hash_array(np.array([name], dtype=object))[0])
    coded = values.dictionary_encode()
    hashed = np.asarray(pd.util.hash_array(coded.dictionary.to_numpy(zero_copy_only=False), categorize=False), np.uint64) ^ salt
    hashed = np.append(np.maximum(hashed, np.uint64(1)), NOTHING)
    return np.asarray(hashed[pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)])


def once_a_record(key: Key) -> Key:
    """The same key with each value at most once a record; few entries are of records that have several."""
    again = np.zeros(len(key.row) + 1, bool)
    again[1:-1] = key.row[1:] == key.row[:-1]
    several = again[:-1] | again[1:]
    kept = ~several
    kept[np.flatnonzero(several)] = firsts(key.take(several))
    return key.take(kept)


def firsts(key: Key) -> Mask:
    """Which entries are the first of their record and value."""
    order = np.lexsort((key.value, key.row))
    row, value = key.row[order], key.value[order]
    kept = np.ones(len(row), bool)
    kept[order[1:]] = (row[1:] != row[:-1]) | (value[1:] != value[:-1])
    return kept


def joined_name(path: Sequence[str]) -> str:
    """What a key of several atoms is called, in whatever order they are joined."""
    return " + ".join(sorted(path))


def join(name: str, a: Key, b: Key, count: int) -> Key:
    """The key that two keys make together: every combination of a record's values. `count` is the number of records."""
    if b.single:
        kept, other = look_up(a, b, count)
        return Key(name, a.row[kept], mixed(a.value[kept], other), a.single)
    if a.single:
        kept, other = look_up(b, a, count)
        return Key(name, b.row[kept], mixed(other, b.value[kept]), False)
    number = np.bincount(b.row, minlength=count)
    start = np.cumsum(number) - number
    each = number[a.row]
    return Key(name, np.repeat(a.row, each), mixed(np.repeat(a.value, each), b.value[spread(start[a.row], each)]), False)


def look_up(a: Key, b: Key, count: int) -> tuple[Longs, Hashes]:
    """The entries of `a` that are of a record that has a value of `b`, and those values; `b` must be single."""
    other = b.by_record(count)[a.row]
    kept = np.flatnonzero(other != NOTHING)
    return kept, other[kept]


def mixed(first: Hashes, second: Hashes) -> Hashes:
    """One hash of two."""
    return np.asarray(np.maximum((first * MIX) ^ (second >> np.uint64(32)) ^ (second << np.uint64(32)), np.uint64(1)))


def only(key: Key, values: Hashes) -> Key:
    """The part of a key that has one of some values, which are in order."""
    return key.take(within(key.value, values))


def within(values: Hashes, some: Hashes) -> Mask:
    """Which values are among some, which are in order and distinct.

    They are looked up by the beginning of their bits, and only where that tells too little in order.

    >>> within(np.array([3, 2**63, 4], np.uint64), np.array([3, 2**63], np.uint64)).tolist()
    [True, True, False]
    """
    place = np.full(1 << SLOTS, -1, np.int32)
    place[slot_of(some)] = np.arange(len(some))
    first = place.take(slot_of(values))
    found = first >= 0
    maybe = np.flatnonzero(found)
    one = values[maybe]
    same = some[first[maybe]] == one
    other = np.flatnonzero(~same)
    if len(other):
        same[other] = some[np.minimum(np.searchsorted(some, one[other]), len(some) - 1)] == one[other]
    found[maybe] = same
    return found


def slot_of(values: Hashes) -> Longs:
    """The beginning of the bits of each value, by which it can be looked up."""
    return (values >> np.uint64(64 - SLOTS)).view(np.int64)
