"""Diff: what changed between two publications."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import OnefoldError
from pipelines.project import Project
from pipelines.steps.difference import LISTED, Difference, difference
from pipelines.steps.lookup import Connection
from warehouse.as_of import publication_as_of
from warehouse.database import Warehouse
from warehouse.publications import Publication, publications


@dataclass(frozen=True, slots=True)
class PublicationDifference:
    """What changed between two publications."""

    before: Publication
    after: Publication
    difference: Difference


def diff(
    warehouse: Warehouse, project: Project, first: str | None = None, second: str | None = None, limit: int = LISTED
) -> PublicationDifference:
    """What changed between two publications: each is named by a run, a date or a moment; without any, the last two.

    With one, from that to the last. The earlier is told as the one before, whichever is named first. An OnefoldError says where
    there are no two.
    """
    with warehouse.connect() as connection:
        before, after = between(connection, first, second)
    return PublicationDifference(before, after, difference(warehouse, project.attributes, before.run, after.run, limit))


def between(connection: Connection, first: str | None, second: str | None) -> tuple[Publication, Publication]:
    """The two publications that are meant, the earlier first."""
    latest = publications(connection, 2)
    if first is None:
        if len(latest) < 2:
            raise OnefoldError("there are no two publications yet to be compared: run `onefold run`.")
        return latest[0], latest[1]
    named = publication_as_of(connection, first), publication_as_of(connection, second) if second is not None else latest[-1]
    before, after = sorted(named, key=lambda one: one.run)
    return before, after
