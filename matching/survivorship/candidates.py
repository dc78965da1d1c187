"""Candidates: everything that may become a golden value, cluster by cluster, and what rules may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.records import NO_TIME, Column, Ints, Longs, Records

Floats = npt.NDArray[np.float64]
Alike = Mapping[str, Ints]
"""By attribute: a number for each of its column's values, equal where two of them say the same (see `alike.form_codes`)."""

TRUST_UNIT = 1_000_000_000
"""Trust is summed in whole billionths, so that no order of adding can matter."""
DAY = 86_400_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What speaks for a record whatever the value; arrays run along the records."""

    trust: Floats
    """Trust of the record's source."""
    age: Floats
    """Days from its last change to the newest change in the data; infinite where it is not known."""
    modified: Longs
    filled: Ints
    """In how many attributes the record has a value."""
    source: Ints

    def aged_trust(self, record: Ints, half_life: float | None) -> Longs:
        """Trust of some records in billionths, halved with every half-life; at least 1, so that the very old still have a voice."""
        trust = self.trust[record]
        if half_life is not None:
            trust = trust * np.exp2(-self.age[record] / half_life)
        return np.maximum(np.rint(trust * TRUST_UNIT), 1).astype(np.int64)


def standing_of(records: Records, trust: Floats, newest: int | None = None) -> Standing:
    """What speaks for each record; `trust` runs along `records.sources`.

    `newest` is the newest modification time in the data (microseconds), where `records` are only some of them.
    """
    known = records.modified != NO_TIME
    if newest is None:
        newest = int(records.modified.max()) if known.any() else 0
    age = np.where(known, (newest - np.where(known, records.modified, newest)) / DAY, np.inf)
    filled = np.zeros(len(records), np.int32)
    for column in records.columns.values():
        filled += _first_entries(column, len(records)) >= 0
    return Standing(trust[records.source], age, records.modified, filled, records.source)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may become one golden value, or one group of them: by cluster, then record, then position."""

    columns: tuple[Column, ...]
    """The attribute's column; several for a group."""
    cluster: Ints
    """Cluster index of each candidate, ascending."""
    record: Ints
    entries: tuple[Ints, ...]
    """For each column the candidate's entry in it, -1 where its record has none."""
    said: Longs
    """Equal for candidates that say the same."""
    standing: Standing

    def __len__(self) -> int:
        return len(self.record)

    def pick(self, chosen: npt.NDArray[np.intp]) -> Candidates:
        """Some of the candidates, in their order."""
        entries = tuple(entry[chosen] for entry in self.entries)
        return Candidates(self.columns, self.cluster[chosen], self.record[chosen], entries, self.said[chosen], self.standing)

    @property
    def trust(self) -> Longs:
        """Trust of each candidate's source in billionths, aged where the attribute has a half-life."""
        return self.standing.aged_trust(self.record, self.columns[0].attribute.half_life)

    @property
    def modified(self) -> Longs:
        """When the candidate's record was last changed."""
        return self.standing.modified[self.record]

    @property
    def source(self) -> Ints:
        """Index of the candidate's source."""
        return self.standing.source[self.record]

    @property
    def filled(self) -> Ints:
        """In how many attributes the candidate's record has a value; of a group, in how many of its own."""
        if len(self.columns) == 1:
            return self.standing.filled[self.record]
        filled: Ints = np.sum([entry >= 0 for entry in self.entries], axis=0, dtype=np.int32)
        return filled

    def measure(self, of: Callable[[pa.Array], Longs]) -> Longs:
        """The sum over the candidate's values of a measure that is taken of each distinct value."""
        total = np.zeros(len(self), np.int64)
        for column, entry in zip(self.columns, self.entries, strict=True):
            if len(column.row):
                total += np.where(entry >= 0, of(column.values)[column.code[entry]], 0)
        return total


def candidates_for(columns: Sequence[Column], order: Ints, cluster_of: Ints, standing: Standing, alike: Alike) -> Candidates:
    """The candidates among the records `order`, which go by cluster: one attribute's entries, or a group's records."""
    if len(columns) == 1:
        record, entry = _entries_in(columns[0], order, len(cluster_of))
        entries: tuple[Ints, ...] = (entry,)
    else:
        found = [_first_entries(column, len(cluster_of))[order] for column in columns]
        some = np.any([entry >= 0 for entry in found], axis=0)
        record, entries = order[some], tuple(entry[some] for entry in found)
    said = combined([_said(column, entry, alike) for column, entry in zip(columns, entries, strict=True)])
    return Candidates(tuple(columns), cluster_of[record], record, entries, said, standing)


def combined(codes: Sequence[Longs]) -> Longs:
    """One number for each combination of codes (from -1 on), equal where all are."""
    total = codes[0].astype(np.int64)
    for code in codes[1:]:
        size = int(code.max(initial=-1)) + 2
        if int(total.max(initial=0)) >= np.iinfo(np.int64).max // size - 1:
            total = np.unique(total, return_inverse=True)[1].astype(np.int64)
        total = total * size + (code + 1)
    return total


def said_by(column: Column, alike: Alike) -> Longs:
    """What each entry says: the same number for values that are alike."""
    return (alike[column.attribute.name][column.code] if column.attribute.name in alike else column.code).astype(np.int64)


def _said(column: Column, entry: Ints, alike: Alike) -> Longs:
    """What some entries say; -1 where there is none."""
    said = np.full(len(entry), -1, np.int64)
    said[entry >= 0] = said_by(column, alike)[entry[entry >= 0]]
    return said


def _first_entries(column: Column, count: int) -> Ints:
    """Each record's first entry, -1 where it has none."""
    first = np.full(count, -1, np.int32)
    first[column.row[::-1]] = np.arange(len(column.row), dtype=np.int32)[::-1]
    return first


def _entries_in(column: Column, order: Ints, count: int) -> tuple[Ints, Ints]:
    """The records in `order` that have entries, once for each, and those entries."""
    have = np.bincount(column.row, minlength=count)
    start = np.cumsum(have) - have
    have, start = have[order], start[order]
    before = np.cumsum(have) - have
    entry = np.repeat(start - before, have) + np.arange(have.sum())
    return np.repeat(order, have), entry.astype(np.int32)
