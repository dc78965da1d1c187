"""Publications: the pointer of the golden tables."""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.tables import publication

PUBLISHED: sa.ScalarSelect[int] = sa.select(sa.func.coalesce(sa.func.max(publication.c.run), 0)).scalar_subquery()
"""The pointer, for use within a statement."""
RESTS_ON: sa.ScalarSelect[int] = (
    sa.select(sa.func.max(sa.func.coalesce(publication.c.rests_on, publication.c.run)))
    .where(publication.c.run == PUBLISHED)
    .scalar_subquery()
)
"""The run whose source records the publication shows, for use within a statement: an earlier one, where somebody was only erased."""


def published_run(connection: sa.Connection, as_of: int | None = None) -> int:
    """The run whose golden customers are published, or were as of an earlier run; 0: none."""
    statement = sa.select(sa.func.coalesce(sa.func.max(publication.c.run), 0))
    if as_of is not None:
        statement = statement.where(publication.c.run <= as_of)
    return int(connection.execute(statement).scalar_one())
