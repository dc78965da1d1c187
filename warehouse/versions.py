"""Versions: a run's state of a table against the published one; only what differs is written. (Invariant 8)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import Within, append, fit, read_within
from warehouse.database import Warehouse
from warehouse.ids import end_rows, first_free
from warehouse.leftovers import remove_staged
from warehouse.publications import published_run
from warehouse.visibility import OPEN, visible

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows a run staged, by what happened to them."""

    new: int
    changed: int
    removed: int
    unchanged: int
    values: int
    """Values that differ, over all changed rows."""

    @property
    def any(self) -> bool:
        """Whether publishing would change anything."""
        return bool(self.new or self.changed or self.removed)


def stage_versions(
    warehouse: Warehouse,
    run: Run,
    table: sa.Table,
    row: sa.Column[int],
    keys: Sequence[str],
    data: pa.Table,
    counted: Sequence[str] = (),
    within: Within | None = None,
) -> Changes:
    """Stage `data`, the whole new state of a versioned table: write what is new or changed, end what is gone.

    `keys` tell which rows are the same, `row` numbers a version's row; where it is no column of `data`, it is numbered here.
    Staging again replaces what was staged before. `counted` are the columns whose changed values are counted. `within` tells
    of the published rows those that `data` is the new state of; the others are left as they are.
    """
    with warehouse.connect() as connection:
        published = published_run(connection)
    remove_staged(warehouse, table, after=published)
    columns = dict.fromkeys([*data.column_names, row.name])
    old = read_within(warehouse, sa.select(*(table.c[name] for name in columns)).where(visible(table, published)), within)
    new = fit(data, table)
    both = match(old, new, keys)
    differing = differences(old.take(both.old), new.take(both.new), [name for name in data.column_names if name not in keys])
    changed = np.logical_or.reduce([np.zeros(len(both.old), bool), *differing.values()])
    fresh = new.take(np.sort(np.concatenate([both.only_new, both.new[changed]])))
    append(warehouse, table, as_versions(_numbered(warehouse, row, fresh), run))
    end_rows(warehouse, table, row, old.column(row.name).take(np.concatenate([both.only_old, both.old[changed]])), run.number)
    counts = (len(both.only_new), int(changed.sum()), len(both.only_old), int((~changed).sum()))
    return Changes(*counts, values=sum(int(differing[name].sum()) for name in counted))


def as_versions(rows: pa.Table, run: Run) -> pa.Table:
    """Rows that hold from this run until further notice."""
    return with_number(with_number(rows, "from_run", run.number), "to_run", OPEN)


def with_number(rows: pa.Table, name: str, number: int) -> pa.Table:
    """The rows with one more column, the same number in each."""
    return rows.append_column(name, pa.array(np.full(len(rows), number, np.int32)))


def _numbered(warehouse: Warehouse, row: sa.Column[int], rows: pa.Table) -> pa.Table:
    """The rows with numbers that are free, unless they bring their own."""
    if row.name in rows.column_names:
        return rows
    with warehouse.connect() as connection:
        first = first_free(connection, row)
    return rows.append_column(row.name, pa.array(np.arange(first, first + len(rows), dtype=np.int64)))


@dataclass(frozen=True, slots=True)
class Match:
    """Places of rows in an old and a new table: `old[i]` and `new[i]` have the same key."""

    old: Places
    new: Places
    only_old: Places
    only_new: Places


def match(old: pa.Table, new: pa.Table, keys: Sequence[str]) -> Match:
    """Find the rows with equal keys. Raises `ValueError` when a key occurs twice in one of the tables.

    >>> found = match(pa.table({"k": ["a", "b"]}), pa.table({"k": ["c", "b"]}), ["k"])
    >>> found.old.tolist(), found.new.tolist(), found.only_old.tolist(), found.only_new.tolist()
    ([1], [1], [0], [0])
    """
    codes = _codes(old, new, keys)
    first, second = (np.argsort(side, kind="stable") for side in (codes[: len(old)], codes[len(old) :]))
    before, after = codes[: len(old)][first], codes[len(old) :][second]
    if (before[1:] == before[:-1]).any() or (after[1:] == after[:-1]).any():
        raise ValueError(f"rows with the same {', '.join(keys)}")
    at = np.searchsorted(after, before)
    both = np.flatnonzero(after[np.minimum(at, len(after) - 1)] == before) if len(after) else np.empty(0, np.int64)
    in_old, in_new = first[both], second[at[both]]
    return Match(in_old, in_new, _others(in_old, len(old)), _others(in_new, len(new)))


def _codes(old: pa.Table, new: pa.Table, keys: Sequence[str]) -> Places:
    """A number for each row of both tables, equal where the keys are; a key that is a number is its own."""
    if (
        len(keys) == 1
        and pa.types.is_integer(new.column(keys[0]).type)
        and not new.column(keys[0]).null_count + old.column(keys[0]).null_count
    ):
        return np.concatenate([table.column(keys[0]).to_numpy().astype(np.int64) for table in (old, new)])
    codes = np.zeros(len(old) + len(new), np.int64)
    for key in keys:
        codes = _joined(codes, pa.chunked_array([*old.column(key).chunks, *new.column(key).chunks], new.column(key).type))
    return codes


def _joined(codes: Places, values: pa.ChunkedArray) -> Places:
    """Small numbers that are equal where both `codes` and `values` are."""
    own = values.combine_chunks().dictionary_encode(null_encoding="encode")
    pairs = codes * max(len(own.dictionary), 1) + np.asarray(own.indices)
    return np.asarray(pa.array(pairs).dictionary_encode().indices, np.int64)


def _others(places: Places, count: int) -> Places:
    """The places from 0 to `count` that are not among these."""
    other = np.ones(count, bool)
    other[places] = False
    return np.flatnonzero(other)


def differences(old: pa.Table, new: pa.Table, columns: Sequence[str]) -> dict[str, npt.NDArray[np.bool_]]:
    """Where two tables of the same rows differ, by column; nothing equals nothing.

    >>> differences(pa.table({"a": [1, None, None]}), pa.table({"a": [1, None, 2]}), ["a"])["a"].tolist()
    [False, False, True]
    """
    return {name: _differs(old.column(name), new.column(name)) for name in columns}


def _differs(old: pa.ChunkedArray, new: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    both_null = pc.and_(pc.is_null(old), pc.is_null(new))
    same = pc.if_else(both_null, True, pc.fill_null(pc.equal(old, new), False))
    return ~np.asarray(same, dtype=bool)
