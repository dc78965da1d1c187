"""Visibility: which version of a row is seen from a run. See docs/decisions/0001-storage.md."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

OPEN = 2**31 - 1
"""`to_run` of a version that holds until further notice."""


class unindexed(GenericFunction[int]):  # spelled like the SQL function it stands for
    """A column as it is, which SQLite shall not look up in an index.

    Most rows are visible, so a scan is right; without statistics SQLite would take the index for the better way.
    """

    type = sa.Integer()
    inherit_cache = True


@compiles(unindexed)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(unindexed, "sqlite")
def _with_plus(element: Any, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def visible(table: sa.FromClause, pointer: Any) -> sa.ColumnElement[bool]:
    """Rows of a versioned table that hold at run `pointer` (a number or a scalar expression)."""
    return sa.and_(unindexed(table.c.from_run) <= pointer, unindexed(table.c.to_run) > pointer)


def visible_before(table: sa.FromClause, run: Any, pointer: Any) -> sa.ColumnElement[bool]:
    """Rows that held at `run`, but no later than at `pointer`: what a run beyond the pointer has staged is not seen."""
    begun = sa.and_(unindexed(table.c.from_run) <= run, unindexed(table.c.from_run) <= pointer)
    return sa.and_(begun, sa.or_(unindexed(table.c.to_run) > run, unindexed(table.c.to_run) > pointer))


def span_indexes(table: sa.Table) -> None:
    """Find what one run has staged or ended without reading the table.

    Rows arrive in the order of `from_run`, so PostgreSQL needs no more than a BRIN; ended rows are few.
    """
    sa.Index(f"ix_{table.name}_from_run", table.c.from_run, postgresql_using="brin")
    ended = sa.text(f"to_run < {OPEN}")
    sa.Index(f"ix_{table.name}_to_run", table.c.to_run, sqlite_where=ended, postgresql_where=ended)
