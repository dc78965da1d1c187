"""Staging: the versions of source records and standard records that a run pulls, before anybody sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.errors import WarehouseError
from domain.runs import Run
from warehouse.attribute_tables import standard_record, status_column
from warehouse.bulk import append, read
from warehouse.database import Warehouse
from warehouse.ids import Values, among, batches, end_rows, first_free
from warehouse.leftovers import remove_staged
from warehouse.records import with_keys
from warehouse.sources import source_number
from warehouse.tables import record, source, source_record
from warehouse.versions import as_versions, with_number
from warehouse.visibility import visible

LONGEST_KEY = 1_000
"""Bytes of a record key at most: an index of PostgreSQL takes no more than about 2,700."""


def next_record_id(connection: sa.Connection) -> int:
    """The first record number that is free."""
    return first_free(connection, record.c.record_id)


def live_keys(warehouse: Warehouse, name: str) -> pa.Table:
    """Every record of a source that was ever seen: record_id, key, live, content_hash, modified.

    A record that is not live now has neither content hash nor modification time; when it comes again, it keeps its number.
    """
    version = source_record.c
    seen = sa.and_(version.record_id == record.c.record_id, visible(source_record, source.c.live_run))
    both = record.join(source, record.c.source_id == source.c.source_id).outerjoin(source_record, seen)
    live = version.content_hash.is_not(None).label("live")
    columns = (record.c.record_id, record.c.key, live, version.content_hash, version.modified)
    return read(warehouse, sa.select(*columns).select_from(both).where(source.c.name == name))


def stage_records(warehouse: Warehouse, run: Run, name: str, records: pa.Table) -> int:
    """Stage versions of records that are new or changed; returns how many.

    `records` has record_id, key, is_new (never seen before), content_hash (16 bytes), modified (microseconds since 1970, or
    null) and raw (JSON text). The earlier version of a changed record ends here. Raises `WarehouseError` for a key that is
    longer than `LONGEST_KEY`.
    """
    _check_keys(name, records.column("key"))
    with warehouse.connect() as connection:
        number = source_number(connection, name)
    is_new = records.column("is_new")
    unseen = records.filter(is_new).select(["record_id", "key"])
    append(warehouse, record, with_number(unseen, "source_id", number))
    append(warehouse, source_record, as_versions(records.drop_columns(["key", "is_new"]), run))
    end_rows(warehouse, source_record, source_record.c.record_id, records.filter(pc.invert(is_new)).column("record_id"), run.number)
    return len(records)


def stage_standard(warehouse: Warehouse, run: Run, attributes: Sequence[Attribute], standard: pa.Table) -> int:
    """Stage standard records: record_id and, of each attribute, its value and `<name>_status`; returns how many.

    Earlier versions of the same records end here.
    """
    table = standard_record(attributes)
    rows = append(warehouse, table, as_versions(standard, run))
    end_rows(warehouse, table, table.c.record_id, standard.column("record_id"), run.number)
    return rows


def end_records(warehouse: Warehouse, run: Run, record_ids: Values) -> int:
    """End the versions of records that vanished from their source; returns how many there were."""
    table = standard_record(())
    end_rows(warehouse, table, table.c.record_id, record_ids, run.number)
    return end_rows(warehouse, source_record, source_record.c.record_id, record_ids, run.number)


def vanished_and_new(warehouse: Warehouse, run: Run, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The record numbers of a source that would no longer be live if the batch of this run went live, and those that were not before."""
    was, is_ = _ids(warehouse, name, source.c.live_run), _ids(warehouse, name, run.number)
    return np.setdiff1d(was, is_, assume_unique=True), np.setdiff1d(is_, was, assume_unique=True)


def _ids(warehouse: Warehouse, name: str, pointer: Any) -> npt.NDArray[np.int64]:
    statement = sa.select(source_record.c.record_id).select_from(with_keys(source_record)).where(source.c.name == name)
    return np.asarray(read(warehouse, statement.where(visible(source_record, pointer))).column(0).to_numpy())


def withdraw(warehouse: Warehouse, run: Run, name: str, keys: Values) -> None:
    """Take back what the run has staged for some keys of a source: their last good versions hold on."""
    for part in batches(keys, 5_000):
        _unstage_records(warehouse, run, name, among(warehouse.dialect, record.c.key, part))


def unstage(warehouse: Warehouse, run: Run, name: str) -> None:
    """Take back all that the run has staged for a source, to pull it again."""
    _unstage_records(warehouse, run, name, sa.true())


def _unstage_records(warehouse: Warehouse, run: Run, name: str, which: sa.ColumnElement[bool]) -> None:
    of_source = sa.select(record.c.record_id).join(source, record.c.source_id == source.c.source_id).where(source.c.name == name, which)
    for table in (source_record, standard_record(())):
        remove_staged(warehouse, table, run.number - 1, table.c.record_id.in_(of_source))


def statuses(warehouse: Warehouse, run: Run, name: str, attributes: Sequence[Attribute]) -> pa.Table:
    """What a source's records would be if the batch of this run went live: record_id, and `<name>_status` of each attribute."""
    table = standard_record(attributes)
    known = [sa.func.coalesce(table.c[status_column(a)], sa.literal_column("0")).label(status_column(a)) for a in attributes]
    statement = sa.select(table.c.record_id, *known).select_from(with_keys(table)).where(source.c.name == name, visible(table, run.number))
    return read(warehouse, statement)


def arriving_values(warehouse: Warehouse, run: Run, name: str, attributes: Sequence[Attribute]) -> pa.Table:
    """The values of a source's records if the batch of this run went live, a column an attribute, shaped as in a standard record."""
    table = standard_record(attributes)
    values = sa.select(*(table.c[a.name] for a in attributes)).select_from(with_keys(table))
    return read(warehouse, values.where(source.c.name == name, visible(table, run.number)))


def _check_keys(name: str, keys: pa.ChunkedArray) -> None:
    longest = pc.max(pc.binary_length(keys)).as_py() or 0
    if longest > LONGEST_KEY:
        raise WarehouseError(f"source '{name}': a record key of {longest} bytes is too long, {LONGEST_KEY} is the most: set another key.")
