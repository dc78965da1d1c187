"""Pins: values that stewards have fixed, appended and never edited; the latest that stands holds until it expires. (Invariant 4)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from warehouse.ids import among, first_free
from warehouse.publications import published_run
from warehouse.tables import identity_state, pin
from warehouse.visibility import visible

STANDING = pin.c.undone_by.is_(None)
Stored = str | float | bool | None


@dataclass(frozen=True, slots=True)
class StoredPin:
    """A pin as it is kept."""

    golden_number: int
    """The customer it was set for; merged into another, it holds for that one."""
    attribute: str
    value: Stored
    """In the attribute's storage, a date as text; none: the customer has no such value."""
    steward: str
    decided_at: datetime
    reason: str
    expires_at: datetime | None
    """It holds for runs that begin before."""
    group: str
    """The act it was set in."""
    pin_id: int | None = None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it holds for a run that begins at a moment."""
        return self.expires_at is None or moment < self.expires_at


def append_pin(connection: sa.Connection, one: StoredPin) -> StoredPin:
    """Keep a pin; returns it with its id."""
    kept = replace(one, pin_id=first_free(connection, pin.c.pin_id))
    connection.execute(pin.insert().values(**_row(kept)))
    return kept


def _row(one: StoredPin) -> dict[str, Any]:
    signed = {"steward": one.steward, "decided_at": one.decided_at, "reason": one.reason, "group_id": one.group}
    fixed = {"golden_number": one.golden_number, "attribute": one.attribute, "value": one.value, "expires_at": one.expires_at}
    return {"pin_id": one.pin_id, **fixed, **signed}


def standing_pins(connection: sa.Connection) -> list[StoredPin]:
    """All pins that stand, expired or not, oldest first."""
    return _pins(connection, sa.true())


def ever_pinned(connection: sa.Connection) -> list[int]:
    """The golden numbers that a pin was ever set for, also one that was taken back or has expired."""
    return list(connection.scalars(sa.select(pin.c.golden_number).distinct()))


def pins_of(connection: sa.Connection, number: int) -> list[StoredPin]:
    """The standing pins of a published golden customer, and of those that were merged into it, oldest first."""
    led_here = sa.and_(identity_state.c.target == number, visible(identity_state, published_run(connection)))
    numbers = [number, *connection.scalars(sa.select(identity_state.c.golden_number).where(led_here))]
    return _pins(connection, among(connection.dialect.name, pin.c.golden_number, numbers))


def _pins(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[StoredPin]:
    rows: Sequence[Any] = connection.execute(sa.select(pin).where(STANDING, condition).order_by(pin.c.pin_id)).all()
    return [
        StoredPin(
            row.golden_number, row.attribute, row.value, row.steward, row.decided_at, row.reason, row.expires_at, row.group_id, row.pin_id
        )
        for row in rows
    ]


def undo_pins(connection: sa.Connection, group: str, steward: str, undone_at: datetime, reason: str) -> int:
    """Take back the pins of one act; they stay readable. Returns how many stood."""
    undone = {"undone_by": steward, "undone_at": undone_at, "undone_reason": reason}
    return connection.execute(pin.update().where(STANDING, pin.c.group_id == group).values(**undone)).rowcount
