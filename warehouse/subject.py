"""Subject: the rows that are held on one person, table by table, for the person to read; of others only that they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute
from domain.records import RecordKey
from warehouse.attribute_tables import golden_version, standard_record
from warehouse.ids import among
from warehouse.person import Mention, Person, acts_about, tasks_about
from warehouse.publications import published_run
from warehouse.rules import rule_names
from warehouse.tables import (
    audit_entry,
    audit_payload,
    crosswalk,
    decision,
    golden_contact,
    golden_identity,
    identity_event,
    identity_state,
    outbox,
    pin,
    publication,
    quarantine,
    relationship,
    source,
    source_record,
    steward_task,
)
from warehouse.visibility import OPEN

Rows = list[dict[str, Any]]
ANOTHER = "(another customer's)"


def held_rows(connection: sa.Connection, attributes: Sequence[Attribute], person: Person, telling: Sequence[str]) -> dict[str, Rows]:
    """All rows about a person by what they are, but for quarantine (`refused_rows`): every version, published or waiting."""
    ids = _golden_ids(connection)
    mention = Mention(person, telling)
    others = _Others(connection, person)
    return {
        "source_records": _source_records(connection, person),
        "standard_records": _standard_records(connection, attributes, person),
        "golden_records": _golden_records(connection, attributes, person, ids),
        "contacts": _spans(connection, golden_contact, _of(connection, golden_contact.c.golden_number, person), ids, drop=("contact_id",)),
        "memberships": _memberships(connection, person, ids),
        "golden_ids": _states(connection, person, ids),
        "identity_events": _happened(connection, identity_event, person, ids),
        "relationships": _relationships(connection, person, ids),
        "decisions": _decisions(connection, person, others),
        "pins": _plain(connection, sa.select(pin).where(_of(connection, pin.c.golden_number, person)), ids),
        "tasks": _tasks(connection, mention, others),
        "events": _happened(connection, outbox, person, ids),
        "audit": _acts(connection, mention, others),
    }


def refused_rows(connection: sa.Connection, refused: Sequence[int]) -> Rows:
    """Rows of the quarantine."""
    names = ("key", "raw", "reason", "attribute", "state", "first_run", "last_run")
    columns = (source.c.name.label("source"), *(quarantine.c[name] for name in names))
    these = among(connection.dialect.name, quarantine.c.quarantine_id, refused)
    return _rows(connection, sa.select(*columns).join_from(quarantine, source).where(these))


def _rows(connection: sa.Connection, statement: Any) -> Rows:
    return [dict(row) for row in connection.execute(statement).mappings()]


def _of(connection: sa.Connection, column: sa.ColumnElement[Any], person: Person) -> sa.ColumnElement[bool]:
    return among(connection.dialect.name, column, person.numbers)


def _golden_ids(connection: sa.Connection) -> Callable[[int | None], str | None]:
    """Golden numbers as people read them."""

    def written(number: int | None) -> str | None:
        if number is None:
            return None
        found: str | None = connection.scalar(sa.select(golden_identity.c.golden_id).where(golden_identity.c.golden_number == number))
        return found

    return written


def _until(row: dict[str, Any]) -> dict[str, Any]:
    """With a span that people can read: an open one has no end."""
    return row | {"to_run": None} if row.get("to_run") == OPEN else row


def _source_records(connection: sa.Connection, person: Person) -> Rows:
    table = source_record.c
    these = among(connection.dialect.name, table.record_id, person.ids)
    found = sa.select(table.record_id, table.from_run, table.to_run, table.modified, table.raw).where(these)
    rows = _rows(connection, found.order_by(table.record_id, table.from_run))
    return [_until(_keyed(row, person) | {"raw": json.loads(row["raw"])}) for row in rows]


def _keyed(row: dict[str, Any], person: Person) -> dict[str, Any]:
    return {"record": str(person.records[row["record_id"]]), **{name: value for name, value in row.items() if name != "record_id"}}


def _standard_records(connection: sa.Connection, attributes: Sequence[Attribute], person: Person) -> Rows:
    table = standard_record(attributes)
    names = ("record_id", "from_run", "to_run", *(attribute.name for attribute in attributes))
    these = among(connection.dialect.name, table.c.record_id, person.ids)
    rows = _rows(connection, sa.select(*(table.c[name] for name in names)).where(these).order_by(table.c.record_id, table.c.from_run))
    many = {attribute.name for attribute in attributes if attribute.many}
    return [
        _until({name: value.split("\x1f") if name in many and value else value for name, value in _keyed(row, person).items()})
        for row in rows
    ]


def _golden_records(
    connection: sa.Connection, attributes: Sequence[Attribute], person: Person, written: Callable[[int | None], str | None]
) -> Rows:
    """Every version, each value with the record it came from and the rule that chose it."""
    table, rules = golden_version(attributes), rule_names(connection)
    rows = _rows(connection, sa.select(table).where(_of(connection, table.c.golden_number, person)).order_by(*table.primary_key.columns))
    return [_until(_golden_record(row, attributes, person, rules, written)) for row in rows]


def _golden_record(
    row: dict[str, Any], attributes: Sequence[Attribute], person: Person, rules: Any, written: Callable[[int | None], str | None]
) -> dict[str, Any]:
    values = {
        a.name: {
            "value": row[a.name],
            "record": None if row[f"{a.name}_from"] is None else str(person.records.get(row[f"{a.name}_from"], ANOTHER)),
            "rule": rules.get(row[f"{a.name}_rule"]),
        }
        for a in attributes
        if row[a.name] is not None
    }
    counters = ("from_run", "to_run", "member_count", "source_count", "sources", "first_seen", "last_seen", "cohesion", "completeness")
    return {"golden_id": written(row["golden_number"]), "values": values, **{name: row[name] for name in counters}}


def _spans(
    connection: sa.Connection,
    table: sa.Table,
    which: sa.ColumnElement[bool],
    written: Callable[[int | None], str | None],
    drop: Sequence[str],
) -> Rows:
    rows = _plain(connection, sa.select(table).where(which).order_by(*table.primary_key.columns), written)
    return [_until({name: value for name, value in row.items() if name not in drop}) for row in rows]


def _plain(connection: sa.Connection, statement: Any, written: Callable[[int | None], str | None]) -> Rows:
    """Rows with golden ids in place of golden numbers."""
    return [
        {
            ("golden_id" if name == "golden_number" else name): (written(value) if name == "golden_number" else value)
            for name, value in row.items()
        }
        for row in _rows(connection, statement)
    ]


def _memberships(connection: sa.Connection, person: Person, written: Callable[[int | None], str | None]) -> Rows:
    which = among(connection.dialect.name, crosswalk.c.record_id, person.ids)
    return [_keyed(row, person) for row in _spans(connection, crosswalk, which, written, ())]


def _states(connection: sa.Connection, person: Person, written: Callable[[int | None], str | None]) -> Rows:
    rows = _spans(connection, identity_state, _of(connection, identity_state.c.golden_number, person), written, ())
    return [row | {"target": written(row["target"])} for row in rows]


def _happened(connection: sa.Connection, table: sa.Table, person: Person, written: Callable[[int | None], str | None]) -> Rows:
    """Events, with when their publication was made; the other id is told by itself, for it is that of nobody but a customer."""
    when = sa.select(publication.c.published_at).where(publication.c.run == table.c.run).scalar_subquery().label("at")
    chosen = sa.select(table, when).where(_of(connection, table.c.golden_number, person)).order_by(*table.primary_key.columns)
    return [row | {"other": written(row["other"])} for row in _plain(connection, chosen, written)]


def _relationships(connection: sa.Connection, person: Person, written: Callable[[int | None], str | None]) -> Rows:
    """Only that there is one, of which kind and when: nothing of the other customer."""
    table, published = relationship.c, published_run(connection)
    sides = sa.or_(_of(connection, table.left_number, person), _of(connection, table.right_number, person))
    columns = (table.left_number, table.right_number, table.kind, table.shared, table.from_run, table.to_run)
    rows = _rows(connection, sa.select(*columns).where(sides, table.from_run <= published).order_by(table.relationship_id))
    named = (
        row | {"golden_id": written(next(row[side] for side in ("left_number", "right_number") if row[side] in person.numbers))}
        for row in rows
    )
    return [_until({name: value for name, value in row.items() if name not in ("left_number", "right_number")}) for row in named]


def _decisions(connection: sa.Connection, person: Person, others: _Others) -> Rows:
    own = set(person.records.values())
    rows = [
        row
        for row in _rows(connection, sa.select(decision).order_by(decision.c.id))
        if {RecordKey(row["left_source"], row["left_key"]), RecordKey(row["right_source"], row["right_key"])} & own
    ]
    told = ("verdict", "steward", "decided_at", "reason", "undone_by", "undone_at", "undone_reason")
    return [
        {side: others.shown(f"{row[f'{side}_source']}:{row[f'{side}_key']}") for side in ("left", "right")}
        | {name: row[name] for name in told}
        for row in rows
    ]


def _tasks(connection: sa.Connection, mention: Mention, others: _Others) -> Rows:
    these = among(connection.dialect.name, steward_task.c.task_id, tasks_about(connection, mention))
    rows = _rows(connection, sa.select(steward_task).where(these).order_by(steward_task.c.task_id))
    told = ("kind", "state", "created_run", "closed_run")
    return [{name: row[name] for name in told} | {"payload": others.shown(row["payload"])} for row in rows]


def _acts(connection: sa.Connection, mention: Mention, others: _Others) -> Rows:
    joined = audit_entry.outerjoin(audit_payload, audit_payload.c.sequence == audit_entry.c.sequence)
    these = among(connection.dialect.name, audit_entry.c.sequence, acts_about(connection, mention))
    told = (audit_entry.c[name] for name in ("sequence", "at", "actor", "action", "subject"))
    rows = _rows(connection, sa.select(*told, audit_payload.c.payload).select_from(joined).where(these).order_by(audit_entry.c.sequence))
    return [row | {"payload": others.shown(row["payload"])} for row in rows]


class _Others:
    """Leaves out of what is told the records of other customers."""

    def __init__(self, connection: sa.Connection, person: Person) -> None:
        self.own = {str(key) for key in person.records.values()}
        self.sources = set(connection.scalars(sa.select(source.c.name)))

    def shown(self, value: Any) -> Any:
        """A value of JSON, with the record keys of others replaced."""
        if isinstance(value, dict):
            return {key: self.shown(own) for key, own in value.items()}
        if isinstance(value, list):
            return [self.shown(one) for one in value]
        if isinstance(value, str) and value not in self.own and value.partition(":")[0] in self.sources and ":" in value:
            return ANOTHER
        return value
