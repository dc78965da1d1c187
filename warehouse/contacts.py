"""Contacts: the other values of the attributes that a customer can have several of."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import Within
from warehouse.database import Warehouse
from warehouse.publications import published_run
from warehouse.tables import golden_contact
from warehouse.versions import Changes, Places, stage_versions
from warehouse.visibility import visible

KEYS = ("golden_number", "attribute", "value")


@dataclass(frozen=True, slots=True)
class Contact:
    """One value of a golden customer beside the golden one."""

    attribute: str
    value: str
    sources: tuple[str, ...]
    first_seen: int | None
    """Microseconds since 1970 (UTC)."""
    last_seen: int | None


def stage_contacts(warehouse: Warehouse, run: Run, contacts: pa.Table, touched: Places | None = None) -> Changes:
    """Stage the contacts of a run: golden_number, attribute, value (text), sources (names joined by commas), first_seen, last_seen.

    They are those of all golden customers, or of those `touched`.
    """
    those = None if touched is None else Within((golden_contact.c.golden_number,), touched)
    rows = contacts.select([*KEYS, "sources", "first_seen", "last_seen"])
    return stage_versions(warehouse, run, golden_contact, golden_contact.c.contact_id, KEYS, rows, within=those)


def contacts_of(connection: sa.Connection, number: int, run: int | None = None) -> list[Contact]:
    """The contacts of a golden customer, published or as of a run, by attribute, seen last first."""
    table = golden_contact.c
    held = sa.and_(table.golden_number == number, visible(golden_contact, published_run(connection, run)))
    newest = sa.func.coalesce(table.last_seen, 0).desc()
    columns = (table.attribute, table.value, table.sources, table.first_seen, table.last_seen)
    rows = connection.execute(sa.select(*columns).where(held).order_by(table.attribute, newest, table.value))
    return [Contact(row.attribute, row.value, source_names(row.sources), row.first_seen, row.last_seen) for row in rows]


def source_names(joined: str) -> tuple[str, ...]:
    """Names of sources as they are kept: one text, separated by commas."""
    return tuple(name.strip() for name in joined.split(","))
