"""Soundness: whether the database and every row in it read back as they were written; the doctor's first questions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.errors import WarehouseError
from warehouse.attribute_tables import golden_version, standard_record
from warehouse.bulk import stream
from warehouse.columns import Json, UtcTime, metadata
from warehouse.database import Warehouse
from warehouse.tables import run as runs
from warehouse.tables import source_record
from warehouse.visibility import OPEN

MOST_PAGES = 20
"""Faults of a damaged file after which SQLite stops counting."""
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


def kept_tables(connection: sa.Connection, attributes: Sequence[Attribute]) -> list[sa.Table]:
    """All tables of ours that there are."""
    there = set(sa.inspect(connection).get_table_names())
    return [table for table in (*metadata.sorted_tables, standard_record(attributes), golden_version(attributes)) if table.name in there]


def file_faults(warehouse: Warehouse) -> list[str]:
    """What is wrong with the pages of an SQLite file; a server looks after its own."""
    if warehouse.dialect != "sqlite":
        return []
    try:
        with warehouse.connect() as connection:
            told = connection.exec_driver_sql(f"PRAGMA quick_check({MOST_PAGES})").scalars().all()
    except WarehouseError as error:
        told = [str(error)]
    if told == ["ok"]:
        return []
    count = f"{MOST_PAGES} or more" if len(told) >= MOST_PAGES else str(len(told))
    return [f"{count} faults are in the database file itself: bring back a backup"]


def loose_references(connection: sa.Connection) -> list[str]:
    """Rows of an SQLite warehouse that point to rows that are not there; a server refuses such."""
    if connection.dialect.name != "sqlite":
        return []
    loose: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        loose[table, parent] = loose.get((table, parent), 0) + 1
    return [f"{count} rows of '{table}' point to a row of '{parent}' that is not there" for (table, parent), count in sorted(loose.items())]


def row_faults(connection: sa.Connection, table: sa.Table) -> Iterator[str]:
    """Values that do not read back as their column's type, and rows that hold from no run on or to none.

    Each table is read once.
    """
    asked = {**dict(_type_questions(connection, table)), **_range_questions(connection, table)}
    if asked:
        counted = [sa.func.coalesce(sa.func.sum(sa.case((wrong, 1), else_=0)), 0) for wrong in asked.values()]
        for sentence, count in zip(asked, connection.execute(sa.select(*counted).select_from(table)).one(), strict=True):
            if count:
                yield f"{count} {sentence}"
    if _versions_in_key(table):
        overlapping = connection.scalar(sa.select(sa.func.count()).select_from(_overlapping(table).subquery()))
        if overlapping:
            yield f"{overlapping} rows of '{table.name}' begin to hold before the version before them ends"


def _type_questions(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[str, sa.ColumnElement[bool]]]:
    """SQLite keeps any value in any column, so each is asked whether it is what it should be; a server refuses others."""
    for column in table.columns:
        sound = _is_sound(column) if connection.dialect.name == "sqlite" else None
        if sound is not None:
            yield (
                f"values of '{table.name}.{column.name}' are no {_type_word(column)}",
                sa.and_(_plain(column).is_not(None), sa.func.coalesce(sound, False).is_(False)),
            )


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The column without what SQLAlchemy makes of its values."""
    return sa.type_coerce(column, sa.Text)


def _is_sound(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether a value of SQLite's is one of the column's type."""
    value, kind = _plain(column), sa.func.typeof(column)
    if isinstance(column.type, Json):
        return sa.and_(kind == "text", sa.func.json_valid(value) == 1)
    if isinstance(column.type, UtcTime):
        return sa.and_(kind == "text", value.op("GLOB")(f"{DAY} *"), sa.func.datetime(value).is_not(None))
    if isinstance(column.type, sa.Date):
        return sa.and_(kind == "text", value.op("GLOB")(DAY), sa.func.date(value, "+0 days") == value)
    if isinstance(column.type, sa.Boolean):
        return sa.and_(kind == "integer", value.in_([sa.literal_column("0"), sa.literal_column("1")]))
    if isinstance(column.type, sa.Integer):
        return kind == "integer"
    if isinstance(column.type, sa.Double):
        return kind.in_(["real", "integer"])
    return kind == ("blob" if isinstance(column.type, sa.LargeBinary) else "text")


def _type_word(column: sa.Column[Any]) -> str:
    """What values of a column are, in a word."""
    named = (
        (Json, "JSON"),
        (UtcTime, "time"),
        (sa.Date, "date"),
        (sa.Boolean, "truth"),
        (sa.Integer, "whole number"),
        (sa.Double, "number"),
    )
    return next(
        (word for type_, word in named if isinstance(column.type, type_)), "bytes" if isinstance(column.type, sa.LargeBinary) else "text"
    )


def _range_questions(connection: sa.Connection, table: sa.Table) -> dict[str, sa.ColumnElement[bool]]:
    """Spans lie among the runs there were, statuses among those there are, shares and probabilities between 0 and 1."""
    asked: dict[str, sa.ColumnElement[bool]] = {}
    if "from_run" in table.c:
        last = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(runs.c.number), 0)))
        begin, end = table.c.from_run, table.c.to_run
        broken = sa.or_(begin < 1, begin > last, end <= begin, sa.and_(end > last, end != OPEN))
        asked[f"rows of '{table.name}' hold in a span of runs that cannot be"] = broken
    for name in (column.name for column in table.columns):
        if table.name == "standard_record" and name.endswith(status_suffix()):
            asked[f"values of '{table.name}.{name}' are no status"] = ~table.c[name].between(0, 3)
        elif name in ("linkage", "cohesion", "completeness") or name.endswith("probability"):
            asked[f"values of '{table.name}.{name}' are not between 0 and 1"] = ~table.c[name].between(-1e-9, 1 + 1e-9)
    return asked


def status_suffix() -> str:
    """How names of status columns end."""
    return "_status"


def _versions_in_key(table: sa.Table) -> bool:
    """Whether the primary key tells which rows are versions of the same."""
    return "from_run" in table.primary_key.columns


def _overlapping(table: sa.Table) -> sa.Select[Any]:
    """Rows that begin before the version before them ends."""
    same = [column for column in table.primary_key.columns if column.name != "from_run"]
    before = sa.func.lag(table.c.to_run).over(partition_by=same, order_by=table.c.from_run).label("before")
    spans = sa.select(table.c.from_run, before).subquery()
    return sa.select(spans.c.from_run).where(spans.c.before > spans.c.from_run)


def raw_faults(warehouse: Warehouse) -> list[str]:
    """Raw rows that are no JSON object, in any version of a source record; they are read part by part."""
    broken = 0
    try:
        for part in stream(warehouse, sa.select(source_record.c.raw)):
            broken += sum(map(_is_no_object, part.column("raw").to_pylist()))
    except (WarehouseError, pa.ArrowException) as error:
        return [f"raw rows cannot be read: {str(error).rstrip('.')}"]
    return [f"{broken} raw rows of source records are no JSON object"] if broken else []


def _is_no_object(raw: str) -> bool:
    try:
        return not isinstance(json.loads(raw), dict)
    except (ValueError, RecursionError):
        return True
