"""Ids: statements over many numbers or texts at once, in short batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from warehouse.database import Warehouse
from warehouse.visibility import OPEN

BATCH = 50_000
Values: TypeAlias = "pa.Array | pa.ChunkedArray | Sequence[Any] | npt.NDArray[Any]"


def among(dialect: str, column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether a column is one of many values; they travel as one parameter, however many."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(None, list(values), type_=ARRAY(column.type)))
    listed = sa.func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def first_free(connection: sa.Connection, number: sa.Column[int]) -> int:
    """The number after the highest that a column holds."""
    highest: int | None = connection.scalar(sa.select(sa.func.max(number)))
    return (highest or 0) + 1


def batches(values: Values, size: int = BATCH) -> Iterator[list[Any]]:
    """The values as lists of at most `size`.

    >>> list(batches([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    for start in range(0, len(column), size):
        yield column.slice(start, size).to_pylist()


def end_rows(warehouse: Warehouse, table: sa.Table, column: sa.Column[Any], values: Values, run: int) -> int:
    """End, as seen from `run` on, the rows that hold until further notice; one short transaction a batch. Returns how many."""
    ended = 0
    for part in batches(values):
        with warehouse.begin() as connection:
            rows = sa.and_(among(warehouse.dialect, column, part), table.c.to_run == OPEN, table.c.from_run < run)
            ended += connection.execute(table.update().where(rows).values(to_run=run)).rowcount
    return ended
