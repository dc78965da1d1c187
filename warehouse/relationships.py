"""Relationships: golden customers that belong together without being the same, such as a household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import sqlalchemy as sa

from domain.runs import Run
from warehouse.bulk import read
from warehouse.database import Warehouse
from warehouse.publications import PUBLISHED, published_run
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
    shared: tuple[str, ...]
    """Comparisons on which some records of the two are equal."""


def stage_relationships(warehouse: Warehouse, run: Run, relationships: pa.Table) -> Changes:
    """Stage all relationships of a run: left_number below right_number, kind, probability, shared."""
    rows = relationships.select([*KEYS, "probability", "shared"])
    return stage_versions(warehouse, run, relationship, relationship.c.relationship_id, KEYS, rows)


def relatives(connection: sa.Connection, number: int, run: int | None = None) -> list[Relative]:
    """Who belongs to a golden customer, published or as of a run; the most probable first."""
    left, right = relationship.c.left_number, relationship.c.right_number
    other = sa.case((left == number, right), else_=left)
    here = sa.and_(sa.or_(left == number, right == number), visible(relationship, published_run(connection, run)))
    joined = relationship.join(golden_identity, golden_identity.c.golden_number == other)
    told = (relationship.c.kind, relationship.c.probability, relationship.c.shared)
    rows = connection.execute(
        sa.select(golden_identity.c.golden_number, golden_identity.c.golden_id, *told).select_from(joined).where(here)
    )
    found = [Relative(row.golden_number, row.golden_id, row.kind, row.probability, _names(row.shared)) for row in rows]
    return sorted(found, key=lambda one: (-(one.probability or 0), one.golden_number, one.kind))


def published_links(warehouse: Warehouse, kind: str) -> pa.Table:
    """The published relationships of a kind: left_number, right_number."""
    columns = (relationship.c.left_number, relationship.c.right_number)
    return read(warehouse, sa.select(*columns).where(visible(relationship, PUBLISHED), relationship.c.kind == kind))


def _names(shared: str | None) -> tuple[str, ...]:
    return tuple(name for name in (shared or "").split(",") if name)


def relationship_counts(connection: sa.Connection, run: int | None = None) -> Mapping[str, int]:
    """How many relationships are published, or were as of a run, by kind."""
    seen = visible(relationship, published_run(connection, run))
    rows = connection.execute(sa.select(relationship.c.kind, sa.func.count()).where(seen).group_by(relationship.c.kind))
    return dict(sorted((kind, count) for kind, count in rows))
