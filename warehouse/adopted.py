"""Adopted: ids that customers had before this project, and the golden ids that they became. (Invariant 2)

Adoption mints golden ids that nobody holds yet: they were given before the first run (`minted_run` 0) and stand in no way
until a record of theirs comes. A record claims the id that was adopted for it when it is published for the first time;
from then on the id is kept like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from warehouse.bulk import append_within, read
from warehouse.database import Warehouse
from warehouse.publications import PUBLISHED
from warehouse.records import with_keys
from warehouse.tables import adopted_id, adopted_record, crosswalk, golden_identity, identity_state, record, source
from warehouse.visibility import visible

BEFORE_ALL_RUNS = 0


@dataclass(frozen=True, slots=True)
class AdoptedId:
    """An external id and its golden one."""

    external_id: str
    golden_id: str
    lives: bool
    """False until a record of it has been published."""


def known_ids(warehouse: Warehouse) -> pa.Table:
    """What was adopted so far: external_id, golden_number."""
    return read(warehouse, sa.select(adopted_id.c.external_id, adopted_id.c.golden_number))


def known_records(warehouse: Warehouse) -> pa.Table:
    """The records that something was adopted for: source, key, golden_number."""
    return read(warehouse, sa.select(adopted_record.c.source, adopted_record.c.key, adopted_record.c.golden_number))


def adopt_ids(connection: sa.Connection, at: datetime, by: str, minted: pa.Table, ids: pa.Table, records: pa.Table) -> None:
    """Keep what is adopted.

    `minted` has golden_number and golden_id, `ids` external_id and golden_number, `records` source, key and golden_number.
    """
    given = minted.append_column("minted_run", pa.array([BEFORE_ALL_RUNS] * len(minted), pa.int32()))
    append_within(connection, golden_identity, given)
    signed = ids.append_column("adopted_at", pa.array([at] * len(ids), pa.timestamp("us", "UTC")))
    append_within(connection, adopted_id, signed.append_column("adopted_by", pa.array([by] * len(ids), pa.string())))
    append_within(connection, adopted_record, records)


def claims(warehouse: Warehouse) -> pa.Table:
    """Records that were never published, and the golden number that was adopted for each: record_id, golden_number."""
    named = sa.and_(source.c.name == adopted_record.c.source, record.c.key == adopted_record.c.key)
    joined = adopted_record.join(source, source.c.name == adopted_record.c.source).join(
        record, sa.and_(record.c.source_id == source.c.source_id, named)
    )
    published = sa.exists().where(crosswalk.c.record_id == record.c.record_id, crosswalk.c.from_run <= PUBLISHED)
    return read(warehouse, sa.select(record.c.record_id, adopted_record.c.golden_number).select_from(joined).where(~published))


def published_records(warehouse: Warehouse) -> pa.Table:
    """Which golden number each published record belongs to: source, key, golden_number."""
    columns = (source.c.name.label("source"), record.c.key, crosswalk.c.golden_number)
    return read(warehouse, sa.select(*columns).select_from(with_keys(crosswalk)).where(visible(crosswalk, PUBLISHED)))


def adopted(connection: sa.Connection, external_id: str) -> AdoptedId | None:
    """What became of an external id; none where it was never adopted."""
    columns = (golden_identity.c.golden_id, adopted_id.c.golden_number)
    joined = adopted_id.join(golden_identity, golden_identity.c.golden_number == adopted_id.c.golden_number)
    row = connection.execute(sa.select(*columns).select_from(joined).where(adopted_id.c.external_id == external_id)).one_or_none()
    if row is None:
        return None
    stands = sa.and_(identity_state.c.golden_number == row.golden_number, visible(identity_state, PUBLISHED))
    return AdoptedId(external_id, row.golden_id, connection.scalar(sa.select(identity_state.c.state).where(stands)) is not None)


def mapping_select() -> sa.Select[Any]:
    """external_id, golden_id (that of the customer who answers for it now), adopted_as and state of every adopted id.

    The state is that of the golden id it was adopted as, or `waiting` while no record of it has been published.
    """
    own, now, state = golden_identity.alias("own"), golden_identity.alias("now"), identity_state
    stands = sa.and_(state.c.golden_number == adopted_id.c.golden_number, visible(state, PUBLISHED))
    answering = sa.case((state.c.state == "live", state.c.golden_number), else_=state.c.target)
    joined = adopted_id.join(own, own.c.golden_number == adopted_id.c.golden_number).outerjoin(state, stands)
    columns: Iterator[Any] = iter(
        (
            adopted_id.c.external_id,
            now.c.golden_id.label("golden_id"),
            own.c.golden_id.label("adopted_as"),
            sa.func.coalesce(state.c.state, "waiting", type_=sa.Text()).label("state"),
        )
    )
    return sa.select(*columns).select_from(joined.outerjoin(now, now.c.golden_number == answering))
