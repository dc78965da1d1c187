"""Acts: what a steward did in one go, decisions or a pin, and took back in one go. (Invariant 3)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from domain.decisions import Verdict
from domain.errors import UnknownAct
from domain.records import RecordKey
from warehouse.decisions import undo_decisions
from warehouse.ledger import holder
from warehouse.pins import undo_pins
from warehouse.tables import decision, pin, publication

LOCK = 7_036_804
"""Number of the PostgreSQL advisory lock that lets one steward at a time look at what stands and add to it."""
SHORTEST = 4
"""Letters by which an act can be named, if they name just one."""


@dataclass(frozen=True, slots=True)
class StandingAct:
    """An act that stands."""

    act: str
    kind: str
    """`merge` (all *same*), `split` (parts that are *different*), `decide` (one pair) or `pin`."""
    steward: str
    decided_at: datetime
    reason: str
    records: tuple[RecordKey, ...]
    """Some of the records that it is about; none for a pin."""
    golden_numbers: tuple[int, ...]
    """Where these records are published now; the customer that a pin was set for."""
    suspended: bool
    """Whether some of its decisions wait to be decided again."""


def lock_acts(connection: sa.Connection) -> None:
    """Let nobody else act until this transaction ends; on SQLite one that writes is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))


def moment(connection: sa.Connection, now: datetime) -> datetime:
    """The time to sign with: never before the last publication, whatever the clocks of two machines say."""
    last: datetime | None = connection.scalar(sa.select(sa.func.max(publication.c.published_at)))
    return now if last is None or now > last else last + timedelta(microseconds=1)


def new_act(connection: sa.Connection) -> str:
    """A free id for an act, short enough to be typed."""
    while _named(connection, act := uuid4().hex[:10]):
        pass
    return act


def act_named(connection: sa.Connection, asked: str) -> str:
    """The id of the act that is meant, by its id or the first letters of it. Raises `UnknownAct`."""
    found = _named(connection, asked) if len(asked) >= SHORTEST else []
    if asked in found or len(found) == 1:
        return asked if asked in found else found[0]
    if found:
        raise UnknownAct(f"'{asked}' is the beginning of {len(found)} acts: name more of its letters. See `onefold undo --list`.")
    raise UnknownAct(f"there is no act '{asked}': see `onefold undo --list`.")


def _named(connection: sa.Connection, beginning: str) -> list[str]:
    either = sa.union(*(sa.select(t.c.group_id).where(t.c.group_id.startswith(beginning, autoescape=True)) for t in (decision, pin)))
    return sorted(connection.scalars(either))


def undo_act(connection: sa.Connection, act: str, steward: str, at: datetime, reason: str) -> int:
    """Take back all that was decided in an act; returns how much. Raises `UnknownAct` where it was taken back before, naming who did."""
    undone = undo_decisions(connection, act, steward, at, reason) + undo_pins(connection, act, steward, at, reason)
    if not undone:
        who, when = next(_taken_back(connection, act))
        raise UnknownAct(f"act {act} was taken back by {who} on {when:%d %B %Y}: there is nothing left to undo.")
    return undone


def _taken_back(connection: sa.Connection, act: str) -> Iterator[tuple[str, datetime]]:
    for table in (decision, pin):
        rows = connection.execute(sa.select(table.c.undone_by, table.c.undone_at).where(table.c.group_id == act).limit(1))
        yield from ((row.undone_by, row.undone_at) for row in rows)


def standing_acts(connection: sa.Connection, limit: int) -> list[StandingAct]:
    """The latest acts that stand, newest first."""
    decided, pinned = _latest(connection, decision, decision.c.id, limit), _latest(connection, pin, pin.c.pin_id, limit)
    found = [_act_of_decisions(connection, act) for act in decided] + [_act_of_pin(connection, act) for act in pinned]
    return sorted(found, key=lambda one: (one.decided_at, one.act), reverse=True)[:limit]


def _latest(connection: sa.Connection, table: sa.Table, number: sa.Column[int], limit: int) -> Sequence[str]:
    last = sa.func.max(number).label("last")
    grouped = sa.select(table.c.group_id, last).where(table.c.undone_by.is_(None)).group_by(table.c.group_id)
    return [row.group_id for row in connection.execute(grouped.order_by(last.desc()).limit(limit))]


def _act_of_decisions(connection: sa.Connection, act: str) -> StandingAct:
    this = sa.and_(decision.c.group_id == act, decision.c.undone_by.is_(None))
    different = sa.func.sum(sa.case((decision.c.verdict == Verdict.DIFFERENT, 1), else_=0))
    counted = connection.execute(sa.select(sa.func.count(), different, sa.func.count(decision.c.suspended_run)).where(this)).one()
    rows = connection.execute(sa.select(decision).where(this).order_by(decision.c.id).limit(2)).all()
    keys = [RecordKey(*side) for row in rows for side in ((row.left_source, row.left_key), (row.right_source, row.right_key))]
    numbers = dict.fromkeys(holder(connection, key) for key in keys)
    kind = "decide" if counted[0] == 1 else "split" if counted[1] else "merge"
    signed = (rows[0].steward, rows[0].decided_at, rows[0].reason)
    return StandingAct(act, kind, *signed, tuple(dict.fromkeys(keys)), tuple(n for n in numbers if n is not None), bool(counted[2]))


def _act_of_pin(connection: sa.Connection, act: str) -> StandingAct:
    row = connection.execute(sa.select(pin).where(pin.c.group_id == act, pin.c.undone_by.is_(None)).limit(1)).one()
    return StandingAct(act, "pin", row.steward, row.decided_at, row.reason, (), (row.golden_number,), False)
