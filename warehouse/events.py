"""Events as consumers read them: those of publications, with how each customer was before and after. (Invariant 5)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute
from domain.events import CustomerState, Event
from domain.records import RecordKey
from warehouse.attribute_tables import golden_version
from warehouse.contacts import source_names
from warehouse.tables import crosswalk, golden_contact, golden_identity, outbox, publication, record, source

PUBLISHED = outbox.c.run.in_(sa.select(publication.c.run))
"""An event is seen when its publication is."""
SIDES = ("before", "after")


def events(connection: sa.Connection, attributes: Sequence[Attribute], after: int = 0, limit: int = 1000) -> list[Event]:
    """The published events that follow the event `after`, in order."""
    found = sa.select(outbox.c.event_id).where(outbox.c.event_id > after, PUBLISHED).order_by(outbox.c.event_id).limit(limit)
    last = connection.scalar(sa.select(sa.func.max(found.subquery().c.event_id)))
    if last is None:
        return []
    return _read(connection, attributes, sa.and_(outbox.c.event_id > after, outbox.c.event_id <= last))


def event(connection: sa.Connection, attributes: Sequence[Attribute], event_id: int) -> Event | None:
    """One published event, if there is one of this number."""
    return next(iter(_read(connection, attributes, outbox.c.event_id == event_id)), None)


def last_event(connection: sa.Connection) -> int:
    """The number of the latest published event; 0: none."""
    latest = sa.select(outbox.c.event_id).where(PUBLISHED).order_by(outbox.c.event_id.desc()).limit(1)
    return connection.scalar(latest) or 0


def _read(connection: sa.Connection, attributes: Sequence[Attribute], which: sa.ColumnElement[bool]) -> list[Event]:
    one, other = golden_identity.alias("one"), golden_identity.alias("other")
    joined = (
        outbox.join(publication, publication.c.run == outbox.c.run)
        .join(one, one.c.golden_number == outbox.c.golden_number)
        .outerjoin(other, other.c.golden_number == outbox.c.other)
    )
    columns = (*outbox.c, publication.c.published_at, one.c.golden_id, other.c.golden_id.label("other_id"))
    rows = connection.execute(sa.select(*columns).select_from(joined).where(which).order_by(outbox.c.event_id)).all()
    before, after = (_states(connection, attributes, which, side) for side in SIDES)
    return [
        Event(
            row.event_id,
            row.kind,
            row.golden_id,
            row.other_id,
            row.run,
            row.published_at,
            before.get(row.event_id),
            after.get(row.event_id),
        )
        for row in rows
    ]


def _states(
    connection: sa.Connection, attributes: Sequence[Attribute], which: sa.ColumnElement[bool], side: str
) -> dict[int, CustomerState]:
    """How the customer of each event was on one side of its publication, by event; those without a golden record are left out."""
    golden = golden_version(attributes)
    names = [attribute.name for attribute in attributes]
    columns = (golden.c.member_count, golden.c.sources, *(golden.c[name] for name in names))
    rows = connection.execute(_beside(golden, side, columns).where(which))
    records, others = _records(connection, which, side), _other_values(connection, which, side)
    return {
        number: CustomerState(
            dict(zip(names, values, strict=True)), others.get(number, {}), count, source_names(told), records.get(number, ())
        )
        for number, count, told, *values in rows
    }


def _beside(table: sa.Table, side: str, columns: Sequence[sa.ColumnElement[Any]], joined: sa.FromClause | None = None) -> sa.Select[Any]:
    """event_id and some columns of the versions that held before or after the publication of each event."""
    begun, ended = (table.c.from_run < outbox.c.run, table.c.to_run >= outbox.c.run)
    if side == "after":
        begun, ended = (table.c.from_run <= outbox.c.run, table.c.to_run > outbox.c.run)
    held = sa.and_(table.c.golden_number == outbox.c.golden_number, begun, ended)
    return sa.select(outbox.c.event_id, *columns).select_from((table if joined is None else joined).join(outbox, held))


def _records(connection: sa.Connection, which: sa.ColumnElement[bool], side: str) -> dict[int, tuple[str, ...]]:
    with_keys = crosswalk.join(record, record.c.record_id == crosswalk.c.record_id).join(source, source.c.source_id == record.c.source_id)
    found: dict[int, list[RecordKey]] = {}
    for number, name, key in connection.execute(_beside(crosswalk, side, (source.c.name, record.c.key), with_keys).where(which)):
        found.setdefault(number, []).append(RecordKey(name, key))
    return {number: tuple(map(str, sorted(keys, key=lambda one: (one.source, one.key)))) for number, keys in found.items()}


def _other_values(connection: sa.Connection, which: sa.ColumnElement[bool], side: str) -> dict[int, Mapping[str, tuple[str, ...]]]:
    found: dict[int, dict[str, list[str]]] = {}
    columns = (golden_contact.c.attribute, golden_contact.c.value)
    for number, attribute, value in connection.execute(_beside(golden_contact, side, columns).where(which)):
        found.setdefault(number, {}).setdefault(attribute, []).append(value)
    return {number: {name: tuple(sorted(values[name])) for name in sorted(values)} for number, values in found.items()}
