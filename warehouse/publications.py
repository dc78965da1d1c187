"""Publications: the pointer of the golden tables."""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.tables import publication

PUBLISHED: sa.ScalarSelect[int] = sa.select(sa.func.coalesce(sa.func.max(publication.c.run), 0)).scalar_subquery()
"""The pointer, for use within a statement."""


def published_run(connection: sa.Connection, as_of: int | None = None) -> int:
    """The run whose golden customers are published, or were as of an earlier run; 0: none."""
    statement = sa.select(sa.func.coalesce(sa.func.max(publication.c.run), 0))
    if as_of is not None:
        statement = statement.where(publication.c.run <= as_of)
    return int(connection.execute(statement).scalar_one())
