"""Lock: one run at a time writes to a warehouse; the lock is freed by the death of its holder."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from domain.errors import WarehouseBusy
from domain.runs import RunStatus
from warehouse.database import Warehouse
from warehouse.failures import explained
from warehouse.tables import run as runs

RUN_LOCK = 7_036_802
"""Number of the PostgreSQL advisory lock; it is the database's own."""
ASK_SECONDS = 0.5
"""How often somebody who waits asks for the lock."""


@contextmanager
def run_lock(warehouse: Warehouse, wait: float = 0.0) -> Iterator[None]:
    """Hold the warehouse for one run; another that holds it is waited for, so many seconds.

    Raises `WarehouseBusy`, which names the holder, its run and since when.
    """
    with ExitStack() as held:
        end = time.monotonic() + wait
        while not _held(held, warehouse, final=time.monotonic() >= end):
            time.sleep(min(ASK_SECONDS, max(end - time.monotonic(), 0)))
        yield


def _held(held: ExitStack, warehouse: Warehouse, final: bool) -> bool:
    """Whether the lock is ours now; with `final`, it is an error if not."""
    try:
        held.enter_context(_file_lock(warehouse, warehouse.path) if warehouse.path is not None else _server_lock(warehouse))
    except WarehouseBusy:
        if final:
            raise
        return False
    return True


@contextmanager
def _file_lock(warehouse: Warehouse, database: Path) -> Iterator[None]:
    """The operating system's lock on a file beside the database; what is written in it only informs."""
    with database.with_name(f"{database.name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise _busy(warehouse, file.read()) from None
        file.truncate(0)
        file.write(f"{_myself()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        file.flush()
        yield


@contextmanager
def _server_lock(warehouse: Warehouse) -> Iterator[None]:
    """An advisory lock of one session: the server frees it when the session ends, however it ends."""
    with explained("the warehouse cannot be locked"):
        connection = warehouse.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with explained("the warehouse cannot be locked"):
            name = sa.func.set_config("application_name", _myself(), False)
            got = connection.execute(sa.select(sa.func.pg_try_advisory_lock(RUN_LOCK), name)).one()[0]
            holder = "" if got else _session_with_lock(connection)
        if not got:
            raise _busy(warehouse, holder)
        try:
            yield
        finally:
            _unlock(connection)
    finally:
        connection.invalidate()  # ends the session, and with it the lock
        connection.close()


def _unlock(connection: sa.Connection) -> None:
    """Free the lock at once: a session that was closed may hold it a moment longer."""
    with suppress(sa.exc.SQLAlchemyError):
        connection.execute(sa.select(sa.func.pg_advisory_unlock(RUN_LOCK)))


def _myself() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _session_with_lock(connection: sa.Connection) -> str:
    """What the server tells us of the holder."""
    asked = sa.text(
        "SELECT a.application_name || ', since ' || to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'"
        " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database"
        " WHERE l.locktype = 'advisory' AND l.objid = :lock AND l.granted AND d.datname = current_database()"
    )
    return connection.scalar(asked, {"lock": RUN_LOCK}) or ""


def _busy(warehouse: Warehouse, holder: str) -> WarehouseBusy:
    with warehouse.connect() as connection:
        number = connection.scalar(sa.select(sa.func.max(runs.c.number)).where(runs.c.status == RunStatus.RUNNING))
    known = [f"run {number}"] if number is not None else []
    who = ", ".join([*known, holder or "a process that is just beginning"])
    return WarehouseBusy(f"another run holds the warehouse ({who}): wait until it ends, or end it.")
