"""Changes: the rows of a versioned table that are seen at one run and not at another; nothing else of it is read."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import sqlalchemy as sa

from domain.attributes import Attribute
from warehouse.attribute_tables import golden_version
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.leftovers import LIVES_ON
from warehouse.tables import crosswalk, golden_contact, identity_state, relationship
from warehouse.visibility import visible

Sides = tuple[pa.Table, pa.Table]
"""Rows that are seen at the earlier run only, and rows that are seen at the later one only."""


def changed_memberships(warehouse: Warehouse, before: int, after: int) -> Sides:
    """record_id, golden_number of the records whose membership may differ."""
    return _changed(warehouse, crosswalk, ("record_id", "golden_number"), before, after)


def changed_states(warehouse: Warehouse, before: int, after: int) -> Sides:
    """golden_number, state, target of the golden ids whose standing may differ."""
    return _changed(warehouse, identity_state, ("golden_number", "state", "target"), before, after)


def changed_golden(warehouse: Warehouse, attributes: Sequence[Attribute], before: int, after: int) -> Sides:
    """golden_number and the value of each attribute of the golden records that may differ."""
    return _changed(warehouse, golden_version(attributes), ("golden_number", *(a.name for a in attributes)), before, after)


def changed_contacts(warehouse: Warehouse, before: int, after: int) -> Sides:
    """golden_number, attribute, value, sources of the contacts that may differ."""
    return _changed(warehouse, golden_contact, ("golden_number", "attribute", "value", "sources"), before, after)


def changed_relationships(warehouse: Warehouse, before: int, after: int) -> Sides:
    """left_number, right_number, kind, probability, shared of the relationships that may differ."""
    columns = ("left_number", "right_number", "kind", "probability", "shared")
    return _changed(warehouse, relationship, columns, before, after)


def customers_at(connection: sa.Connection, run: int) -> int:
    """How many golden customers are seen at a run, published or staged."""
    table = golden_version(())
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(visible(table, run))).scalar_one())


def _changed(warehouse: Warehouse, table: sa.Table, columns: Sequence[str], before: int, after: int) -> Sides:
    """Rows that end between two runs and rows that begin there, found by the indexes on both ends; `before` is no later than `after`.

    A row that was ended and came back the same is on both sides.
    """
    chosen = sa.select(*(table.c[name] for name in columns))
    ended = (table.c.from_run <= before, table.c.to_run > before, table.c.to_run <= after, table.c.to_run < LIVES_ON)
    began = (table.c.from_run > before, table.c.from_run <= after, table.c.to_run > after)
    return read(warehouse, chosen.where(*ended)), read(warehouse, chosen.where(*began))
