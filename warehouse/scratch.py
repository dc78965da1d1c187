"""Scratch: a copy of the whole warehouse to try things on, which is gone afterwards. Nothing done to it can be seen in the warehouse.

A file beside that of an SQLite warehouse, a schema of its own on PostgreSQL. Whoever holds the lock of the warehouse may take it
that a copy which is there is left over by somebody who was killed.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from domain.errors import WarehouseError
from warehouse.database import Warehouse
from warehouse.failures import explained, reason
from warehouse.tables import metadata

SCHEMA, ENDING = "onefold_preview", ".preview"
GENERATED = ("alembic_version", "standard_record", "golden_version")
"""Tables of ours that are not among the fixed ones."""
UNCOPIED = frozenset({"audit_entry", "audit_payload", "dead_letter", "outbox"})
"""Tables that nothing is tried with: they are empty in the copy."""


@contextmanager
def scratch_copy(warehouse: Warehouse) -> Iterator[Warehouse]:
    """A copy of the warehouse for one block. The caller holds the warehouse's lock.

    Raises `WarehouseError` where there is no room for it, or no right to make it.
    """
    discard_copy(warehouse)
    try:
        with closing(_file_copy(warehouse, warehouse.path) if warehouse.path else _schema_copy(warehouse)) as copy:
            yield copy
    finally:
        discard_copy(warehouse)


def discard_copy(warehouse: Warehouse) -> None:
    """Remove a copy that is there. The caller holds the warehouse's lock."""
    if warehouse.path is not None:
        for path in _files(warehouse.path):
            path.unlink(missing_ok=True)
        return
    with warehouse.connect() as connection:
        found = sa.inspect(connection).has_schema(SCHEMA)
    if found:
        with warehouse.begin() as connection:
            connection.execute(sa.schema.DropSchema(SCHEMA, cascade=True, if_exists=True))


def _files(path: Path) -> list[Path]:
    """The file of a copy, and those that SQLite and a lock leave beside it."""
    return [path.with_name(f"{path.name}{ENDING}{rest}") for rest in ("", "-wal", "-shm", "-journal", ".lock")]


def _file_copy(warehouse: Warehouse, path: Path) -> Warehouse:
    """The file as it is at one moment, whoever writes to it meanwhile (SQLite's online backup)."""
    target = _files(path)[0]
    _require_room(path)
    with warehouse.connect() as connection, closing(sqlite3.connect(target)) as copy:
        shutil.copymode(path, target)
        own: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # the engine is SQLite's
        try:
            for pragma in ("journal_mode", "synchronous"):
                copy.execute(f"PRAGMA {pragma} = OFF")  # nobody needs it after a crash
            own.backup(copy)
        except sqlite3.Error as error:
            raise WarehouseError(f"a copy of the warehouse cannot be made beside {path}: {reason(error)}.") from None
    return Warehouse(sa.URL.create("sqlite", database=str(target)))


def _require_room(path: Path) -> None:
    needed, free = 2 * path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise WarehouseError(
            f"a copy of the warehouse takes up to {needed >> 20:,} MB beside {path}, and {free >> 20:,} MB are free: make room."
        )


def _schema_copy(warehouse: Warehouse) -> Warehouse:
    """Every table of ours in a schema of its own; names without a schema mean those for who connects to it."""
    advice = f"A preview needs the right to create a schema: GRANT CREATE ON DATABASE {warehouse.url.database} TO the warehouse's user."
    with explained("a copy of the warehouse cannot be made", advice), warehouse.begin() as connection:
        own = connection.scalar(sa.select(sa.func.current_schema()))
        there = sa.inspect(connection).get_table_names()
        connection.execute(sa.schema.CreateSchema(SCHEMA))
        for name in (*GENERATED, *metadata.tables):
            if name in there:
                _copy_table(connection, str(own), name)
    options = f"{warehouse.url.query.get('options', '')} -csearch_path={SCHEMA}".strip()
    return Warehouse(warehouse.url.update_query_dict({"options": options}))


def _copy_table(connection: sa.Connection, own: str, name: str) -> None:
    columns = [column["name"] for column in sa.inspect(connection).get_columns(name)]
    source, target = (sa.table(name, *map(sa.column, columns), schema=schema) for schema in (own, SCHEMA))
    spelled = [connection.dialect.identifier_preparer.format_table(table) for table in (source, target)]
    connection.exec_driver_sql(f"CREATE TABLE {spelled[1]} (LIKE {spelled[0]} INCLUDING ALL)")
    if name not in UNCOPIED:
        connection.execute(target.insert().from_select(columns, sa.select(source)))
        connection.exec_driver_sql(f"ANALYZE {spelled[1]}")  # the statistics of the table stay with it
