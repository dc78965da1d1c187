"""Related clusters: what matching holds to belong together without being the same, derived anew by every run."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import append, read
from warehouse.database import Warehouse
from warehouse.leftovers import remove_derived
from warehouse.tables import related_cluster
from warehouse.versions import with_number

COLUMNS = ("left_id", "right_id", "kind", "probability", "shared")


def stage_related(warehouse: Warehouse, run: Run, related: pa.Table) -> int:
    """Keep the related clusters of a run (`COLUMNS`; each cluster is named by one of its records), instead of those it kept before."""
    remove_derived(warehouse, related_cluster, run.number)
    return append(warehouse, related_cluster, with_number(related.select(list(COLUMNS)), "run", run.number))


def staged_related(warehouse: Warehouse, run: Run) -> pa.Table:
    """The related clusters of a run: `COLUMNS`, in no particular order."""
    columns = (related_cluster.c[name] for name in COLUMNS)
    return read(warehouse, sa.select(*columns).where(related_cluster.c.run == run.number))
