"""Renamed: records that are another one under a new key of the same source. (Invariant 2)

What a run found counts once its batch is live. A steward's decision on the two keys settles it either way: *same* makes one
count that was only asked about, *different* takes back one that was applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from domain.decisions import Verdict
from domain.runs import Run
from warehouse.bulk import append, read
from warehouse.database import Warehouse
from warehouse.ids import among
from warehouse.tables import decision, record, renamed_record, source, source_record
from warehouse.versions import with_number
from warehouse.visibility import visible

Ids = npt.NDArray[np.int64]
Rows = Sequence[tuple[int, int, int, str]]
"""old_id, new_id, run and state."""


@dataclass(frozen=True, slots=True)
class Renames:
    """The latest new record of each old one."""

    old: Ids
    """In order, each once."""
    new: Ids
    run: Ids

    @classmethod
    def latest(cls, old: Ids, new: Ids, run: Ids) -> Renames:
        """Of several new records of an old one, that of the latest run."""
        order = np.lexsort((run, old))
        last = order[np.diff(old[order], append=-1) != 0]
        return cls(old[last], new[last], run[last])

    def followed(self, ids: Ids, live: Ids) -> Ids:
        """The records that some records are now; one that is live is itself.

        >>> ids = Renames.latest(np.array([1, 2]), np.array([2, 3]), np.array([5, 6]))
        >>> ids.followed(np.array([1, 2, 9]), live=np.array([3])).tolist()
        [3, 3, 9]
        """
        now, since = ids.copy(), np.zeros(len(ids), np.int64)
        moving = ~np.isin(now, live)
        while len(self.old):
            at = np.minimum(np.searchsorted(self.old, now), len(self.old) - 1)
            moving &= (self.old[at] == now) & (self.run[at] > since)  # onward in time only, so keys that came back lead nowhere twice
            if not moving.any():
                break
            now[moving], since[moving] = self.new[at[moving]], self.run[at[moving]]
            moving &= ~np.isin(now, live)
        return now


@dataclass(frozen=True, slots=True)
class Asked:
    """A record that may be another one under a new key: a question."""

    source: str
    old: str
    new: str
    """The two keys."""
    probability: float


def stage_renames(warehouse: Warehouse, run: Run, found: pa.Table) -> None:
    """Stage what a run has found of a source: old_id, new_id, probability and state."""
    append(warehouse, renamed_record, with_number(found, "run", run.number))


def unstage_renames(warehouse: Warehouse, run: Run, name: str) -> None:
    """Take back what a run has found of a source, to look anew."""
    of_source = sa.select(record.c.record_id).join(source, record.c.source_id == source.c.source_id).where(source.c.name == name)
    with warehouse.begin() as connection:
        connection.execute(renamed_record.delete().where(renamed_record.c.run == run.number, renamed_record.c.new_id.in_(of_source)))


def renames(warehouse: Warehouse) -> Renames:
    """All that counts."""
    found = read(warehouse, _seen())
    old, new, run = (found.column(name).to_numpy().astype(np.int64) for name in ("old_id", "new_id", "run"))
    applied = np.asarray(found.column("state").to_numpy(zero_copy_only=False) == "applied", bool)
    with warehouse.connect() as connection:
        settled = _settled(connection) if len(found) else {}
    for at in _places(old, new, settled):
        applied[at] = settled[(int(old[at]), int(new[at]))]
    return Renames.latest(old[applied], new[applied], run[applied])


def _places(old: Ids, new: Ids, settled: dict[tuple[int, int], bool]) -> Iterator[int]:
    """Where the pairs stand that stewards have settled."""
    decided = np.array([pair[0] for pair in settled], np.int64)
    for at in np.flatnonzero(np.isin(old, decided)).tolist():
        if (int(old[at]), int(new[at])) in settled:
            yield at


def _seen() -> sa.Select[Any]:
    """What the pointers of the sources show."""
    columns = (renamed_record.c.old_id, renamed_record.c.new_id, renamed_record.c.run, renamed_record.c.state)
    of_source = renamed_record.join(record, record.c.record_id == renamed_record.c.new_id).join(
        source, source.c.source_id == record.c.source_id
    )
    return sa.select(*columns).select_from(of_source).where(source.c.live_run >= renamed_record.c.run)


def _settled(connection: sa.Connection) -> dict[tuple[int, int], bool]:
    """By two records of one source in either order: whether a steward has decided that they are the same customer."""
    left, right = record.alias("left"), record.alias("right")
    joined = (
        decision.join(source, source.c.name == decision.c.left_source)
        .join(left, sa.and_(left.c.source_id == source.c.source_id, left.c.key == decision.c.left_key))
        .join(right, sa.and_(right.c.source_id == source.c.source_id, right.c.key == decision.c.right_key))
    )
    standing = sa.and_(
        decision.c.undone_by.is_(None), decision.c.verdict != Verdict.UNSURE, decision.c.left_source == decision.c.right_source
    )
    columns = (left.c.record_id.label("one"), right.c.record_id.label("other"), decision.c.verdict)
    rows = connection.execute(sa.select(*columns).select_from(joined).where(standing).order_by(decision.c.id)).all()
    both = [(row.one, row.other, row.verdict == Verdict.SAME) for row in rows]
    return {pair: same for one, other, same in both for pair in ((one, other), (other, one))}


def current(connection: sa.Connection, ids: Sequence[int]) -> dict[int, int]:
    """What the records are now that have been renamed and are no longer there; the others are left out."""
    rows = list(_reached(connection, ids))
    if not rows:
        return {}
    settled = _settled(connection)
    counted = [row for row in rows if settled.get((row[0], row[1]), row[3] == "applied")]
    old, new, run = (np.array([row[place] for row in counted], np.int64) for place in range(3))
    known = sorted({number for row in rows for number in row[:2]})
    asked = np.array(sorted(set(ids) & set(known)), np.int64)
    now = Renames.latest(old, new, run).followed(asked, _living(connection, known))
    return {was: is_ for was, is_ in zip(asked.tolist(), now.tolist(), strict=True) if was != is_}


def _reached(connection: sa.Connection, ids: Sequence[int]) -> Iterator[tuple[int, int, int, str]]:
    """The renames that lead on from some records, directly or through others."""
    if connection.scalar(sa.select(renamed_record.c.new_id).limit(1)) is None:
        return
    waiting, had = set(ids), set[int]()
    while waiting:
        rows = connection.execute(_seen().where(among(connection.dialect.name, renamed_record.c.old_id, sorted(waiting)))).all()
        had |= waiting
        waiting = {row.new_id for row in rows} - had
        yield from (tuple(row) for row in rows)


def _living(connection: sa.Connection, ids: Sequence[int]) -> Ids:
    """Those of some records that are live."""
    joined = source_record.join(record, record.c.record_id == source_record.c.record_id).join(
        source, source.c.source_id == record.c.source_id
    )
    live = sa.select(source_record.c.record_id).select_from(joined).where(visible(source_record, source.c.live_run))
    return np.array(connection.scalars(live.where(among(connection.dialect.name, source_record.c.record_id, ids))).all(), np.int64)


def asked_renames(connection: sa.Connection) -> list[Asked]:
    """Those that a steward was asked about and has not settled, while the old record is gone and the new one is there."""
    old = record.alias("old")
    seen = _seen().where(renamed_record.c.state == "asked").join(old, old.c.record_id == renamed_record.c.old_id)
    columns = (source.c.name, old.c.key.label("old_key"), record.c.key.label("new_key"), renamed_record.c.probability)
    rows = connection.execute(seen.add_columns(*columns)).all()
    if not rows:
        return []
    settled, live = _settled(connection), set(_living(connection, sorted({n for row in rows for n in (row.old_id, row.new_id)})).tolist())
    return [
        Asked(row.name, row.old_key, row.new_key, row.probability)
        for row in rows
        if (row.old_id, row.new_id) not in settled and row.new_id in live and row.old_id not in live
    ]
