"""Keys: what records can share, alone or joined. A key's value is a hash and a function of one record's own values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.forms import Forms
from matching.records import Ints

Hashes = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Key:
    """One blocking key over all records: entry e says that record `row[e]` has key value `value[e]`; each once a record."""

    name: str
    """For people: `family_name: first 3 letters`, or several joined by ` + `."""
    attributes: frozenset[str]
    row: Ints
    value: Hashes


@dataclass(frozen=True, slots=True)
class KeyMaker:
    """A key that is made when it is wanted: there are hundreds, and each is as long as the records."""

    name: str
    attributes: frozenset[str]
    make: Callable[[], Key]


def blocks_alone(own: Forms) -> bool:
    """Whether sharing a value of the attribute is reason enough to compare two records."""
    return own.attribute.role is not Role.NEUTRAL or own.type.name in ("text", "url")


def atoms(forms: Mapping[str, Forms]) -> list[KeyMaker]:
    """Every atom that the attributes' types offer."""
    makers = []
    for name, own in forms.items():
        if not blocks_alone(own) or not len(own.row):
            continue
        for label, values in own.type.blocking_atoms(own.distinct).items():
            makers.append(atom(f"{name}: {label}", own, values))
        words = own.type.tokens(own.distinct)
        if words is not None:
            makers.append(word_atom(f"{name}: word", own, words))
    return makers


def neutral_atoms(forms: Mapping[str, Forms]) -> list[Key]:
    """Attributes that speak for nobody (a year, a country) make no pairs alone, but split the large blocks of others."""
    neutral = [(name, own) for name, own in forms.items() if not blocks_alone(own) and len(own.row)]
    return [atom(f"{name}: exact", own, own.distinct).make() for name, own in neutral]


def refines(name: str, forms: Mapping[str, Forms], most: int | None = None) -> bool:
    """Whether a single key, among the first `most` of its attribute, is joined with others; finer ones find the same pairs again."""
    attribute, _, label = name.partition(": ")
    return label in (*forms[attribute].type.refine_by[:most], "word")


def atom(name: str, own: Forms, values: pa.StringArray) -> KeyMaker:
    """A key with one value for each distinct form."""
    hashed, known = hash_values(name, values), np.asarray(pc.is_valid(values))

    def make() -> Key:
        has = known[own.code]
        key = Key(name, frozenset({own.attribute.name}), own.row[has], hashed[own.code[has]])
        return key if own.single else once_a_record(key)

    return KeyMaker(name, frozenset({own.attribute.name}), make)


def word_atom(name: str, own: Forms, words: pa.ListArray) -> KeyMaker:
    """A key with several values for each distinct form: its words."""
    lengths = pc.fill_null(pc.list_value_length(words), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    hashed, start = hash_values(name, pc.list_flatten(words)), np.cumsum(lengths) - lengths

    def make() -> Key:
        each = lengths[own.code]
        value = hashed[spread(start[own.code], each)]
        return once_a_record(Key(name, frozenset({own.attribute.name}), np.repeat(own.row, each), value))

    return KeyMaker(name, frozenset({own.attribute.name}), make)


def spread(start: Longs, each: Longs) -> Longs:
    """`each[i]` positions from `start[i]` on, one after the other.

    >>> spread(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    return np.asarray(np.repeat(start - np.cumsum(each) + each, each) + np.arange(each.sum()))


def hash_values(name: str, values: pa.StringArray) -> Hashes:
    """A 64-bit hash of each value, different for every key; it is the same on every machine and in every run."""
    salt = np.uint64(pd.util.hash_array(np.array([name], dtype=object))[0])
    return np.asarray(pd.util.hash_array(values.to_numpy(zero_copy_only=False), categorize=False), np.uint64) ^ salt


def once_a_record(key: Key) -> Key:
    """The same key with each value at most once a record."""
    order = np.lexsort((key.value, key.row))
    row, value = key.row[order], key.value[order]
    kept = np.ones(len(row), bool)
    kept[1:] = (row[1:] != row[:-1]) | (value[1:] != value[:-1])
    return Key(key.name, key.attributes, row[kept], value[kept])


def refine(keys: Sequence[Key], by: Sequence[Key]) -> list[KeyMaker]:
    """Every key split by every key of another attribute, each combination once."""
    makers: dict[str, KeyMaker] = {}
    for a in keys:
        for b in by:
            name = " + ".join(sorted({*a.name.split(" + "), *b.name.split(" + ")}))
            if not a.attributes & b.attributes and name not in makers:
                makers[name] = KeyMaker(name, a.attributes | b.attributes, lambda name=name, a=a, b=b: join(name, a, b))  # type: ignore[misc]
    return list(makers.values())


def join(name: str, a: Key, b: Key) -> Key:
    """The key that two keys make together: every combination of a record's values."""
    count = int(max(a.row.max(initial=-1), b.row.max(initial=-1))) + 1
    number = np.bincount(b.row, minlength=count)
    start = np.cumsum(number) - number
    each = number[a.row]
    mixed = np.repeat(a.value, each) * np.uint64(0x9E3779B97F4A7C15) ^ b.value[spread(start[a.row], each)]
    return Key(name, a.attributes | b.attributes, np.repeat(a.row, each), mixed)


def only(key: Key, values: Hashes) -> Key:
    """The part of a key that has one of some values."""
    inside = np.isin(key.value, values)
    return Key(key.name, key.attributes, key.row[inside], key.value[inside])
