"""Staged: what a run has staged so far, as it would be visible once it is published; read by the steps that follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.runs import Run
from warehouse.attribute_tables import golden_version
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.ids import among, batches
from warehouse.tables import cluster_member, crosswalk, identity_state, record, source, source_record
from warehouse.visibility import visible

Numbers = npt.NDArray[np.int64]


def staged_clusters(warehouse: Warehouse, run: Run) -> pa.Table:
    """The run's clusters: record_id, source, key, cluster, linkage; in the order of the record keys."""
    joined = cluster_member.join(record, record.c.record_id == cluster_member.c.record_id).join(
        source, source.c.source_id == record.c.source_id
    )
    columns = (cluster_member.c.record_id, source.c.name.label("source"), record.c.key, cluster_member.c.cluster, cluster_member.c.linkage)
    members = read(warehouse, sa.select(*columns).select_from(joined).where(visible(cluster_member, run.number)))
    return members.take(pc.sort_indices(members, sort_keys=[("source", "ascending"), ("key", "ascending")]))


def staged_linkages(warehouse: Warehouse, run: Run) -> pa.Table:
    """How each record hangs together with the rest of its cluster: record_id, linkage; in no particular order."""
    return read(warehouse, sa.select(cluster_member.c.record_id, cluster_member.c.linkage).where(visible(cluster_member, run.number)))


def staged_crosswalk(warehouse: Warehouse, run: Run) -> pa.Table:
    """record_id and golden_number of every live record."""
    return read(warehouse, sa.select(crosswalk.c.record_id, crosswalk.c.golden_number).where(visible(crosswalk, run.number)))


def changed_memberships(warehouse: Warehouse, run: Run) -> Numbers:
    """The golden numbers that have gained or lost a record in a run, some of them several times."""
    other = sa.or_(crosswalk.c.from_run == run.number, crosswalk.c.to_run == run.number)
    return np.asarray(read(warehouse, sa.select(crosswalk.c.golden_number).where(other)).column(0).to_numpy())


def relinked_records(warehouse: Warehouse, run: Run) -> Numbers:
    """The records of which the run has found that they belong to a cluster, or how they hang together with it."""
    return np.asarray(
        read(warehouse, sa.select(cluster_member.c.record_id).where(cluster_member.c.from_run == run.number)).column(0).to_numpy()
    )


def staged_states(warehouse: Warehouse, run: Run) -> pa.Table:
    """golden_number, state and target of every golden id."""
    columns = (identity_state.c.golden_number, identity_state.c.state, identity_state.c.target)
    return read(warehouse, sa.select(*columns).where(visible(identity_state, run.number)))


def staged_golden(warehouse: Warehouse, run: Run, attributes: Sequence[Attribute]) -> pa.Table:
    """golden_number, member_count and the value of each attribute of every golden record."""
    table = golden_version(attributes)
    columns = (table.c.golden_number, table.c.member_count, *(table.c[attribute.name] for attribute in attributes))
    return read(warehouse, sa.select(*columns).where(visible(table, run.number)))


def staged_members(warehouse: Warehouse, run: Run) -> pa.Table:
    """golden_number of every golden record, and `members`, the number of records it shows."""
    table = golden_version(())
    members = sa.select(table.c.golden_number, table.c.member_count.label("members"))
    return read(warehouse, members.where(visible(table, run.number)))


def live_record_ids(warehouse: Warehouse) -> pa.ChunkedArray:
    """The numbers of all live records of the sources that the project declares."""
    joined = source_record.join(record, record.c.record_id == source_record.c.record_id).join(
        source, source.c.source_id == record.c.source_id
    )
    live = sa.select(source_record.c.record_id).select_from(joined).where(source.c.active, visible(source_record, source.c.live_run))
    return read(warehouse, live).column("record_id")


def arrivals(warehouse: Warehouse, run: Run, name: str, keys: Sequence[str]) -> pa.Table:
    """Records of a source by their keys, as they would be live: key, raw, staged (a version of this run), is_new (never live before)."""
    earlier = source_record.alias()
    was_live = sa.exists().where(earlier.c.record_id == record.c.record_id, visible(earlier, source.c.live_run))
    joined = source_record.join(record, record.c.record_id == source_record.c.record_id).join(
        source, source.c.source_id == record.c.source_id
    )
    columns = (record.c.key, source_record.c.raw, (source_record.c.from_run == run.number).label("staged"), (~was_live).label("is_new"))
    found = sa.select(*columns).select_from(joined).where(source.c.name == name, visible(source_record, run.number))
    return pa.concat_tables(
        read(warehouse, found.where(among(warehouse.dialect, record.c.key, part))) for part in batches(list(keys), 5_000)
    )
