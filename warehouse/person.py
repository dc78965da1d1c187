"""Person: all that is held on one golden customer, whatever it was called and whoever held its records before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.records import RecordKey
from warehouse.attribute_tables import standard_record
from warehouse.bulk import read_few
from warehouse.database import Warehouse
from warehouse.ids import among
from warehouse.publications import published_run
from warehouse.records import record_keys
from warehouse.tables import audit_entry, audit_payload, crosswalk, golden_identity, identity_state, quarantine, source, steward_task
from warehouse.visibility import visible

SHORTEST_VALUE = 5
"""Characters of a value by which a text is known to be about somebody."""
AFTER_A_NAME = r"(?=$|[\s,;·\"')\]|])"


@dataclass(frozen=True, slots=True)
class Person:
    """One golden customer with its past."""

    number: int
    """The golden number that is live, or was last."""
    numbers: tuple[int, ...]
    """It, and all that lead to it."""
    golden_ids: tuple[str, ...]
    """The golden ids of these, in the same order."""
    records: Mapping[int, RecordKey]
    """The records that belong to it, or belonged to it last: by record number, in order of the keys."""

    @property
    def ids(self) -> list[int]:
        """The record numbers."""
        return list(self.records)


def person_of(connection: sa.Connection, number: int) -> Person:
    """A golden customer with the ids that were merged into it and the records that it holds, or held until they vanished.

    A record that has gone on to another golden customer is that one's.
    """
    published = published_run(connection)
    leading = sa.and_(identity_state.c.target == number, visible(identity_state, published))
    numbers = (number, *sorted(connection.scalars(sa.select(identity_state.c.golden_number).where(leading))))
    keys = record_keys(connection, _held_last(connection, numbers, published))
    chosen = among(connection.dialect.name, golden_identity.c.golden_number, numbers)
    written = {row.golden_number: row.golden_id for row in connection.execute(sa.select(golden_identity).where(chosen))}
    ordered = dict(sorted(keys.items(), key=lambda one: one[1]))
    return Person(number, numbers, tuple(written[one] for one in numbers), ordered)


def _held_last(connection: sa.Connection, numbers: Sequence[int], published: int) -> list[int]:
    """The records whose latest golden number is one of these."""
    dialect, row = connection.dialect.name, crosswalk.c
    ever = connection.scalars(sa.select(row.record_id).where(among(dialect, row.golden_number, numbers), row.from_run <= published)).all()
    held = sa.select(row.record_id, row.golden_number).where(among(dialect, row.record_id, sorted(set(ever))), row.from_run <= published)
    last = {one.record_id: one.golden_number for one in connection.execute(held.order_by(row.from_run))}
    return [record for record, holder in last.items() if holder in numbers]


def standard_versions(connection: sa.Connection, attributes: Sequence[Attribute], ids: Sequence[int]) -> pa.Table:
    """The standard records of some record numbers in every version: record_id, from_run, to_run, then a column for each attribute."""
    table = standard_record(attributes)
    columns = [table.c[name] for name in ("record_id", "from_run", "to_run", *(attribute.name for attribute in attributes))]
    these = sa.select(*columns).where(among(connection.dialect.name, table.c.record_id, ids))
    return read_few(connection, these.order_by(table.c.record_id, table.c.from_run))


class Mention:
    """Whether something that is kept is about a person: names their golden id, one of their records, or a telling value."""

    def __init__(self, person: Person, values: Iterable[str] = ()) -> None:
        """`values`: e-mails and telephones, for example; nothing that others have too."""
        names = [*person.golden_ids, *map(str, person.records.values()), *(one for one in values if len(one) >= SHORTEST_VALUE)]
        self.numbers = frozenset(person.numbers)
        # Longest first: a name that goes on is not the shorter one.
        listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        self.pattern = re.compile(rf"(?<!\w)(?:{listed}){AFTER_A_NAME}", re.IGNORECASE)

    def text(self, text: str | None) -> bool:
        """Whether a text names them."""
        return text is not None and self.pattern.search(text) is not None

    def kept(self, value: Any) -> bool:
        """Whether anything within a value of JSON names them."""
        if isinstance(value, Mapping):
            return any(self.text(key) or self.kept(own) or (key == "golden_number" and own in self.numbers) for key, own in value.items())
        if isinstance(value, list | tuple):
            return any(map(self.kept, value))
        return isinstance(value, str) and self.text(value)


def tasks_about(connection: sa.Connection, mention: Mention) -> list[int]:
    """The numbers of the tasks about a person, open and done."""
    rows = connection.execute(sa.select(steward_task.c.task_id, steward_task.c.subject, steward_task.c.payload))
    return [row.task_id for row in rows if mention.text(row.subject) or mention.kept(row.payload)]


def acts_about(connection: sa.Connection, mention: Mention) -> list[int]:
    """The sequences of the audit entries about a person."""
    joined = audit_entry.join(audit_payload, audit_payload.c.sequence == audit_entry.c.sequence)
    rows = connection.execute(sa.select(audit_entry.c.sequence, audit_entry.c.subject, audit_payload.c.payload).select_from(joined))
    return [row.sequence for row in rows if mention.text(row.subject) or mention.kept(row.payload)]


def refused_of(warehouse: Warehouse, person: Person, whole: Sequence[Sequence[str]]) -> list[int]:
    """The rows in quarantine that are a person's: of their record keys, or that hold one text of each of `whole`.

    `whole` are given names, family names and contacts, as they are read in a row, in lower case; without one of a kind, only
    the keys tell.
    """
    keys = set(person.records.values())
    with warehouse.connect() as connection:
        columns = (quarantine.c.quarantine_id, source.c.name, quarantine.c.key, quarantine.c.raw)
        rows = connection.execution_options(yield_per=1_000).execute(sa.select(*columns).join_from(quarantine, source))
        return list(_theirs(rows, keys, whole))


def _theirs(rows: Iterable[Any], keys: set[RecordKey], whole: Sequence[Sequence[str]]) -> Iterator[int]:
    for row in rows:
        raw = row.raw.lower()
        squeezed = re.sub(r"[\s()./-]+", "", raw)
        if RecordKey(row.name, row.key or "") in keys or all(any(one in raw or one in squeezed for one in texts) for texts in whole):
            yield row.quarantine_id
