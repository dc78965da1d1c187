"""Rules: the numbers that stand for names of survivorship rules in the golden table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from warehouse.tables import survivorship_rule


def rule_names(connection: sa.Connection) -> dict[int, str]:
    """Name of each rule by its number."""
    rows = connection.execute(sa.select(survivorship_rule))
    return {row.rule: row.name for row in rows}


def rule_numbers(connection: sa.Connection, names: Iterable[str]) -> dict[str, int]:
    """Number of each rule by its name; new names get new numbers."""
    known = {name: number for number, name in rule_names(connection).items()}
    for name in sorted(set(names) - set(known)):
        known[name] = max(known.values(), default=0) + 1
        connection.execute(survivorship_rule.insert().values(rule=known[name], name=name))
    return known


def encoded(names: pa.ChunkedArray, numbers: Mapping[str, int]) -> pa.Array:
    """A column of names as numbers."""
    coded = names.combine_chunks().cast(pa.string()).dictionary_encode()
    return pa.array([numbers[name] for name in coded.dictionary.to_pylist()], pa.int16()).take(coded.indices)


def decoded(numbers: pa.ChunkedArray, names: Mapping[int, str]) -> pa.Array:
    """A column of numbers as names."""
    coded = numbers.combine_chunks().dictionary_encode()
    return pa.array([names[number] for number in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def distinct(columns: Iterable[pa.ChunkedArray]) -> set[str]:
    """All names in some columns."""
    return {name for column in columns for name in pc.unique(column.cast(pa.string())).to_pylist() if name is not None}
