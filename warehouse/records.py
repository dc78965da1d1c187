"""Records: what the sources' live data say, and what they said as of any run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.errors import UnknownRecord
from domain.records import RecordKey
from domain.runs import Run
from warehouse.attribute_tables import standard_record
from warehouse.bulk import Within, read, read_few, read_within, stream
from warehouse.database import Warehouse
from warehouse.ids import among
from warehouse.tables import record, source, source_record
from warehouse.visibility import visible, visible_before

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A source record as it was pulled."""

    key: RecordKey
    record_id: int
    from_run: int
    """The run that first saw this version."""
    modified: int | None
    """Microseconds since 1970 (UTC)."""
    raw: Any
    """The row, decoded from JSON."""


def live_records(warehouse: Warehouse, attributes: Sequence[Attribute], among: Ids | None = None) -> pa.Table:
    """All live standard records, in no particular order: record_id, source, key, modified, then a column for each attribute.

    Live is what the pointers of the sources show, of the sources the project declares. The values of a `many` attribute
    are one text, joined by `attribute_tables.SEPARATOR`. With `among`, only the records of these numbers.
    """
    return read_within(warehouse, _standard_values(attributes, _live).where(source.c.active), _numbered(among))


def records_as_of(warehouse: Warehouse, attributes: Sequence[Attribute], run: int, among: Ids) -> pa.Table:
    """The standard records of some numbers as of a run, shaped like `live_records`."""
    return read_within(warehouse, _standard_values(attributes, _as_of(run)), _numbered(among))


def staged_records(warehouse: Warehouse, attributes: Sequence[Attribute], run: Run, among: Ids) -> pa.Table:
    """The standard records of some numbers as they would be if what the run has staged went live, shaped like `live_records`."""
    return read_within(warehouse, _standard_values(attributes, lambda table: visible(table, run.number)), _numbered(among))


def records_with(warehouse: Warehouse, attributes: Sequence[Attribute], name: str, values: Sequence[Any]) -> pa.Table:
    """The live standard records that have one of some values of an attribute (not a `many` one), shaped like `live_records`."""
    column = standard_record(attributes).c[name]
    return read(warehouse, _standard_values(attributes, _live).where(source.c.active, column.in_(values)))


def _numbered(among: Ids | None) -> Within | None:
    return None if among is None else Within((record.c.record_id,), among)


def changed_since(warehouse: Warehouse, run: int) -> Ids:
    """The numbers of live records that are new or other than as of a run, of the sources the project declares."""
    table = standard_record(())
    later = sa.select(table.c.record_id).select_from(with_keys(table)).where(table.c.from_run > run, source.c.active, _live(table))
    return np.asarray(read(warehouse, later).column("record_id").to_numpy())


def standard_values(
    connection: sa.Connection, attributes: Sequence[Attribute], record_ids: Sequence[int], run: int | None = None
) -> pa.Table:
    """The standard records of these numbers, shaped like `live_records`, live or as of a run."""
    statement = _standard_values(attributes, _live if run is None else _as_of(run))
    return read_few(connection, statement.where(among(connection.dialect.name, record.c.record_id, record_ids)))


def raw_record(connection: sa.Connection, key: RecordKey, run: int | None = None) -> RawRecord:
    """A source record as pulled, live or as of a run. Raises `UnknownRecord` when there is or was none. (Invariant 10)"""
    seen = _live(source_record) if run is None else _as_of(run)(source_record)
    named = sa.and_(source.c.name == key.source, record.c.key == key.key)
    row = connection.execute(sa.select(source_record).select_from(with_keys(source_record)).where(named, seen)).one_or_none()
    if row is None:
        when = "is live" if run is None else f"was live as of run {run}"
        raise UnknownRecord(f"no source record {key} {when}: check the source and the key.")
    return RawRecord(key, row.record_id, row.from_run, row.modified, json.loads(row.raw))


def newest_modification(connection: sa.Connection, run: int | None = None) -> int | None:
    """The newest time of a change that any live record tells (microseconds since 1970, UTC), now or as of a run."""
    seen = _live(source_record) if run is None else _as_of(run)(source_record)
    newest = sa.select(sa.func.max(source_record.c.modified)).select_from(with_keys(source_record)).where(source.c.active, seen)
    found: int | None = connection.scalar(newest)
    return found


def live_record_count(connection: sa.Connection) -> int:
    """How many records are live, of the sources the project declares."""
    live = sa.select(sa.func.count()).select_from(with_keys(source_record)).where(source.c.active, _live(source_record))
    return int(connection.execute(live).scalar_one())


def raw_records(warehouse: Warehouse, name: str) -> Iterator[pa.Table]:
    """The live records of a source as pulled, part by part: record_id, key, modified, raw; see `bulk.stream`."""
    columns = (record.c.record_id, record.c.key, source_record.c.modified, source_record.c.raw)
    live = sa.select(*columns).select_from(with_keys(source_record)).where(source.c.name == name, _live(source_record))
    return stream(warehouse, live)


def record_keys(connection: sa.Connection, record_ids: Sequence[int]) -> dict[int, RecordKey]:
    """The record key of each record number."""
    joined = sa.select(record.c.record_id, source.c.name, record.c.key).join(source, source.c.source_id == record.c.source_id)
    rows = connection.execute(joined.where(among(connection.dialect.name, record.c.record_id, record_ids)))
    return {row.record_id: RecordKey(row.name, row.key) for row in rows}


def _live(table: sa.Table) -> sa.ColumnElement[bool]:
    return visible(table, source.c.live_run)


def _as_of(run: int) -> Callable[[sa.Table], sa.ColumnElement[bool]]:
    return lambda table: visible_before(table, run, source.c.live_run)


def _standard_values(attributes: Sequence[Attribute], seen: Callable[[sa.Table], sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Standard records with the keys and modification times of the source records they were made of."""
    table = standard_record(attributes)
    version = sa.and_(source_record.c.record_id == table.c.record_id, seen(source_record))
    columns = (record.c.record_id, source.c.name.label("source"), record.c.key, source_record.c.modified)
    values = (table.c[attribute.name] for attribute in attributes)
    return sa.select(*columns, *values).select_from(with_keys(table).join(source_record, version)).where(seen(table))


def with_keys(table: sa.Table) -> sa.Join:
    """Rows of a table with a `record_id`, beside the record and the source they are of."""
    return table.join(record, record.c.record_id == table.c.record_id).join(source, source.c.source_id == record.c.source_id)
