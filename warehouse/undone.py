"""Undone: acts that were taken back, and what was published before they were done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from warehouse.bulk import read_few
from warehouse.ids import among
from warehouse.tables import crosswalk, decision, publication, record, source
from warehouse.tables import run as runs
from warehouse.visibility import visible


@dataclass(slots=True)
class UndoneAct:
    """An act that was taken back."""

    act: str
    first: int
    """The id of its first decision."""
    decided_at: datetime
    undone_at: datetime
    records: set[int] = field(default_factory=set)
    """The numbers of the records that it was about."""

    def overlaps(self, other: UndoneAct) -> bool:
        """Whether both stood at one time."""
        return self.decided_at < other.undone_at and other.decided_at < self.undone_at


def undone_since_publication(connection: sa.Connection) -> bool:
    """Whether any act was taken back after the last publication."""
    last = sa.select(sa.func.max(publication.c.published_at)).scalar_subquery()
    return bool(connection.scalar(sa.select(sa.func.count()).where(decision.c.undone_at > last)))


def undone_acts(connection: sa.Connection) -> list[UndoneAct]:
    """All acts with decisions that were taken back."""
    found: dict[str, UndoneAct] = {}
    for side in ("left", "right"):
        named = sa.and_(source.c.name == decision.c[f"{side}_source"])
        of_side = sa.and_(record.c.source_id == source.c.source_id, record.c.key == decision.c[f"{side}_key"])
        columns = (decision.c.id, decision.c.group_id, decision.c.decided_at, decision.c.undone_at, record.c.record_id)
        joined = decision.join(source, named).join(record, of_side)
        for row in connection.execute(sa.select(*columns).select_from(joined).where(decision.c.undone_at.is_not(None))):
            act = found.setdefault(row.group_id, UndoneAct(row.group_id, row.id, row.decided_at, row.undone_at))
            act.first = min(act.first, row.id)
            act.records.add(row.record_id)
    return list(found.values())


def published_before(connection: sa.Connection, act: UndoneAct) -> int:
    """The last publication that did not know an act yet; 0: there was none."""
    rows = sa.select(publication.c.run, runs.c.report).join(runs, runs.c.number == publication.c.run)
    earlier = rows.where(publication.c.published_at < act.decided_at).order_by(publication.c.run.desc())
    for run, report in connection.execute(earlier):
        if int(((report or {}).get("match") or {}).get("last_decision") or 0) < act.first:
            return int(run)
    return 0


def last_published_at(connection: sa.Connection) -> datetime | None:
    """When the last publication began."""
    last: datetime | None = connection.scalar(sa.select(sa.func.max(publication.c.published_at)))
    return last


def owners_as_of(connection: sa.Connection, record_ids: Sequence[int], run: int) -> pa.Table:
    """The golden_number that held each of these records (record_id) in a publication; of those that one held."""
    held = sa.and_(among(connection.dialect.name, crosswalk.c.record_id, list(record_ids)), visible(crosswalk, run))
    return read_few(connection, sa.select(crosswalk.c.record_id, crosswalk.c.golden_number).where(held))
