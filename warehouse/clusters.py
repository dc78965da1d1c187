"""Clusters: which records were held to be one customer, derived by every run."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.publications import PUBLISHED
from warehouse.tables import cluster_member
from warehouse.versions import Changes, stage_versions
from warehouse.visibility import visible


def stage_clusters(warehouse: Warehouse, run: Run, members: pa.Table) -> Changes:
    """Stage the clusters of a run: record_id, cluster (the lowest record number in it) and linkage of every live record."""
    rows = members.select(["record_id", "cluster", "linkage"])
    return stage_versions(warehouse, run, cluster_member, cluster_member.c.record_id, ["record_id"], rows)


def published_clusters(warehouse: Warehouse) -> pa.Table:
    """The clusters that the publication rests on: record_id, cluster, linkage."""
    columns = (cluster_member.c.record_id, cluster_member.c.cluster, cluster_member.c.linkage)
    return read(warehouse, sa.select(*columns).where(visible(cluster_member, PUBLISHED)))
