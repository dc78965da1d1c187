"""Publications: the pointer of the golden tables, and what each publication was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from warehouse.tables import publication

PUBLISHED: sa.ScalarSelect[int] = sa.select(sa.func.coalesce(sa.func.max(publication.c.run), 0)).scalar_subquery()
"""The pointer, for use within a statement."""
RESTS_ON: sa.ScalarSelect[int] = (
    sa.select(sa.func.max(sa.func.coalesce(publication.c.rests_on, publication.c.restored_run, publication.c.run)))
    .where(publication.c.run == PUBLISHED)
    .scalar_subquery()
)
"""The run whose source records the publication shows, within a statement: an earlier one, where it was restored or only erased somebody."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication."""

    run: int
    """The run that made it."""
    published_at: datetime
    """When it became visible; that of a later publication is later."""
    note: str = ""
    restored_run: int | None = None
    """The publication whose state it brought back, where it did; never one that was itself brought back."""
    published_by: str | None = None
    """Who asked for it, where a person did."""
    resumed_at: datetime | None = None
    """Of one that was restored: when runs were let publish again."""
    resumed_by: str | None = None
    rests_on: int | None = None
    """The run whose source records it shows, where it is another's publication without somebody."""

    @property
    def kept(self) -> bool:
        """Whether it was restored and no run may take its place yet."""
        return self.restored_run is not None and self.resumed_at is None

    @property
    def told(self) -> str:
        """Of one that was restored: what, by whom and when."""
        return f"run {self.restored_run} restored by {self.published_by} on {self.published_at:%-d %B %Y}"


def published_run(connection: sa.Connection, as_of: int | None = None) -> int:
    """The run whose golden customers are published, or were as of an earlier run; 0: none."""
    statement = sa.select(sa.func.coalesce(sa.func.max(publication.c.run), 0))
    if as_of is not None:
        statement = statement.where(publication.c.run <= as_of)
    return int(connection.execute(statement).scalar_one())


def publications(connection: sa.Connection, latest: int | None = None) -> list[Publication]:
    """All publications or the latest ones, oldest first."""
    rows = connection.execute(_publications().order_by(publication.c.run.desc()).limit(latest)).all()
    return [Publication(*row) for row in reversed(rows)]


def publication_of(connection: sa.Connection, run: int) -> Publication | None:
    """The publication that a run made, if it made one."""
    row = connection.execute(_publications().where(publication.c.run == run)).one_or_none()
    return None if row is None else Publication(*row)


def last_publication(connection: sa.Connection) -> Publication | None:
    """What consumers see now; none before the first publication."""
    return publication_of(connection, published_run(connection))


def _publications() -> sa.Select[Any]:
    return sa.select(*(publication.c[name] for name in Publication.__dataclass_fields__))


def rests_on(connection: sa.Connection, run: int) -> int:
    """The run whose source records a publication shows: its own, or that of the one that it brought back or took somebody out of."""
    found = publication_of(connection, run)
    return run if found is None else found.rests_on or found.restored_run or run
