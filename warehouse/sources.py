"""Sources: which there are, how each stands, and the batches that were pulled from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from domain.errors import WarehouseError
from domain.runs import BatchCounts, Run
from domain.sources import Source
from warehouse.runs import require_running
from warehouse.tables import source, source_batch

COUNTS = ("read", "accepted", "quarantined", "suppressed", "new", "changed", "unchanged", "vanished")


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source stands."""

    name: str
    owner: str
    active: bool
    """Declared in the project file."""
    live_run: int
    """The run whose batch went live last; 0: none did."""
    state: str
    """`live`, `held` or `never`."""
    data_as_of: datetime | None
    held_reason: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """One pull of a source; counts are none when it failed before they were known."""

    run: int
    state: str
    """`landed`, `live`, `held` or `failed`."""
    pulled_at: datetime | None
    reason: str | None
    columns: Mapping[str, Any] | None
    counts: BatchCounts | None


def sync_sources(connection: sa.Connection, sources: Sequence[Source]) -> dict[str, int]:
    """Make the sources known that the project file declares; returns the number of each.

    The records of a source that is declared no longer are kept, and no longer count as live.
    """
    known = {row.name: row for row in connection.execute(sa.select(source))}
    number = max((row.source_id for row in known.values()), default=0)
    for declared in sources:
        if declared.name not in known:
            number += 1
            connection.execute(source.insert().values(_new_source(number, declared)))
        elif (known[declared.name].owner, known[declared.name].active) != (declared.owner, True):
            connection.execute(_named(declared.name).values(owner=declared.owner, active=True))
    gone = [name for name, row in known.items() if row.active and name not in {declared.name for declared in sources}]
    for name in gone:
        connection.execute(_named(name).values(active=False))
    return {row.name: row.source_id for row in connection.execute(sa.select(source.c.name, source.c.source_id).where(source.c.active))}


def _new_source(number: int, declared: Source) -> dict[str, Any]:
    return {"source_id": number, "name": declared.name, "owner": declared.owner, "active": True, "live_run": 0, "state": "never"}


def _named(name: str) -> sa.Update:
    return source.update().where(source.c.name == name)


def source_number(connection: sa.Connection, name: str) -> int:
    """The number of a source. Raises `WarehouseError` when it is not known."""
    number: int | None = connection.scalar(sa.select(source.c.source_id).where(source.c.name == name))
    if number is None:
        raise WarehouseError(f"the warehouse does not know the source '{name}': declare it in the project file and run again.")
    return number


def source_states(connection: sa.Connection) -> list[SourceState]:
    """All sources by name, those among them that are declared no longer."""
    columns = [source.c[name] for name in SourceState.__dataclass_fields__]
    return [SourceState(*row) for row in connection.execute(sa.select(*columns).order_by(source.c.name))]


def land(connection: sa.Connection, run: Run, name: str, pulled_at: datetime, columns: Mapping[str, Any]) -> None:
    """Note that a pull has begun, and the columns found in the source with their types."""
    _save_batch(connection, run, name, {"state": "landed", "pulled_at": pulled_at, "columns": dict(columns)})


def go_live(connection: sa.Connection, run: Run, name: str, counts: BatchCounts, data_as_of: datetime) -> None:
    """Make the staged batch the live data of its source: the pointer moves."""
    require_running(connection, run)
    live = {"live_run": run.number, "state": "live", "data_as_of": data_as_of, "held_reason": None}
    connection.execute(_named(name).values(**live))
    _save_batch(connection, run, name, {"state": "live", **_count_columns(counts)})


def hold(connection: sa.Connection, run: Run, name: str, counts: BatchCounts | None, reason: str) -> None:
    """Keep the last good data live; without `counts` the pull itself has failed. What was staged goes when the next run starts."""
    connection.execute(_named(name).values(state="held", held_reason=reason))
    outcome = {"state": "failed"} if counts is None else {"state": "held", **_count_columns(counts)}
    _save_batch(connection, run, name, {"reason": reason, **outcome})


def batch_history(connection: sa.Connection, name: str, limit: int = 100) -> list[Batch]:
    """The pulls of a source, newest first."""
    of_source = sa.and_(source_batch.c.source_id == source.c.source_id, source.c.name == name)
    rows = connection.execute(sa.select(source_batch).join(source, of_source).order_by(source_batch.c.run.desc()).limit(limit))
    return [_batch(name, row) for row in rows]


def _batch(name: str, row: sa.Row[Any]) -> Batch:
    counts = None if row.read is None else BatchCounts(name, *(getattr(row, column) for column in COUNTS))
    return Batch(row.run, row.state, row.pulled_at, row.reason, row.columns, counts)


def _count_columns(counts: BatchCounts) -> dict[str, int]:
    return {name: value for name, value in asdict(counts).items() if name in COUNTS}


def _save_batch(connection: sa.Connection, run: Run, name: str, values: Mapping[str, Any]) -> None:
    number = source_number(connection, name)
    at = sa.and_(source_batch.c.source_id == number, source_batch.c.run == run.number)
    if connection.execute(source_batch.update().where(at).values(**values)).rowcount == 0:
        connection.execute(source_batch.insert().values(source_id=number, run=run.number, **values))


def last_changes(connection: sa.Connection) -> dict[str, int]:
    """Of each active source, the run that last changed what is live of it; 0: none did."""
    moved = sa.or_(source_batch.c.new > 0, source_batch.c.changed > 0, source_batch.c.vanished > 0)
    live = sa.and_(source_batch.c.source_id == source.c.source_id, source_batch.c.state == "live", moved)
    statement = sa.select(source.c.name, sa.func.coalesce(sa.func.max(source_batch.c.run), 0)).select_from(
        source.outerjoin(source_batch, live)
    )
    return dict(connection.execute(statement.where(source.c.active).group_by(source.c.name)).tuples().all())


def first_live_runs(connection: sa.Connection) -> dict[str, int]:
    """Of each active source that was ever live, the run in which it was so for the first time."""
    live = sa.and_(source_batch.c.source_id == source.c.source_id, source_batch.c.state == "live")
    first = sa.select(source.c.name, sa.func.min(source_batch.c.run)).join(source_batch, live)
    return dict(connection.execute(first.where(source.c.active).group_by(source.c.name)).tuples().all())
