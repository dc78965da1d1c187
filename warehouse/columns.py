"""Columns: the types and constraints that our tables share, the same on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
"""All fixed tables; constraints and indexes have the same names on both databases."""

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A 64-bit number; SQLite keys its rows by it only when the type is spelled INTEGER."""


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuses a naive time: nobody knows when that was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """In UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(sa.types.TypeDecorator[Any]):
    """Small structured values, kept as JSON text in ASCII: no NUL and no lone surrogate reaches the database."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> str | None:
        """Keys sorted: equal values are equal texts."""
        return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> Any:
        """The value that was given."""
        return None if value is None else json.loads(value)


def required(name: str, type_: Any, *rest: Any, comment: str | None = None) -> sa.Column[Any]:
    """A column that always has a value."""
    return sa.Column(name, type_, *rest, nullable=False, comment=comment)


def optional(name: str, type_: Any, *rest: Any, comment: str | None = None) -> sa.Column[Any]:
    """A column that may be empty."""
    return sa.Column(name, type_, *rest, nullable=True, comment=comment)


def key(name: str, type_: Any, *rest: Any, comment: str | None = None) -> sa.Column[Any]:
    """Part of the primary key, numbered by us."""
    return sa.Column(name, type_, *rest, primary_key=True, autoincrement=False, comment=comment)


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def span(in_key: bool = True) -> tuple[Any, ...]:
    """The runs in which a row holds: from one, up to and without another (docs/decisions/0001-storage.md).

    `in_key`: the versions of a row share the rest of its primary key.
    """
    first = "The first run that sees this version"
    return (
        key("from_run", sa.Integer, comment=first) if in_key else required("from_run", sa.Integer, comment=first),
        required("to_run", sa.Integer, comment="The first run that no longer sees it; 2147483647 while it holds"),
        # A version holds for one run at least.
        sa.CheckConstraint("from_run < to_run", name="span"),
    )
