"""Quarantine: where refused rows wait, with their raw values and the reason. (Invariant 7)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import append, read
from warehouse.database import Warehouse
from warehouse.ids import Values, among, batches, first_free
from warehouse.sources import source_number
from warehouse.tables import quarantine, source

FIELDS = ("key", "raw", "reason", "attribute")
FIRST_ROWS = 3
"""Row numbers that are told of the rows refused for one reason."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row, or one value of a row, that was not let through."""

    quarantine_id: int
    source: str
    row_number: int
    """Its place in the pull that last brought it; of rows that are the same throughout, that of one of them."""
    key: str | None
    raw: str
    """The row as pulled, JSON text."""
    reason: str
    attribute: str | None
    """Set when one value was refused and the row went on."""
    copies: int
    first_run: int
    last_run: int


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Whole rows of a source that one run refused for the same reason; nothing of what they hold. (Invariant 11)"""

    source: str
    reason: str
    rows: tuple[int, ...]
    """The numbers of the first ones."""
    count: int


def quarantine_rows(warehouse: Warehouse, run: Run, name: str, rows: pa.Table) -> int:
    """Keep refused rows: row_number, key (or null), raw (JSON text), reason, attribute (null for a whole row). Returns how many.

    A row that an earlier run refused for the same reason is not kept twice, only counted anew.
    """
    refused = _counted(rows)
    with warehouse.begin() as connection:
        number = source_number(connection, name)
        known = _count_known(connection, run, number, refused)
        first = first_free(connection, quarantine.c.quarantine_id)
    unseen = [row for digest, row in refused.items() if digest not in known]
    kept = [
        {**row, "quarantine_id": first + place, "source_id": number, "state": "waiting", "first_run": run.number, "last_run": run.number}
        for place, row in enumerate(unseen)
    ]
    if kept:
        append(warehouse, quarantine, pa.Table.from_pylist(kept))
    return len(rows)


def _counted(rows: pa.Table) -> dict[str, dict[str, Any]]:
    """Each different row once, by digest, with the number of its copies."""
    refused: dict[str, dict[str, Any]] = {}
    for row in rows.select(["row_number", *FIELDS]).to_pylist():
        # A refused row may hold anything, and PostgreSQL keeps no NUL.
        plain = {name: row[name] and row[name].replace("\0", "\N{SYMBOL FOR NULL}") for name in FIELDS}
        digest = blake2b(repr([plain[name] for name in FIELDS]).encode(), digest_size=16).hexdigest()
        copies = refused.get(digest, {}).get("copies", 0) + 1
        refused[digest] = {"row_number": row["row_number"], **plain, "digest": digest, "copies": copies}
    return refused


def _count_known(connection: sa.Connection, run: Run, number: int, refused: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Count anew the rows that are kept already; returns their digests."""
    known = set[str]()
    for part in batches(list(refused)):
        these = sa.and_(quarantine.c.source_id == number, among(connection.dialect.name, quarantine.c.digest, part))
        rows = connection.execute(sa.select(quarantine).where(these)).all()
        known |= {row.digest for row in rows}
        counts = [_recount(row, run, refused[row.digest]) for row in rows]
        if counts:
            connection.execute(quarantine.update().where(quarantine.c.quarantine_id == sa.bindparam("refused")), counts)
    return known


def _recount(row: sa.Row[Any], run: Run, refused: Mapping[str, Any]) -> dict[str, Any]:
    before = row.copies if row.last_run == run.number else 0
    counts = {"copies": before + refused["copies"], "last_run": run.number, "row_number": refused["row_number"]}
    return {"refused": row.quarantine_id, "state": "waiting", **counts}


def waiting_rows(warehouse: Warehouse, run: Run, name: str, since: int) -> pa.Table:
    """Whole rows of a source that were refused in the run `since` or later, and not yet in this one: quarantine_id, key, copies."""
    columns = (quarantine.c.quarantine_id, quarantine.c.key, quarantine.c.copies)
    statement = sa.select(*columns).join_from(quarantine, source).where(source.c.name == name, quarantine.c.attribute.is_(None))
    return read(warehouse, statement.where(quarantine.c.last_run >= since, quarantine.c.last_run < run.number))


def refuse_again(warehouse: Warehouse, run: Run, ids: Values) -> None:
    """Count rows of the quarantine in this run too: the source still has them, and they were not read again."""
    for part in batches(ids):
        with warehouse.begin() as connection:
            these = among(connection.dialect.name, quarantine.c.quarantine_id, part)
            connection.execute(quarantine.update().where(these).values(state="waiting", last_run=run.number))


def release(connection: sa.Connection, run: Run, name: str) -> int:
    """Let go of the waiting rows of a source that this run's pull has not brought again; returns how many.

    They were mended, and live as records now, or are no longer there. They are kept, and wait again if they come again.
    """
    number = source_number(connection, name)
    gone = sa.and_(quarantine.c.source_id == number, quarantine.c.last_run < run.number, quarantine.c.state == "waiting")
    return connection.execute(quarantine.update().where(gone).values(state="released")).rowcount


def uncount(warehouse: Warehouse, run: Run, name: str) -> None:
    """Forget how many rows of a source this run has refused, to pull it again; the rows themselves are kept."""
    with warehouse.begin() as connection:
        number = source_number(connection, name)
        these = sa.and_(quarantine.c.source_id == number, quarantine.c.last_run == run.number)
        connection.execute(quarantine.update().where(these).values(copies=0))


def quarantine_count(connection: sa.Connection, run: int, name: str) -> int:
    """How many whole rows of a source this run refused; right until a later run refuses some of them again."""
    whole = sa.and_(source.c.name == name, quarantine.c.last_run == run, quarantine.c.attribute.is_(None))
    statement = sa.select(sa.func.coalesce(sa.func.sum(quarantine.c.copies), 0)).join(source, source.c.source_id == quarantine.c.source_id)
    return int(connection.execute(statement.where(whole)).scalar_one())


def refused_rows(connection: sa.Connection, run: int, name: str) -> list[RefusedRows]:
    """The whole rows of a source that this run refused, by reason, most rows first; right until a later run refuses some of them again."""
    of_source = sa.select(source.c.source_id).where(source.c.name == name).scalar_subquery()
    table = quarantine.c
    these = sa.and_(table.source_id == of_source, table.last_run == run, table.attribute.is_(None), table.copies > 0)
    count = sa.func.sum(table.copies)
    counts = connection.execute(sa.select(table.reason, count).where(these).group_by(table.reason).order_by(count.desc(), table.reason))
    found = counts.all()
    if not found:
        return []
    place = sa.func.row_number().over(partition_by=table.reason, order_by=table.row_number).label("place")
    numbered = sa.select(table.reason, table.row_number, place).where(these, table.row_number > 0).subquery()
    first = connection.execute(sa.select(numbered).where(numbered.c.place <= FIRST_ROWS).order_by(numbered.c.place))
    rows: dict[str, list[int]] = {}
    for row in first:
        rows.setdefault(row.reason, []).append(row.row_number)
    return [RefusedRows(name, reason, tuple(rows.get(reason, ())), int(total)) for reason, total in found]


def quarantined(connection: sa.Connection, name: str | None = None, limit: int = 100, offset: int = 0) -> list[Refused]:
    """Refused rows that wait, those seen last first; of one source or of all."""
    columns = [source.c.name if field == "source" else quarantine.c[field] for field in Refused.__dataclass_fields__]
    waiting = sa.select(*columns).join_from(quarantine, source).where(quarantine.c.state == "waiting")
    if name is not None:
        waiting = waiting.where(source.c.name == name)
    newest = (quarantine.c.last_run.desc(), quarantine.c.quarantine_id)
    return [Refused(*row) for row in connection.execute(waiting.order_by(*newest).limit(limit).offset(offset))]
