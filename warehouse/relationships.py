"""Relationships: golden customers that belong together without being the same, such as a household."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.database import Warehouse
from warehouse.publications import published_run
from warehouse.tables import golden_identity, relationship
from warehouse.versions import Changes, stage_versions
from warehouse.visibility import visible

KEYS = ("left_number", "right_number", "kind")


@dataclass(frozen=True, slots=True)
class Relative:
    """Another golden customer, and how it belongs to this one."""

    golden_number: int
    golden_id: str
    kind: str
    probability: float | None


def stage_relationships(warehouse: Warehouse, run: Run, relationships: pa.Table) -> Changes:
    """Stage all relationships of a run: left_number below right_number, kind, probability."""
    rows = relationships.select([*KEYS, "probability"])
    return stage_versions(warehouse, run, relationship, relationship.c.relationship_id, KEYS, rows)


def relatives(connection: sa.Connection, number: int, run: int | None = None) -> list[Relative]:
    """Who belongs to a golden customer, published or as of a run; the most probable first."""
    left, right = relationship.c.left_number, relationship.c.right_number
    other = sa.case((left == number, right), else_=left)
    here = sa.and_(sa.or_(left == number, right == number), visible(relationship, published_run(connection, run)))
    joined = relationship.join(golden_identity, golden_identity.c.golden_number == other)
    columns = (golden_identity.c.golden_number, golden_identity.c.golden_id, relationship.c.kind, relationship.c.probability)
    rows = connection.execute(sa.select(*columns).select_from(joined).where(here))
    return sorted((Relative(*row) for row in rows), key=lambda one: (-(one.probability or 0), one.golden_number))
