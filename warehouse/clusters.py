"""Clusters: which records were held to be one customer, derived anew by every run."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import append, read
from warehouse.database import Warehouse
from warehouse.leftovers import remove_derived
from warehouse.publications import published_derivation
from warehouse.tables import cluster_member
from warehouse.versions import with_number


def stage_clusters(warehouse: Warehouse, run: Run, members: pa.Table) -> int:
    """Keep the clusters of a run (record_id, cluster, linkage), instead of those it kept before; returns how many records."""
    remove_derived(warehouse, cluster_member, run.number)
    rows = members.select(["record_id", "cluster", "linkage"])
    return append(warehouse, cluster_member, with_number(rows, "run", run.number))


def published_clusters(warehouse: Warehouse) -> pa.Table:
    """The clusters that the publication rests on: record_id, cluster, linkage."""
    columns = (cluster_member.c.record_id, cluster_member.c.cluster, cluster_member.c.linkage)
    return read(warehouse, sa.select(*columns).where(cluster_member.c.run == published_derivation(cluster_member)))
