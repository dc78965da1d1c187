"""The live standard records as columns: what every stage from blocking to survivorship works on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from domain.attributes import Attribute

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute of all records, dictionary-encoded; a record has no, one or several entries.

    Entry e says: record `row[e]` holds `values[code[e]]`, as the `position[e]`-th value its source mapped.
    Entries are sorted by row, then position.
    """

    attribute: Attribute
    values: pa.Array
    """Distinct values in the attribute's storage."""
    row: Ints
    code: Ints
    position: Ints

    def first(self, count: int) -> Ints:
        """The code of each record's first entry, -1 where it has none; `count` is the number of records."""
        codes = np.full(count, -1, np.int32)
        codes[self.row[::-1]] = self.code[::-1]
        return codes


@dataclass(frozen=True, slots=True)
class Records:
    """All live records in the order of their record keys (source name, then key): position in it is a record's index."""

    ids: Longs
    """The warehouse's record numbers; they say nothing of order and never break a tie."""
    sources: tuple[str, ...]
    """Names of the sources, sorted."""
    source: Ints
    """Index into `sources` of each record."""
    keys: pa.StringArray
    modified: Longs
    """Microseconds since 1970 (UTC) of the last change; `NO_TIME` where it is not known."""
    columns: dict[str, Column] = field(default_factory=dict)
    """By attribute name, in the project's order."""

    def __len__(self) -> int:
        return len(self.ids)


NO_TIME = np.iinfo(np.int64).min
"""Stands for a modification time that is not known."""
