"""Session: one run on one project: its warehouse, its lock and its clock."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from domain.runs import Run, RunStatus
from pipelines.project import Project
from warehouse.database import Warehouse, open_warehouse
from warehouse.generated import ensure_tables
from warehouse.lock import run_lock
from warehouse.runs import finish_run, published_run, run_report, start_run
from warehouse.scratch import discard_copy
from warehouse.sources import sync_sources

HOUSE = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Session:
    """What every step of a run needs."""

    project: Project
    warehouse: Warehouse
    run: Run


@contextmanager
def open_project_warehouse(project: Project) -> Iterator[Warehouse]:
    """The project's warehouse, its tables following the project's attributes."""
    with closing(open_warehouse(project.warehouse(os.environ), project.folder)) as warehouse:
        ensure_tables(warehouse, project.attributes)
        yield warehouse


@contextmanager
def open_session(project: Project, run_id: str | None = None, wait: float = 0.0) -> Iterator[Session]:
    """A run: the lock is held and its number given. A run that ends without having been finished has failed, unless it published.

    WarehouseBusy, which names the holder, where another run has the lock and still has it after `wait` seconds; nothing is changed then.
    """
    with closing(open_warehouse(project.warehouse(os.environ), project.folder)) as warehouse, run_lock(warehouse, wait):
        discard_copy(warehouse)
        ensure_tables(warehouse, project.attributes)
        with session_on(project, warehouse, run_id) as session:
            yield session


@contextmanager
def session_on(project: Project, warehouse: Warehouse, run_id: str | None = None) -> Iterator[Session]:
    """A run on a warehouse that nobody else writes to."""
    fingerprints = {"code": code_fingerprint(), "project": project.fingerprint}
    run = start_run(warehouse, datetime.now(UTC), fingerprints, run_id)
    with warehouse.begin() as connection:
        sync_sources(connection, project.sources)
    try:
        yield Session(project, warehouse, run)
    finally:
        with warehouse.begin() as connection:
            row = run_report(connection, run.number)
            if row is not None and row.status is RunStatus.RUNNING:
                status = RunStatus.PUBLISHED if published_run(connection) == run.number else RunStatus.FAILED
                finish_run(connection, run, status, datetime.now(UTC), row.report or {})


@cache
def code_fingerprint() -> str:
    """Changes with the code that turns raw rows into published ones, as it was when this process began."""
    digest = hashlib.blake2b(digest_size=8)
    for package in ("domain", "matching"):
        for path in sorted((HOUSE / package).rglob("*")):
            if path.suffix in (".py", ".csv"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


# A process that outlives an upgrade goes on with the code that it has loaded, so it must not note that of the files by then.
code_fingerprint()
