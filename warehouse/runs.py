"""Runs: starting one, ending it, publishing what it staged, and what earlier ones reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from domain.errors import WarehouseError
from domain.runs import Run, RunStatus
from warehouse.database import Warehouse
from warehouse.ids import first_free
from warehouse.leftovers import remove_leftovers
from warehouse.publications import last_publication, published_run
from warehouse.tables import publication
from warehouse.tables import run as runs

__all__ = ["RunRow", "finish_run", "last_reports", "publish", "published_run", "require_running", "run_report", "start_run"]

FINGERPRINTS = ("code", "project", "model", "input")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as it is kept."""

    number: int
    id: str
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    fingerprints: Mapping[str, str | None]
    """Of `code`, `project`, `model` and `input`."""
    report: Mapping[str, Any] | None


def start_run(warehouse: Warehouse, started_at: datetime, fingerprints: Mapping[str, str] | None = None, run_id: str | None = None) -> Run:
    """Begin a run, after removing all that earlier ones staged and did not make visible; those still running have failed.

    The caller holds the lock (`warehouse.lock`). `fingerprints` are named by `FINGERPRINTS`, `run_id` defaults to a random one.
    """
    with warehouse.begin() as connection:
        _end_killed(connection, started_at)
    # A run is numbered only when nothing of its predecessors is left, so a start that is killed here is simply repeated.
    remove_leftovers(warehouse)
    with warehouse.begin() as connection:
        run = Run(first_free(connection, runs.c.number), run_id or uuid4().hex, started_at)
        row = {"number": run.number, "id": run.id, "status": RunStatus.RUNNING, "started_at": started_at}
        connection.execute(runs.insert().values(**row, **_fingerprint_columns(fingerprints)))
    return run


def _end_killed(connection: sa.Connection, at: datetime) -> None:
    """Runs that still run have failed, unless they were killed just after publishing."""
    killed = runs.update().where(runs.c.status == RunStatus.RUNNING).values(finished_at=at)
    did_publish = runs.c.number.in_(sa.select(publication.c.run))
    connection.execute(killed.where(did_publish).values(status=RunStatus.PUBLISHED))
    connection.execute(killed.where(sa.not_(did_publish)).values(status=RunStatus.FAILED))


def finish_run(
    connection: sa.Connection,
    run: Run,
    status: RunStatus,
    finished_at: datetime,
    report: Mapping[str, Any],
    fingerprints: Mapping[str, str] | None = None,
) -> None:
    """Note how a run ended and its report; `fingerprints` that were not known at its start are added."""
    values = {"status": status, "finished_at": finished_at, "report": dict(report), **_fingerprint_columns(fingerprints)}
    connection.execute(runs.update().where(runs.c.number == run.number).values(**values))


def require_running(connection: sa.Connection, run: Run) -> None:
    """Raise `WarehouseError` when another run has taken over since: what this one staged is gone."""
    status = connection.scalar(sa.select(runs.c.status).where(runs.c.number == run.number).with_for_update())
    if status != RunStatus.RUNNING:
        raise WarehouseError(f"run {run.number} has ended or was replaced by a later one: start a new run.")


def publish(
    connection: sa.Connection, run: Run, note: str = "", at: datetime | None = None, restored: int | None = None, by: str | None = None
) -> None:
    """Make visible what the run staged in the ledger and the golden tables: one row moves the pointer. (Invariants 5, 9)

    `at` is when; without it the run's clock. A moment names one publication, so none is as early as the last, whatever clocks say.
    `restored` is the publication whose state is brought back, `by` the person who asked for it.
    """
    require_running(connection, run)
    last = last_publication(connection)
    at = at or run.started_at
    moment = at if last is None else max(at, last.published_at + timedelta(microseconds=1))
    connection.execute(publication.insert().values(run=run.number, published_at=moment, note=note, restored_run=restored, published_by=by))


def last_reports(connection: sa.Connection, limit: int = 10) -> list[RunRow]:
    """The latest runs, newest first."""
    rows = connection.execute(sa.select(runs).order_by(runs.c.number.desc()).limit(limit))
    return [_run_row(row) for row in rows]


def run_report(connection: sa.Connection, number: int) -> RunRow | None:
    """One run, if there was one of this number."""
    row = connection.execute(sa.select(runs).where(runs.c.number == number)).one_or_none()
    return None if row is None else _run_row(row)


def _run_row(row: sa.Row[Any]) -> RunRow:
    fingerprints = {name: getattr(row, f"{name}_fingerprint") for name in FINGERPRINTS}
    return RunRow(row.number, row.id, RunStatus(row.status), row.started_at, row.finished_at, fingerprints, row.report)


def _fingerprint_columns(fingerprints: Mapping[str, str] | None) -> dict[str, str]:
    return {f"{name}_fingerprint": value for name, value in (fingerprints or {}).items()}


def note(connection: sa.Connection, run: Run, **parts: Any) -> dict[str, Any]:
    """Add to the report of a run that is under way; returns all that it holds."""
    row = connection.execute(sa.select(runs.c.report).where(runs.c.number == run.number)).one()
    report = {**(row.report or {}), **parts}
    connection.execute(runs.update().where(runs.c.number == run.number).values(report=report))
    return report


def last_result(connection: sa.Connection) -> RunRow | None:
    """The latest run whose result stands: published, or found to change nothing."""
    stands = runs.c.status.in_([RunStatus.PUBLISHED, RunStatus.UNCHANGED])
    row = connection.execute(sa.select(runs).where(stands).order_by(runs.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _run_row(row)
