"""Related clusters: what matching holds to belong together without being the same, derived by every run."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.publications import PUBLISHED
from warehouse.tables import related_cluster
from warehouse.versions import Changes, stage_versions
from warehouse.visibility import visible

KEYS = ("left_id", "right_id")
COLUMNS = (*KEYS, "kind", "probability", "shared", "kept")


def stage_related(warehouse: Warehouse, run: Run, related: pa.Table) -> Changes:
    """Stage the related clusters of a run (`COLUMNS`): each cluster is named by its lowest record number, the lower one stands left."""
    return stage_versions(warehouse, run, related_cluster, related_cluster.c.related_id, KEYS, related.select(list(COLUMNS)))


def staged_related(warehouse: Warehouse, run: Run) -> pa.Table:
    """The related clusters of a run that are kept: `COLUMNS`, in no particular order."""
    return read(warehouse, _seen(run.number).where(related_cluster.c.kept))


def published_related(warehouse: Warehouse) -> pa.Table:
    """The related clusters that the publication rests on: `COLUMNS`, also those that were cut from too large households."""
    return read(warehouse, _seen(PUBLISHED))


def _seen(pointer: Any) -> sa.Select[Any]:
    return sa.select(*(related_cluster.c[name] for name in COLUMNS)).where(visible(related_cluster, pointer))
