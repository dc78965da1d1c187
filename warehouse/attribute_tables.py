"""Attribute tables: the tables whose columns follow the project's attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute, Storage
from domain.errors import WarehouseError
from warehouse.columns import Number, key, metadata, optional, required, span
from warehouse.tables import golden_identity
from warehouse.visibility import span_indexes

SEPARATOR = "\x1f"
"""Joins the values of a `many` attribute in a standard record; standardised values never hold it."""
RESERVED_NAMES = frozenset({"record_id", "source", "key", "modified", "golden_number", "golden_id"})
"""Columns that stand beside the attributes wherever records are read: no attribute may be named so."""
LONGEST_NAME = 63
"""Bytes that PostgreSQL keeps of a name."""
COLUMN_TYPES: dict[Storage, type[sa.types.TypeEngine[Any]]] = {
    Storage.TEXT: sa.Text,
    Storage.DATE: sa.Date,
    Storage.NUMBER: sa.Double,
    Storage.BOOLEAN: sa.Boolean,
}


def standard_record(attributes: Sequence[Attribute]) -> sa.Table:
    """Standard records: of each attribute the value, and its status."""
    return _standard_record(tuple(attributes))


def golden_version(attributes: Sequence[Attribute]) -> sa.Table:
    """Golden records in every version: of each attribute the value, the record it came from, and the rule that chose it."""
    return _golden_version(tuple(attributes))


@lru_cache(maxsize=32)
def _standard_record(attributes: tuple[Attribute, ...]) -> sa.Table:
    columns = [column for attribute in attributes for column in standard_columns(attribute)]
    return _versioned("standard_record", "Source records made comparable, over time", key("record_id", Number), columns)


@lru_cache(maxsize=32)
def _golden_version(attributes: tuple[Attribute, ...]) -> sa.Table:
    columns = [column for attribute in attributes for column in golden_columns(attribute)]
    number = key("golden_number", Number, sa.ForeignKey(golden_identity.c.golden_number))
    return _versioned("golden_version", "Golden customers, over time", number, [*columns, *_counters()])


def standard_columns(attribute: Attribute) -> Iterator[sa.Column[Any]]:
    """What a standard record holds of one attribute; the values of a `many` one are joined by `SEPARATOR`, empty for none."""
    type_ = sa.Text if attribute.many else COLUMN_TYPES[attribute.storage]
    yield optional(attribute.name, type_, comment=attribute.description or None)
    yield optional(status_column(attribute), sa.SmallInteger, comment="0 missing, 1 valid, 2 invalid, 3 placeholder")


def golden_columns(attribute: Attribute) -> Iterator[sa.Column[Any]]:
    """What a golden record holds of one attribute: of a `many` one the best value."""
    yield optional(attribute.name, COLUMN_TYPES[attribute.storage], comment=attribute.description or None)
    yield optional(origin_column(attribute), sa.BigInteger, comment="The record it came from")
    yield optional(rule_column(attribute), sa.SmallInteger, comment="The survivorship rule that chose it")
    if attribute.many:
        yield optional(position_column(attribute), sa.SmallInteger, comment="Which of that record's values")


def _counters() -> tuple[sa.Column[Any], ...]:
    return (
        required("member_count", sa.Integer, comment="Source records"),
        required("source_count", sa.Integer, comment="Sources that know the customer"),
        required("sources", sa.Text, comment="Their names, separated by commas"),
        optional("first_seen", sa.BigInteger, comment="Microseconds since 1970 (UTC)"),
        optional("last_seen", sa.BigInteger, comment="Microseconds since 1970 (UTC)"),
        optional("cohesion", sa.Double, comment="The weakest linkage inside"),
        optional("completeness", sa.Double, comment="Share of the attributes that have a value"),
    )


def status_column(attribute: Attribute) -> str:
    """Name of the column with the status of an attribute."""
    return f"{attribute.name}_status"


def origin_column(attribute: Attribute) -> str:
    """Name of the column with the record that a golden value came from."""
    return f"{attribute.name}_from"


def rule_column(attribute: Attribute) -> str:
    """Name of the column with the rule that chose a golden value."""
    return f"{attribute.name}_rule"


def position_column(attribute: Attribute) -> str:
    """Name of the column that says which of a record's values was chosen."""
    return f"{attribute.name}_position"


def _versioned(name: str, comment: str, first: sa.Column[Any], columns: Sequence[sa.Column[Any]]) -> sa.Table:
    """A table of its own metadata: it changes with the project, and Alembic leaves it alone."""
    all_columns = [first, *span(), *columns]
    _check_names(name, [column.name for column in all_columns if isinstance(column, sa.Column)])
    table = sa.Table(name, sa.MetaData(naming_convention=metadata.naming_convention), *all_columns, comment=comment)
    span_indexes(table)
    return table


def _check_names(table: str, names: Sequence[str]) -> None:
    """SQLite does not tell upper from lower case, and PostgreSQL cuts long names: an attribute's name must bear both."""
    seen = set(RESERVED_NAMES - {"record_id", "golden_number"})
    for name in names:
        if name.lower() in seen or len(name.encode()) > LONGEST_NAME:
            raise WarehouseError(f"'{table}' cannot have one more column named '{name}': give the attribute another, short name.")
        seen.add(name.lower())
