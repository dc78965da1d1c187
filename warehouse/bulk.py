"""Bulk: Arrow tables into and out of the warehouse, through ADBC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from domain.errors import WarehouseError
from warehouse.columns import UtcTime
from warehouse.database import Warehouse
from warehouse.failures import reason
from warehouse.ids import among

BATCH_ROWS = 100_000
BATCH_BYTES = 64 * 2**20
"""A transaction holds no more than these: others that write wait for one batch, not for a table."""

LOOKED_UP = 100_000
"""So many numbers are looked up in an index."""
LARGE_PARTS, SMALL_PARTS = 65_536, 1_024
"""Rows that SQLite hands over at a time: many for speed, few where rows may be large."""
_Types = dict[str, pa.DataType]

# ADBC numbers parameters in PostgreSQL's own way ($1), as asyncpg does; of that dialect only the spelling is used.
SPELLING: dict[str, sa.Dialect] = {"sqlite": SQLiteDialect(), "postgresql": PGDialect_asyncpg()}  # type: ignore[no-untyped-call]
_SAMPLES = {pa.string(): "''", pa.date32(): "''", pa.float64(): "0.5", pa.binary(): "x''"}


def append(warehouse: Warehouse, table: sa.Table, data: pa.Table | Iterable[pa.RecordBatch]) -> int:
    """Append rows, in short transactions; returns how many.

    Columns are found by name and cast to the types of `table`; those not given stay empty, and not a number becomes
    empty. Raises `WarehouseError` for a text with a NUL character, which PostgreSQL cannot keep.
    """
    pieces = [data] if isinstance(data, pa.Table) else (pa.Table.from_batches([batch]) for batch in data)
    rows = 0
    with warehouse.bulk() as connection, connection.cursor() as cursor:
        for piece in pieces:
            for part in _short(piece):
                cursor.adbc_ingest(table.name, fit(part, table), mode="append")
                connection.commit()
                rows += part.num_rows
    return rows


def append_within(connection: sa.Connection, table: sa.Table, data: pa.Table) -> None:
    """Append rows as part of a transaction: slower than `append`, but with all else in it or not at all."""
    times = [name for name in data.column_names if isinstance(table.c[name].type, UtcTime)]
    rows = fit(data.drop_columns(times), table)
    for name in times:
        rows = rows.append_column(name, data.column(name))
    for part in (rows.slice(start, BATCH_ROWS) for start in range(0, len(rows), BATCH_ROWS)):
        if connection.dialect.name == "postgresql":
            _copy(connection, table, part)
        else:
            connection.execute(table.insert(), part.to_pylist())


def _copy(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Copy rows into PostgreSQL over the connection of the transaction."""
    sink = pa.BufferOutputStream()
    pacsv.write_csv(rows, sink, pacsv.WriteOptions(include_header=False, quoting_style="all_valid"))
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN (FORMAT csv)') as copy:
        copy.write(sink.getvalue().to_pybytes())


def read(warehouse: Warehouse, statement: sa.Select[Any]) -> pa.Table:
    """All rows of a select, in no particular order, in the Arrow types of its columns, also where all are empty."""
    types = _types(statement)
    with _answer(warehouse, statement, types, LARGE_PARTS) as reader:
        rows = pa.Table.from_batches(list(_batches(reader)), reader.schema).combine_chunks()
    return declared(rows.slice(_sampled(warehouse)), types)


@dataclass(frozen=True, slots=True)
class Within:
    """The rows that have one of some numbers in one of some columns."""

    columns: Sequence[sa.Column[int]]
    numbers: npt.NDArray[np.int64]


def read_within(warehouse: Warehouse, statement: sa.Select[Any], within: Within | None) -> pa.Table:
    """The rows of a select, or those of them that lie `within`; its columns must be among those selected.

    A few are looked up; for many it is quicker to read all.
    """
    if within is None:
        return read(warehouse, statement)
    numbers = np.unique(within.numbers)
    if len(numbers) <= LOOKED_UP:
        listed = numbers.tolist()
        return read(warehouse, statement.where(sa.or_(*(among(warehouse.dialect, column, listed) for column in within.columns))))
    found = read(warehouse, statement)
    return found.filter(
        pa.array(np.logical_or.reduce([np.isin(found.column(column.name).to_numpy(), numbers) for column in within.columns]))
    )


def stream(warehouse: Warehouse, statement: sa.Select[Any]) -> Iterator[pa.Table]:
    """The rows of a select part by part, for those that are too large together.

    Until the last is taken, an SQLite warehouse cannot be used otherwise by this thread.
    """
    types, skip = _types(statement), _sampled(warehouse)
    with _answer(warehouse, statement, types, SMALL_PARTS) as reader:
        for batch in _batches(reader):
            yield declared(pa.Table.from_batches([batch.slice(skip)]), types)
            skip = 0


def read_few(connection: sa.Connection, statement: sa.Select[Any]) -> pa.Table:
    """Like `read`, for a few rows and within a transaction."""
    rows = connection.execute(statement).all()
    types = _types(statement)
    return pa.table({name: pa.array([row[place] for row in rows], type_) for place, (name, type_) in enumerate(types.items())})


def _types(statement: sa.Select[Any]) -> _Types:
    return {column.name: arrow_type(column.type) for column in statement.selected_columns}


def _sampled(warehouse: Warehouse) -> int:
    """How many made-up rows come first."""
    return int(warehouse.dialect == "sqlite")


@contextmanager
def _answer(warehouse: Warehouse, statement: sa.Select[Any], types: _Types, part: int) -> Iterator[pa.RecordBatchReader]:
    """A reader of the answer, in parts of so many rows on SQLite; PostgreSQL's are of 16 MB."""
    sampled = _sampled(warehouse)
    asked = _with_sample(statement, types) if sampled else statement
    with warehouse.bulk() as connection, connection.cursor() as cursor:
        if sampled:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(part)})
        cursor.execute(*_spelled(asked, warehouse.dialect))
        yield cursor.fetch_record_batch()


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The reader's batches; where the stream breaks off, Arrow knows nothing of the database and its errors."""
    try:
        yield from reader
    except (pa.ArrowInvalid, OSError) as error:
        raise WarehouseError(f"the warehouse broke off its answer: {reason(error)}") from None


def arrow_type(type_: sa.types.TypeEngine[Any]) -> pa.DataType:
    """The Arrow type of a column's values.

    >>> arrow_type(sa.Date()), arrow_type(sa.SmallInteger())
    (DataType(date32[day]), DataType(int16))
    """
    return _ARROW_TYPES[type(type_)]


_ARROW_TYPES: dict[type, pa.DataType] = {
    sa.SmallInteger: pa.int16(), sa.Integer: pa.int32(), sa.BigInteger: pa.int64(), sa.Double: pa.float64(), sa.Boolean: pa.bool_(),
    sa.Date: pa.date32(), sa.Text: pa.string(), sa.String: pa.string(), sa.LargeBinary: pa.binary(),
}  # fmt: skip


def fit(data: pa.Table, table: sa.Table) -> pa.Table:
    """The columns of `data` in the types of `table`."""
    columns = [_fitted(values, table.c[name]) for name, values in zip(data.column_names, data.columns, strict=True)]
    return pa.table(columns, names=data.column_names)


def _fitted(values: pa.ChunkedArray, column: sa.Column[Any]) -> pa.ChunkedArray:
    type_ = arrow_type(column.type)
    plain = values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values
    fitted = plain.cast(type_)
    if type_ == pa.float64():
        return pc.if_else(pc.is_nan(fitted), pa.scalar(None, type_), fitted)
    if type_ == pa.string() and any(map(_holds_nul, fitted.chunks)):
        raise WarehouseError(f"column '{column.name}' of '{column.table.name}' has a text with a NUL character: take it out first.")
    return fitted


def _holds_nul(text: pa.StringArray) -> bool:
    """Whether a NUL is anywhere in the texts."""
    _, offsets, characters = text.buffers()
    if characters is None or not len(text):
        return False
    ends = np.frombuffer(offsets, np.int32)[[text.offset, text.offset + len(text)]]
    used = np.frombuffer(characters, np.uint8)[ends[0] : ends[1]]
    return not used.all()


def _short(data: pa.Table) -> Iterator[pa.Table]:
    """Slices that are short enough for one transaction."""
    if not data.num_rows:
        return
    of_bytes = BATCH_BYTES * data.num_rows // max(data.nbytes, 1)
    step = max(1, min(BATCH_ROWS, of_bytes))
    for start in range(0, data.num_rows, step):
        yield data.slice(start, step)


def _with_sample(statement: sa.Select[Any], types: _Types) -> sa.CompoundSelect[Any]:
    """The select after one made-up row: ADBC takes SQLite's types from the first rows, where every value could be empty."""
    sample = sa.select(*(sa.literal_column(_SAMPLES.get(type_, "0")).label(name) for name, type_ in types.items()))
    return sample.union_all(sa.select(statement.subquery()))


def _spelled(statement: Any, dialect: str) -> tuple[str, tuple[Any, ...] | None]:
    """The statement's text and parameters as ADBC takes them."""
    compiled = statement.compile(dialect=SPELLING[dialect], compile_kwargs={"render_postcompile": True})
    values = compiled.params
    return str(compiled), tuple(values[name] for name in compiled.positiontup or ()) or None


def declared(rows: pa.Table, types: _Types) -> pa.Table:
    """Cast to the declared types: SQLite tells dates as text and truth as numbers."""
    columns = [_declared(rows.column(place), name, type_) for place, (name, type_) in enumerate(types.items())]
    return pa.table(columns, names=list(types))


def _declared(values: pa.ChunkedArray, name: str, type_: pa.DataType) -> pa.ChunkedArray:
    try:
        return values.cast(type_)
    except pa.ArrowInvalid:  # whose text quotes the value
        raise WarehouseError(f"the warehouse holds a value in '{name}' that is no {type_}: somebody else has written it.") from None
