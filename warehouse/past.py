"""The past: what the golden tables and the ledger held at one publication, whole; and what stewards have decided that it must keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.publications import last_publication
from warehouse.tables import crosswalk, golden_contact, identity_state, pin, publication, relationship, source_record
from warehouse.visibility import visible


@dataclass(frozen=True, slots=True)
class Pinned:
    """A value that a steward has fixed and that stands."""

    golden_number: int
    attribute: str
    value: Any
    """As JSON knows it, a date as text; none: the customer has no such value."""
    steward: str
    decided_at: datetime


def memberships_at(warehouse: Warehouse, run: int) -> pa.Table:
    """record_id and golden_number of every record at a publication."""
    return _at(warehouse, crosswalk, ("record_id", "golden_number"), run)


def states_at(warehouse: Warehouse, run: int) -> pa.Table:
    """golden_number, state and target of every golden id that had been given by then."""
    return _at(warehouse, identity_state, ("golden_number", "state", "target"), run)


def contacts_at(warehouse: Warehouse, run: int) -> pa.Table:
    """The contacts of a publication, shaped as `stage_contacts` takes them."""
    return _at(warehouse, golden_contact, ("golden_number", "attribute", "value", "sources", "first_seen", "last_seen"), run)


def relationships_at(warehouse: Warehouse, run: int) -> pa.Table:
    """The relationships of a publication, shaped as `stage_relationships` takes them."""
    return _at(warehouse, relationship, ("left_number", "right_number", "kind", "probability", "shared"), run)


def record_ids_at(warehouse: Warehouse, run: int) -> pa.ChunkedArray:
    """The numbers of the source records that have a version which was live in a run."""
    return _at(warehouse, source_record, ("record_id",), run).column("record_id")


def standing_pins(connection: sa.Connection, at: datetime) -> list[Pinned]:
    """The pins that hold at a moment, oldest first."""
    stands = sa.and_(pin.c.undone_by.is_(None), sa.or_(pin.c.expires_at.is_(None), pin.c.expires_at > at))
    columns = (pin.c.golden_number, pin.c.attribute, pin.c.value, pin.c.steward, pin.c.decided_at)
    return [Pinned(*row) for row in connection.execute(sa.select(*columns).where(stands).order_by(pin.c.pin_id))]


def resume(connection: sa.Connection, at: datetime, by: str) -> int | None:
    """Let runs publish again after a restored publication; returns its run, none when no restored one is kept."""
    last = last_publication(connection)
    if last is None or not last.kept:
        return None
    connection.execute(publication.update().where(publication.c.run == last.run).values(resumed_at=at, resumed_by=by))
    return last.run


def _at(warehouse: Warehouse, table: sa.Table, columns: Sequence[str], run: int) -> pa.Table:
    return read(warehouse, sa.select(*(table.c[name] for name in columns)).where(visible(table, run)))
