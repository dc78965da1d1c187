"""Scrub: what a database file keeps of rows that are no more is written over, after an erasure. (SQLite)

The rows are gone before; here the file is made anew without what is left of them in free pages and in gaps of pages in use,
and the write-ahead log is emptied. On PostgreSQL the server's own vacuum does it; see docs/erasure.md.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import sqlalchemy as sa

from warehouse.database import Warehouse
from warehouse.tables import erasure
from warehouse.turns import Group


def finish_erasures(warehouse: Warehouse) -> bool:
    """Do what erasures have left to be done; whether nothing is left.

    Where somebody reads the file just now, or the disk has no room for a second copy, it is left to the next run.
    """
    waiting = erasure.c.finished_at.is_(None)
    with warehouse.connect() as connection:
        if not connection.scalar(sa.select(sa.func.count()).select_from(erasure).where(waiting)):
            return True
    if warehouse.path is not None and not _rewritten(warehouse):
        return False
    with warehouse.begin() as connection:
        connection.execute(erasure.update().where(waiting).values(finished_at=datetime.now(UTC)))
    return True


def _rewritten(warehouse: Warehouse) -> bool:
    """Whether the file was made anew and its log emptied."""
    with warehouse.turn(Group.STATEMENTS), warehouse.engine.connect() as connection:
        file = connection.connection.driver_connection
        try:
            file.execute("VACUUM").close()  # type: ignore[union-attr]  # an open connection has a driver's
            return bool(file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)  # type: ignore[union-attr]
        except sqlite3.Error:
            return False
