"""Suspensions: decisions about a record that has since turned into somebody else; while that is so they do not bind it.

Which records have is a function of their versions, of the decisions and of the model, and every run finds it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from domain.decisions import Verdict
from domain.records import RecordKey
from domain.runs import Run
from warehouse.database import Warehouse
from warehouse.decisions import SIDES, STANDING
from warehouse.ids import among, batches
from warehouse.records import with_keys
from warehouse.tables import decision, record, source, source_record
from warehouse.visibility import visible

Sides = Mapping[int, str]
"""By decision, which of its records have turned into somebody else: `left`, `right` or `both`."""


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """A record that a decision names, of which another version is live than the steward saw."""

    decision: int
    side: str
    key: RecordKey
    content: bytes
    """The hash of the version that was seen."""
    seen: Any
    """That version's row, decoded from JSON."""
    live: Any


def other_versions(warehouse: Warehouse) -> list[OtherVersion]:
    """The records of standing decisions that have changed since, by decision; records that are not live are left out."""
    found: list[OtherVersion] = []
    with warehouse.connect() as connection:
        for side in SIDES:
            rows = connection.execute(_changed(side))
            found += [OtherVersion(r.id, side, RecordKey(r.name, r.key), r.seen, json.loads(r.raw), json.loads(r.live_raw)) for r in rows]
    return sorted(found, key=lambda one: (one.decision, one.side))


def _changed(side: str) -> sa.Select[Any]:
    """Decisions of which a side was seen in another version than lives now, with both versions; one that is kept no longer is left out."""
    seen, named, earlier = decision.c[f"{side}_content"], source.c.name == decision.c[f"{side}_source"], source_record.alias()
    old = sa.select(earlier.c.raw).where(earlier.c.record_id == record.c.record_id, earlier.c.content_hash == seen)
    raw = old.order_by(earlier.c.from_run).limit(1).correlate(record, decision).scalar_subquery().label("raw")
    joined = with_keys(source_record).join(decision, sa.and_(named, decision.c[f"{side}_key"] == record.c.key))
    columns = (decision.c.id, source.c.name, record.c.key, seen.label("seen"), source_record.c.raw.label("live_raw"), raw)
    bearing = (STANDING, decision.c.verdict != Verdict.UNSURE, source.c.active, visible(source_record, source.c.live_run))
    found = sa.select(*columns).select_from(joined).where(*bearing, source_record.c.content_hash != seen).subquery()
    return sa.select(found).where(found.c.raw.is_not(None))


def suspended(connection: sa.Connection) -> dict[int, str]:
    """The standing decisions that are suspended, and their sides."""
    rows = sa.select(decision.c.id, decision.c.suspended_sides).where(STANDING, decision.c.suspended_run.is_not(None))
    return dict(connection.execute(rows).tuples().all())


def suspend(connection: sa.Connection, run: Run, sides: Sides) -> None:
    """Suspend these decisions; of one that is already, only the sides may be others."""
    rows = [{"number": number, "sides": which, "run": run.number} for number, which in sides.items()]
    since = sa.func.coalesce(decision.c.suspended_run, sa.bindparam("run"))
    if rows:
        change = decision.update().where(decision.c.id == sa.bindparam("number"))
        connection.execute(change.values(suspended_run=since, suspended_sides=sa.bindparam("sides")), rows)


def resume(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """Let suspended decisions bind again."""
    for part in batches(list(numbers)):
        connection.execute(
            decision.update().where(among(connection.dialect.name, decision.c.id, part)).values(suspended_run=None, suspended_sides=None)
        )
