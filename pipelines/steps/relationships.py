"""Relationships: the clusters that belong together become relationships between golden customers; staged, not yet visible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import WarehouseError
from matching.cluster import connected
from matching.relate import Kind
from pipelines.steps.places import Places
from pipelines.steps.session import Session
from warehouse.related import staged_related
from warehouse.relationships import stage_relationships
from warehouse.staged import staged_crosswalk


@dataclass(frozen=True, slots=True)
class RelationshipReport:
    """How many golden customers belong together."""

    household: int
    """Relationships of that kind."""
    branch: int
    related: int
    households: int
    """Groups that household relationships hold together."""
    people: int
    """Golden customers in all of them."""
    changed_links: int
    """Relationships that are new, other than before, or gone."""

    @property
    def changed(self) -> bool:
        """Whether publishing would change any."""
        return bool(self.changed_links)


def stage_golden_relationships(session: Session) -> RelationshipReport:
    """Stage the relationships of the run between the golden customers that its clusters have become."""
    found = golden_relationships(session)
    changes = stage_relationships(session.warehouse, session.run, found)
    kinds = found.column("kind")
    count = {kind: pc.sum(pc.equal(kinds, str(kind))).as_py() or 0 for kind in Kind}
    households, people = households_of(found.filter(pc.equal(kinds, str(Kind.HOUSEHOLD))))
    changed = changes.new + changes.changed + changes.removed
    return RelationshipReport(count[Kind.HOUSEHOLD], count[Kind.BRANCH], count[Kind.RELATED], households, people, changed)


def golden_relationships(session: Session) -> pa.Table:
    """left_number, right_number, kind, probability and shared of all customers that belong together."""
    related = staged_related(session.warehouse, session.run)
    crosswalk = staged_crosswalk(session.warehouse, session.run)
    places, number = Places(crosswalk.column("record_id").to_numpy()), crosswalk.column("golden_number").to_numpy()
    sides = [places.of(related.column(name).to_numpy()) for name in ("left_id", "right_id")]
    if any((side < 0).any() for side in sides):
        raise WarehouseError(f"related records have no golden id in run {session.run.number}. Run again.")
    left, right = (number[side] for side in sides)
    columns = {"left_number": np.minimum(left, right), "right_number": np.maximum(left, right)}
    return pa.table(columns | {name: related.column(name) for name in ("kind", "probability", "shared")})


def households_of(links: pa.Table) -> tuple[int, int]:
    """How many groups some relationships hold together, and how many golden customers are in them.

    >>> households_of(pa.table({"left_number": [1, 2, 7], "right_number": [2, 3, 9]}))
    (2, 5)
    """
    numbers, at = np.unique(
        np.concatenate([links.column(side).to_numpy() for side in ("left_number", "right_number")]), return_inverse=True
    )
    left, right = (side.astype(np.int32) for side in np.split(at, 2))
    return len(np.unique(connected(len(numbers), left, right))) if len(numbers) else 0, len(numbers)
