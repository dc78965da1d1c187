"""Golden records: staging those of a run, and reading the published ones, now or as of any run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.records import RecordKey
from domain.runs import Run
from warehouse.attribute_tables import golden_version, origin_column, position_column, rule_column
from warehouse.bulk import Within, read
from warehouse.contacts import source_names
from warehouse.database import Warehouse
from warehouse.publications import published_run
from warehouse.records import record_keys
from warehouse.rules import decoded, distinct, encoded, rule_names, rule_numbers
from warehouse.tables import golden_identity
from warehouse.versions import Changes, Places, stage_versions
from warehouse.visibility import visible

COUNTERS = ("member_count", "source_count", "sources", "first_seen", "last_seen", "cohesion", "completeness")


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """A value of a golden record and where it came from."""

    value: str | date | float | bool
    rule: str
    """The survivorship rule that chose it."""
    record: RecordKey | None
    """The source record that holds it; none for a steward's pin."""
    position: int
    """Which of that record's values it is; 0 where an attribute has one."""


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """One golden customer."""

    golden_number: int
    golden_id: str
    from_run: int
    """The run that published this version."""
    values: Mapping[str, GoldenValue]
    """By attribute; without those that have no value."""
    member_count: int
    source_count: int
    sources: tuple[str, ...]
    first_seen: int | None
    """Microseconds since 1970 (UTC)."""
    last_seen: int | None
    cohesion: float | None
    completeness: float | None


def stage_golden(
    warehouse: Warehouse, run: Run, attributes: Sequence[Attribute], golden: pa.Table, touched: Places | None = None
) -> Changes:
    """Stage the golden records of a run, all or those `touched`; only what differs from the published ones is written.

    `golden` has golden_number, of each attribute `<name>`, `<name>_from` (record number), `<name>_rule` (the rule's name as
    text) and, if it is a `many` one, `<name>_position`, and the `COUNTERS`; `sources` are names joined by commas.
    """
    table, names = golden_version(attributes), [attribute.name for attribute in attributes]
    rows = _with_rule_numbers(warehouse, attributes, golden)
    those = None if touched is None else Within((table.c.golden_number,), touched)
    return stage_versions(warehouse, run, table, table.c.golden_number, ["golden_number"], rows, counted=names, within=those)


def published_golden(warehouse: Warehouse, attributes: Sequence[Attribute], run: int | None = None) -> pa.Table:
    """The published golden records, now or as of a run, shaped as `stage_golden` takes them; in no particular order."""
    with warehouse.connect() as connection:
        pointer, rules = published_run(connection, run), rule_names(connection)
    table = golden_version(attributes)
    columns = [column for column in table.c if column.name not in ("from_run", "to_run")]
    golden = read(warehouse, sa.select(*columns).where(visible(table, pointer)))
    for name in map(rule_column, attributes):
        golden = _replaced(golden, name, decoded(golden.column(name), rules))
    return golden


def _with_rule_numbers(warehouse: Warehouse, attributes: Sequence[Attribute], golden: pa.Table) -> pa.Table:
    columns = [rule_column(attribute) for attribute in attributes]
    with warehouse.begin() as connection:
        numbers = rule_numbers(connection, distinct(golden.column(name) for name in columns))
    for name in columns:
        golden = _replaced(golden, name, encoded(golden.column(name), numbers))
    return golden


def _replaced(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), name, values)


def golden_count(connection: sa.Connection, run: int | None = None) -> int:
    """How many golden customers are published, or were as of a run."""
    table = golden_version(())
    seen = visible(table, published_run(connection, run))
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(seen)).scalar_one())


@dataclass(frozen=True, slots=True)
class Held:
    """How many golden customers there are, and what share of them has a value of each attribute."""

    customers: int
    shares: Mapping[str, float]


def values_held(connection: sa.Connection, attributes: Sequence[Attribute], staged: int | None = None) -> Held:
    """What the golden records hold that are published, or `staged` by a run; counted by the database."""
    table = golden_version(attributes)
    pointer = published_run(connection) if staged is None else staged
    counted = (sa.func.count(table.c[attribute.name]) for attribute in attributes)
    customers, *filled = connection.execute(sa.select(sa.func.count(), *counted).where(visible(table, pointer))).one()
    return Held(customers, {a.name: count / customers if customers else 1.0 for a, count in zip(attributes, filled, strict=True)})


def golden_record(connection: sa.Connection, attributes: Sequence[Attribute], number: int, run: int | None = None) -> GoldenRecord | None:
    """One published golden record, now or as of a run; none when the number has none then. (Invariants 4, 10)"""
    table = golden_version(attributes)
    this = sa.and_(table.c.golden_number == number, visible(table, published_run(connection, run)))
    both = table.join(golden_identity, golden_identity.c.golden_number == table.c.golden_number)
    row = connection.execute(sa.select(table, golden_identity.c.golden_id).select_from(both).where(this)).mappings().one_or_none()
    return None if row is None else _golden_record(row, _values(connection, attributes, row))


def _golden_record(row: sa.RowMapping, values: Mapping[str, GoldenValue]) -> GoldenRecord:
    counters = {name: row[name] for name in COUNTERS} | {"sources": source_names(row["sources"])}
    return GoldenRecord(row["golden_number"], row["golden_id"], row["from_run"], values, **counters)


def _values(connection: sa.Connection, attributes: Sequence[Attribute], row: sa.RowMapping) -> dict[str, GoldenValue]:
    rules = rule_names(connection)
    origins = {row[origin_column(attribute)] for attribute in attributes} - {None}
    keys = record_keys(connection, sorted(origins))
    return {a.name: _value(a, row, keys, rules) for a in attributes if row[a.name] is not None}


def _value(attribute: Attribute, row: sa.RowMapping, keys: Mapping[int, RecordKey], rules: Mapping[int, str]) -> GoldenValue:
    position = row[position_column(attribute)] if attribute.many else 0
    return GoldenValue(row[attribute.name], rules[row[rule_column(attribute)]], keys.get(row[origin_column(attribute)]), position)
