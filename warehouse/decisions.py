"""Decisions: stewards' verdicts, appended and never edited; one undo takes back all that was decided in one act. (Invariant 3)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from domain.decisions import Decision, Verdict
from domain.records import RecordKey
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.ids import among, first_free
from warehouse.records import record_keys, with_keys
from warehouse.renamed import current
from warehouse.tables import decision, record, renamed_record, source, source_record
from warehouse.visibility import visible

STANDING = decision.c.undone_by.is_(None)
BINDING = sa.and_(STANDING, decision.c.suspended_run.is_(None))
SIDES = ("left", "right")
Contents = Mapping[RecordKey, bytes]
"""Content hashes of records."""


def append_decisions(connection: sa.Connection, decisions: Sequence[Decision], seen: Contents | None = None) -> list[Decision]:
    """Keep decisions; returns them with their ids. Whether they contradict others is for the caller to know first.

    `seen` are the contents of their records as the steward saw them; a decision that was made without any is never suspended.
    """
    first = first_free(connection, decision.c.id)
    kept = [replace(one, id=first + place) for place, one in enumerate(decisions)]
    if kept:
        connection.execute(decision.insert(), [_row(one, seen or {}) for one in kept])
    return kept


def live_contents(connection: sa.Connection, keys: Sequence[RecordKey]) -> dict[RecordKey, bytes]:
    """The content hash of each of these records that is live."""
    found: dict[RecordKey, bytes] = {}
    for name in sorted({key.source for key in keys}):
        named = sa.and_(source.c.name == name, visible(source_record, source.c.live_run))
        wanted = among(connection.dialect.name, record.c.key, [key.key for key in keys if key.source == name])
        rows = sa.select(record.c.key, source_record.c.content_hash).select_from(with_keys(source_record)).where(named, wanted)
        found |= {RecordKey(name, row.key): row.content_hash for row in connection.execute(rows)}
    return found


def _row(one: Decision, seen: Contents) -> dict[str, Any]:
    contents = {"left_content": seen.get(one.left), "right_content": seen.get(one.right)}
    sides = {"left_source": one.left.source, "left_key": one.left.key, "right_source": one.right.source, "right_key": one.right.key}
    signed = {"steward": one.steward, "decided_at": one.decided_at, "reason": one.reason, "group_id": one.group}
    return {"id": one.id, **sides, "verdict": one.verdict, **signed, **contents}


def active_decisions(connection: sa.Connection) -> list[Decision]:
    """All decisions that stand, oldest first, on the keys that their records have now.

    Of one that is suspended, the record that has turned into somebody else is named by its former self, which is no live record:
    so it binds that record no longer, and still says what it said of the others.
    """
    standing = [_decision(row) for row in connection.execute(sa.select(decision).where(STANDING).order_by(decision.c.id))]
    return _under_new_keys(connection, standing)


def _under_new_keys(connection: sa.Connection, decisions: list[Decision]) -> list[Decision]:
    """Decisions follow records that their source has given another key; one on the two keys of one record stays as it is."""
    named = [{row.id: row.record_id for row in connection.execute(_renamed_sides(side))} for side in ("left", "right")]
    now = current(connection, sorted({number for of_side in named for number in of_side.values()}))
    if not now:
        return decisions
    keys = record_keys(connection, sorted(set(now.values())))
    new = [{at: keys[now[number]] for at, number in of_side.items() if number in now} for of_side in named]
    moved = (replace(one, left=new[0].get(one.id or 0, one.left), right=new[1].get(one.id or 0, one.right)) for one in decisions)
    return [one if there.left == there.right else there for one, there in zip(decisions, moved, strict=True)]


def _renamed_sides(side: str) -> sa.Select[Any]:
    """The record numbers of one side of each decision that stands, of records that have been renamed."""
    numbers = _numbers(side)
    renamed = sa.exists().where(renamed_record.c.old_id == numbers.c.record_id)
    return sa.select(numbers.c.id, numbers.c.record_id).where(renamed)


def decisions_about(connection: sa.Connection, key: RecordKey) -> list[Decision]:
    """The decisions that stand and name a record, oldest first."""
    return [one for one in active_decisions(connection) if key in (one.left, one.right)]


def undo_decisions(connection: sa.Connection, group: str, steward: str, undone_at: datetime, reason: str) -> int:
    """Take back all decisions of one act; they stay readable, with who took them back and why. Returns how many stood."""
    undone = {"undone_by": steward, "undone_at": undone_at, "undone_reason": reason}
    return connection.execute(decision.update().where(STANDING, decision.c.group_id == group).values(**undone)).rowcount


def active_pairs(warehouse: Warehouse, until: int | None = None) -> pa.Table:
    """The decisions that bind, by record numbers: left_id, right_id, verdict; records that were never seen are left out.

    `until`: the id of the latest that counts.
    """
    left, right = _numbers("left"), _numbers("right")
    both = decision.join(left, left.c.id == decision.c.id).join(right, right.c.id == decision.c.id)
    columns = (left.c.record_id.label("left_id"), right.c.record_id.label("right_id"), decision.c.verdict)
    counted = BINDING if until is None else sa.and_(BINDING, decision.c.id <= until)
    pairs = read(warehouse, sa.select(*columns).select_from(both).where(counted))
    sides = [pairs.column(name).to_numpy() for name in ("left_id", "right_id")]
    a, b = (_now(warehouse, side) for side in sides)
    moved = a != b
    a, b = np.where(moved, a, sides[0]), np.where(moved, b, sides[1])
    return pa.table({"left_id": a, "right_id": b, "verdict": pairs.column("verdict")})


def _now(warehouse: Warehouse, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The record numbers as they are now, where their source has given them another key."""
    known, place = np.unique(ids, return_inverse=True)
    with warehouse.connect() as connection:
        now = current(connection, known.tolist())
    return np.array([now.get(number, number) for number in known.tolist()], np.int64)[place]


def ever_decided(warehouse: Warehouse) -> npt.NDArray[np.int64]:
    """The numbers of all records that a decision was ever about, also one that was taken back, under their old keys and the new."""
    sides = [read(warehouse, sa.select(_numbers(side).c.record_id)).column(0).to_numpy() for side in ("left", "right")]
    named = np.unique(np.concatenate(sides))
    return np.unique(np.concatenate((named, _now(warehouse, named))))


def _numbers(side: str) -> sa.Subquery:
    """The record number of one side of each decision."""
    of_source = source.c.name == decision.c[f"{side}_source"]
    of_record = sa.and_(record.c.source_id == source.c.source_id, record.c.key == decision.c[f"{side}_key"])
    joined = decision.join(source, of_source).join(record, of_record)
    return sa.select(decision.c.id, record.c.record_id).select_from(joined).subquery()


def former_self(key: RecordKey, content: bytes | None) -> RecordKey:
    """The name of a record as it was, when it has turned into somebody else: no record that lives has it."""
    return RecordKey(key.source, f"{key.key} as it was (version {(content or b'').hex()})")


def decisions_as_made(connection: sa.Connection) -> list[Decision]:
    """All decisions that stand, suspended or not, each on the records that it was made about, oldest first."""
    return [_as_made(row) for row in connection.execute(sa.select(decision).where(STANDING).order_by(decision.c.id))]


def _decision(row: sa.Row[Any]) -> Decision:
    one, sides = _as_made(row), row.suspended_sides if row.suspended_run is not None else None
    left = former_self(one.left, row.left_content) if sides in ("left", "both") else one.left
    right = former_self(one.right, row.right_content) if sides in ("right", "both") else one.right
    return replace(one, left=left, right=right)


def _as_made(row: sa.Row[Any]) -> Decision:
    left, right = RecordKey(row.left_source, row.left_key), RecordKey(row.right_source, row.right_key)
    return Decision(left, right, Verdict(row.verdict), row.steward, row.decided_at, row.reason, row.group_id, row.id)
