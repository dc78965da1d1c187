"""Generated: the tables that follow the project's attributes, and the views for consumers, made and kept up with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute
from warehouse.attribute_tables import golden_version, standard_record
from warehouse.bulk import SPELLING
from warehouse.database import Warehouse
from warehouse.tables import consumer_view
from warehouse.views import ConsumerView, consumer_views

FAMILIES = (sa.Boolean, sa.Date, sa.Float, sa.Integer, sa.String)
"""Types that a column can be read back as; one of another family is another type."""


class ChangeKind(StrEnum):
    """What happens to a table or a column."""

    CREATED = "created"
    """The table is new."""
    ADDED = "added"
    """A column is new and empty."""
    RETYPED = "retyped"
    """A column is new and empty, since its type changed; the old one is kept under another name."""


@dataclass(frozen=True, slots=True)
class TableChange:
    """One change that following the project takes."""

    table: str
    column: str | None
    """None for a whole table."""
    kind: ChangeKind


def preview(warehouse: Warehouse, attributes: Sequence[Attribute]) -> list[TableChange]:
    """What `ensure_tables` would change in the tables."""
    with warehouse.connect() as connection:
        return _planned(connection, attributes)


def ensure_tables(warehouse: Warehouse, attributes: Sequence[Attribute]) -> list[TableChange]:
    """Make the generated tables and views follow the project's attributes; returns what was changed in the tables.

    A column of an attribute that is no longer declared stays as it is and is not read. Values of an added or retyped
    column are empty until the records are standardised anew.
    """
    with warehouse.connect() as connection:
        changes, views = _planned(connection, attributes), _views(connection, attributes)
        settled = not changes and _known_views(connection) == [(view.name, view.fingerprint) for view in views]
    if not settled:
        with warehouse.begin() as connection:
            _follow(connection, attributes, views)
    return changes


def _follow(connection: sa.Connection, attributes: Sequence[Attribute], views: Sequence[_Made]) -> None:
    """The views rest on the columns, so they go first and come back last."""
    grants = _drop_views(connection)
    for change in _planned(connection, attributes):
        _apply(connection, change, attributes)
    _make_views(connection, views, grants)


def _views(connection: sa.Connection, attributes: Sequence[Attribute]) -> list[_Made]:
    return [_Made(view, connection.dialect.name) for view in consumer_views(attributes)]


def _planned(connection: sa.Connection, attributes: Sequence[Attribute]) -> list[TableChange]:
    tables = (standard_record(attributes), golden_version(attributes))
    return [change for table in tables for change in _table_changes(connection, table)]


def _table_changes(connection: sa.Connection, table: sa.Table) -> Iterator[TableChange]:
    inspector = sa.inspect(connection)
    if not inspector.has_table(table.name):
        yield TableChange(table.name, None, ChangeKind.CREATED)
        return
    found = {column["name"]: column["type"] for column in inspector.get_columns(table.name)}
    for column in table.columns:
        if column.name not in found:
            yield TableChange(table.name, column.name, ChangeKind.ADDED)
        elif _family(found[column.name]) is not _family(column.type):
            yield TableChange(table.name, column.name, ChangeKind.RETYPED)


def _family(type_: sa.types.TypeEngine[Any]) -> type | None:
    return next((family for family in FAMILIES if isinstance(type_, family)), None)


def _apply(connection: sa.Connection, change: TableChange, attributes: Sequence[Attribute]) -> None:
    table = next(made for made in (standard_record(attributes), golden_version(attributes)) if made.name == change.table)
    if change.column is None:
        table.create(connection)
        return
    if change.kind is ChangeKind.RETYPED:
        _set_aside(connection, change.table, change.column)
    column = sa.schema.CreateColumn(table.c[change.column]).compile(dialect=connection.dialect)
    _execute(connection, f"ALTER TABLE {change.table} ADD COLUMN {column}")
    if connection.dialect.supports_comments and table.c[change.column].comment:
        connection.execute(sa.schema.SetColumnComment(table.c[change.column]))


def _set_aside(connection: sa.Connection, table: str, column: str) -> None:
    """Keep the values of a retyped column under a name of their own: published history is never thrown away. (Invariant 10)"""
    taken = {found["name"] for found in sa.inspect(connection).get_columns(table)}
    free = next(name for name in (f"{column}__{number}" for number in count(1)) if name not in taken)
    _execute(connection, f"ALTER TABLE {table} RENAME COLUMN {_quoted(connection, column)} TO {_quoted(connection, free)}")


class _Made:
    """A consumers' view as SQL of one database."""

    def __init__(self, view: ConsumerView, dialect: str) -> None:
        compiled = view.statement.compile(dialect=SPELLING[dialect], compile_kwargs={"literal_binds": True})
        self.name, self.comment, self.columns = view.name, view.comment, view.columns
        # SQLite keeps no comments but those within the statement.
        self.sql = f"CREATE VIEW {view.name} AS /* {view.comment} */ {compiled}"
        told = repr((self.sql, sorted(view.columns.items())))
        self.fingerprint = hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _known_views(connection: sa.Connection) -> list[tuple[str, str]]:
    """Name and fingerprint of the views that are there, in the order they were made."""
    there = set(sa.inspect(connection).get_view_names())
    rows = connection.execute(sa.select(consumer_view).order_by(consumer_view.c.position))
    return [(row.name, row.definition) for row in rows if row.name in there]


def _drop_views(connection: sa.Connection) -> list[tuple[str, str]]:
    """Remove the views; returns who may read which."""
    names = [name for name, _ in _known_views(connection)]
    grants = _grants(connection, names)
    for name in reversed(names):
        _execute(connection, f"DROP VIEW {name}")
    connection.execute(consumer_view.delete())
    return grants


def _grants(connection: sa.Connection, names: Sequence[str]) -> list[tuple[str, str]]:
    """View and role: a view that is made anew has lost its readers on PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return []
    grants = sa.table("role_table_grants", *map(sa.column, ("table_name", "grantee", "privilege_type")), schema="information_schema")
    given = sa.and_(grants.c.table_name.in_(names), grants.c.privilege_type == "SELECT", grants.c.grantee != sa.func.current_user())
    return [(row.table_name, row.grantee) for row in connection.execute(sa.select(grants.c.table_name, grants.c.grantee).where(given))]


def _make_views(connection: sa.Connection, views: Sequence[_Made], grants: Sequence[tuple[str, str]]) -> None:
    for position, view in enumerate(views):
        _execute(connection, view.sql)
        connection.execute(consumer_view.insert().values(name=view.name, position=position, definition=view.fingerprint))
        if connection.dialect.supports_comments:
            _comment(connection, f"VIEW {view.name}", view.comment)
            for column, comment in view.columns.items():
                _comment(connection, f"COLUMN {view.name}.{_quoted(connection, column)}", comment)
    for name, role in grants:
        if name in {view.name for view in views}:
            _execute(connection, f"GRANT SELECT ON {name} TO {'PUBLIC' if role == 'PUBLIC' else _quoted(connection, role)}")


def _comment(connection: sa.Connection, what: str, comment: str) -> None:
    text = sa.literal(comment, sa.Text).compile(dialect=SPELLING["postgresql"], compile_kwargs={"literal_binds": True})
    _execute(connection, f"COMMENT ON {what} IS {text}")


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _execute(connection: sa.Connection, statement: str) -> None:
    """Without parameters, so that a percent sign in a description is only that."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
