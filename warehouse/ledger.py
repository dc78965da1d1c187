"""The ledger: which golden id each record belongs to, and what became of every golden id. (Invariants 1, 2)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from domain.records import RecordKey
from domain.runs import Run
from warehouse.bulk import Within, append, fit, read, read_within
from warehouse.database import Warehouse
from warehouse.ids import end_rows
from warehouse.leftovers import remove_unpublished
from warehouse.publications import published_run
from warehouse.records import with_keys
from warehouse.tables import crosswalk, golden_identity, identity_event, identity_state, record, source
from warehouse.versions import Changes, as_versions, differences, match, stage_versions, with_number
from warehouse.visibility import visible


@dataclass(frozen=True, slots=True)
class Ledger:
    """The published ledger."""

    crosswalk: pa.Table
    """record_id, golden_number."""
    states: pa.Table
    """golden_number, state (`live`, `redirected`, `retired`, `erased`), target (of a redirect)."""
    retired: pa.Table
    """record_id, golden_number: the records that each redirected or retired id held at its end."""
    next_number: int
    """The golden number that is minted next."""


def ledger(warehouse: Warehouse) -> Ledger:
    """All that earlier publications have given out."""
    with warehouse.connect() as connection:
        published = published_run(connection)
        given = golden_identity.c.minted_run <= published
        highest: int | None = connection.scalar(sa.select(sa.func.max(golden_identity.c.golden_number)).where(given))
    retired = read(warehouse, _memberships_at_end(published))
    return Ledger(read(warehouse, _memberships(published)), _states(warehouse, published), retired, (highest or 0) + 1)


def published_memberships(warehouse: Warehouse) -> pa.Table:
    """record_id and golden_number of every record in the publication; in no particular order."""
    with warehouse.connect() as connection:
        published = published_run(connection)
    return read(warehouse, _memberships(published))


def _memberships(published: int) -> sa.Select[Any]:
    return sa.select(crosswalk.c.record_id, crosswalk.c.golden_number).where(visible(crosswalk, published))


def _states(warehouse: Warehouse, published: int) -> pa.Table:
    columns = (identity_state.c.golden_number, identity_state.c.state, identity_state.c.target)
    return read(warehouse, sa.select(*columns).where(visible(identity_state, published)))


def _memberships_at_end(published: int) -> sa.Select[Any]:
    """Of the ids that hold nobody now, the records that left them last, all in one run."""
    ended = sa.select(crosswalk.c.golden_number, sa.func.max(crosswalk.c.to_run).label("at")).where(crosswalk.c.to_run <= published)
    last = ended.group_by(crosswalk.c.golden_number).subquery()
    gone = sa.and_(identity_state.c.golden_number == last.c.golden_number, identity_state.c.state.in_(["redirected", "retired"]))
    left_last = sa.and_(crosswalk.c.golden_number == last.c.golden_number, crosswalk.c.to_run == last.c.at)
    joined = last.join(identity_state, sa.and_(gone, visible(identity_state, published))).join(crosswalk, left_last)
    return sa.select(crosswalk.c.record_id, crosswalk.c.golden_number).select_from(joined)


def stage_identities(warehouse: Warehouse, run: Run, minted: pa.Table, states: pa.Table, events: pa.Table) -> None:
    """Stage what happened to golden ids; comes before all else that is staged of golden customers, and undoes an earlier staging.

    `minted` has golden_number and golden_id; `states` golden_number, state and target of the ids whose state is new or
    differs; `events` kind, golden_number and other, in order.
    """
    remove_unpublished(warehouse)
    append(warehouse, golden_identity, with_number(minted, "minted_run", run.number))
    _stage_states(warehouse, run, fit(states, identity_state))
    sequence = pa.array(np.arange(len(events), dtype=np.int64))
    append(warehouse, identity_event, with_number(events, "run", run.number).append_column("sequence", sequence))


def _stage_states(warehouse: Warehouse, run: Run, states: pa.Table) -> None:
    with warehouse.connect() as connection:
        published = published_run(connection)
    old = _states(warehouse, published)
    both = match(old, states, ["golden_number"])
    differing = differences(old.take(both.old), states.take(both.new), ["state", "target"])
    changed = differing["state"] | differing["target"]
    fresh = states.take(np.concatenate([both.only_new, both.new[changed]]))
    end_rows(warehouse, identity_state, identity_state.c.golden_number, fresh.column("golden_number"), run.number)
    append(warehouse, identity_state, as_versions(fresh, run))


def stage_crosswalk(warehouse: Warehouse, run: Run, membership: pa.Table) -> Changes:
    """Stage which golden customer each live record belongs to: record_id, golden_number of all of them."""
    rows = membership.select(["record_id", "golden_number"])
    return stage_versions(warehouse, run, crosswalk, crosswalk.c.record_id, ["record_id"], rows)


def published_members(warehouse: Warehouse, records: npt.NDArray[np.int64]) -> pa.Table:
    """Which published golden customer each of some records belongs to: record_id, golden_number; those of no one are left out."""
    with warehouse.connect() as connection:
        published = published_run(connection)
    held = sa.select(crosswalk.c.record_id, crosswalk.c.golden_number).where(visible(crosswalk, published))
    return read_within(warehouse, held, Within((crosswalk.c.record_id,), records))


def published_crosswalk(warehouse: Warehouse) -> pa.Table:
    """The published crosswalk for people: source, record_key, golden_id; in no particular order."""
    with warehouse.connect() as connection:
        published = published_run(connection)
    return read(warehouse, crosswalk_select(published))


def crosswalk_select(pointer: Any) -> sa.Select[Any]:
    """Source, record_key and golden_id of every record at a publication."""
    return memberships().where(visible(crosswalk, pointer))


def memberships() -> sa.Select[Any]:
    """Source, record_key and golden_id of every record, over all time."""
    joined = with_keys(crosswalk).join(golden_identity, golden_identity.c.golden_number == crosswalk.c.golden_number)
    columns = (source.c.name.label("source"), record.c.key.label("record_key"), golden_identity.c.golden_id)
    return sa.select(*columns).select_from(joined)


def holder(connection: sa.Connection, key: RecordKey, run: int | None = None) -> int | None:
    """The golden number that a record belongs to in the publication, or belonged to as of a run; none: to no one. (Invariant 10)"""
    pointer = published_run(connection, run)
    of_record = sa.and_(source.c.name == key.source, record.c.key == key.key, visible(crosswalk, pointer))
    return connection.scalar(sa.select(crosswalk.c.golden_number).select_from(with_keys(crosswalk)).where(of_record))


def members(connection: sa.Connection, number: int, run: int | None = None) -> dict[int, RecordKey]:
    """The records of a golden customer in the publication, or as of a run: record key by record number, in order of the keys."""
    held = sa.and_(crosswalk.c.golden_number == number, visible(crosswalk, published_run(connection, run)))
    rows = connection.execute(sa.select(record.c.record_id, source.c.name, record.c.key).select_from(with_keys(crosswalk)).where(held))
    return dict(sorted(((row.record_id, RecordKey(row.name, row.key)) for row in rows), key=lambda member: member[1]))
