"""Subscribers: how far each has been told, when it is tried again, and the events it would not take."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from domain.errors import WarehouseBusy
from warehouse.database import Warehouse
from warehouse.failures import explained
from warehouse.tables import dead_letter, subscriber

DELIVERY_LOCK = 7_036_804
"""Number of the PostgreSQL advisory lock that lets one process deliver at a time."""
BUSY = "another process delivers events now: it will deliver these too."


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a subscriber has been told."""

    last_event: int
    """Every event up to this one was taken, or is a dead letter."""
    failures: int
    """Times in a row that the next event could not be delivered."""
    next_attempt: datetime | None
    """Not tried again before; none: at once."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a subscriber would not take."""

    subscriber: str
    event_id: int
    attempts: int
    reason: str
    given_up_at: datetime


def standing(connection: sa.Connection, name: str) -> Standing:
    """How far a subscriber has been told; a new one has been told nothing."""
    columns = (subscriber.c.last_event, subscriber.c.failures, subscriber.c.next_attempt)
    row = connection.execute(sa.select(*columns).where(subscriber.c.name == name)).one_or_none()
    return Standing(0, 0, None) if row is None else Standing(*row)


def note_standing(connection: sa.Connection, name: str, now: Standing) -> None:
    """Keep how far a subscriber has been told."""
    values = {"last_event": now.last_event, "failures": now.failures, "next_attempt": now.next_attempt}
    if connection.execute(subscriber.update().where(subscriber.c.name == name).values(values)).rowcount == 0:
        connection.execute(subscriber.insert().values(name=name, **values))


def give_up(connection: sa.Connection, letter: DeadLetter) -> None:
    """Keep an event as one that a subscriber would not take, in place of what was kept of it before; the subscriber is known."""
    take_back(connection, letter.subscriber, letter.event_id)
    told = {"attempts": letter.attempts, "reason": letter.reason, "given_up_at": letter.given_up_at}
    connection.execute(dead_letter.insert().values(subscriber=letter.subscriber, event_id=letter.event_id, **told))


def take_back(connection: sa.Connection, name: str, event_id: int) -> None:
    """Forget that a subscriber would not take an event: it has taken it."""
    connection.execute(dead_letter.delete().where(dead_letter.c.subscriber == name, dead_letter.c.event_id == event_id))


def dead_letters(connection: sa.Connection, event_ids: Sequence[int] | None = None) -> list[DeadLetter]:
    """The events that subscribers would not take, all or some, in the order of the events."""
    columns = (dead_letter.c.subscriber, dead_letter.c.event_id, dead_letter.c.attempts, dead_letter.c.reason, dead_letter.c.given_up_at)
    found = sa.select(*columns).order_by(dead_letter.c.event_id, dead_letter.c.subscriber)
    if event_ids is not None:
        found = found.where(dead_letter.c.event_id.in_(event_ids))
    return [DeadLetter(*row) for row in connection.execute(found)]


def delivery_lock(warehouse: Warehouse) -> AbstractContextManager[None]:
    """Be the one process that delivers, so that events arrive in order; freed by the death of its holder.

    Raises `WarehouseBusy` while another delivers.
    """
    return _file_lock(warehouse.path) if warehouse.path is not None else _server_lock(warehouse)


@contextmanager
def _file_lock(database: Path) -> Iterator[None]:
    with database.with_name(f"{database.name}.delivery.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseBusy(BUSY) from None
        yield


@contextmanager
def _server_lock(warehouse: Warehouse) -> Iterator[None]:
    with explained("the warehouse cannot be locked"):
        connection = warehouse.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with explained("the warehouse cannot be locked"):
            got = connection.scalar(sa.select(sa.func.pg_try_advisory_lock(DELIVERY_LOCK)))
        if not got:
            raise WarehouseBusy(BUSY)
        yield
        connection.scalar(sa.select(sa.func.pg_advisory_unlock(DELIVERY_LOCK)))
    finally:
        connection.invalidate()  # ends the session, and with it the lock
        connection.close()
