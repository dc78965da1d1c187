"""History: every version of one source record, and the publications in which anything of one golden customer changed. (Invariant 10)"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from domain.errors import UnknownRecord
from domain.records import RecordKey
from warehouse.attribute_tables import golden_version
from warehouse.publications import PUBLISHED, Publication, publications
from warehouse.records import with_keys
from warehouse.tables import crosswalk, golden_identity, identity_state, publication, record, source, source_record
from warehouse.tables import run as runs
from warehouse.visibility import OPEN


@dataclass(frozen=True, slots=True)
class RecordVersion:
    """What a source record said from one pull to another."""

    from_run: int
    until_run: int | None
    """The run that found it changed or gone; none while it is live."""
    pulled_at: datetime
    """When the first of these runs began."""
    until: datetime | None
    modified: int | None
    """Microseconds since 1970 (UTC)."""
    raw: Mapping[str, Any]
    """The row as pulled: text by column."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A golden id that a record belonged to, from one publication to another."""

    golden_id: str
    from_run: int
    until_run: int | None
    """None while it holds."""
    published_from: datetime
    published_until: datetime | None


def record_versions(connection: sa.Connection, key: RecordKey) -> list[RecordVersion]:
    """Every version of a source record that was ever live, oldest first. Raises `UnknownRecord` when there is none."""
    began, ended, version = runs.alias("began"), runs.alias("ended"), source_record.c
    seen = sa.and_(source.c.name == key.source, record.c.key == key.key, version.from_run <= source.c.live_run)
    holds = version.to_run > source.c.live_run
    joined = with_keys(source_record).join(began, began.c.number == version.from_run).outerjoin(ended, ended.c.number == version.to_run)
    until = (sa.case((holds, None), else_=version.to_run), sa.case((holds, None), else_=ended.c.started_at))
    columns = (version.from_run, until[0].label("until_run"), began.c.started_at, until[1].label("until"), version.modified, version.raw)
    found = connection.execute(sa.select(*columns).select_from(joined).where(seen).order_by(version.from_run)).all()
    if not found:
        raise UnknownRecord(f"no source record {key} was ever live: check the source and the key.")
    return [RecordVersion(row.from_run, row.until_run, row.started_at, row.until, row.modified, json.loads(row.raw)) for row in found]


def record_memberships(connection: sa.Connection, key: RecordKey) -> list[Membership]:
    """Every golden id that a source record belonged to in a publication, oldest first."""
    began, ended = publication.alias("began"), publication.alias("ended")
    joined = with_keys(crosswalk).join(golden_identity, golden_identity.c.golden_number == crosswalk.c.golden_number)
    joined = joined.join(began, began.c.run == crosswalk.c.from_run).outerjoin(ended, ended.c.run == crosswalk.c.to_run)
    columns = (golden_identity.c.golden_id, began.c.run, ended.c.run, began.c.published_at, ended.c.published_at)
    of_record = sa.and_(source.c.name == key.source, record.c.key == key.key)
    found = connection.execute(sa.select(*columns).select_from(joined).where(of_record).order_by(began.c.run))
    return [Membership(*row) for row in found]


def changing_publications(connection: sa.Connection, number: int) -> list[Publication]:
    """The publications in which a golden customer's values, records or standing changed, oldest first."""
    moments = set[int]()
    for table in (golden_version(()), crosswalk, identity_state):
        for column in (table.c.from_run, table.c.to_run):
            told = sa.select(column).where(table.c.golden_number == number, column <= PUBLISHED, column < OPEN).distinct()
            moments.update(connection.scalars(told))
    return [one for one in publications(connection) if one.run in moments]
