"""Arrow tables in and out: types, hostile text, and what happens in between."""

from __future__ import annotations

import math
from datetime import date

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import WarehouseError
from warehouse.bulk import append, read, read_few, stream
from warehouse.columns import Number
from warehouse.database import open_warehouse

EVERYTHING = sa.Table(
    "everything",
    sa.MetaData(),
    sa.Column("id", Number, primary_key=True, autoincrement=False),
    sa.Column("small", sa.SmallInteger),
    sa.Column("number", sa.Double),
    sa.Column("truth", sa.Boolean),
    sa.Column("day", sa.Date),
    sa.Column("text", sa.Text),
    sa.Column("bytes", sa.LargeBinary),
)
TYPES = {
    "id": pa.int64(),
    "small": pa.int16(),
    "number": pa.float64(),
    "truth": pa.bool_(),
    "day": pa.date32(),
    "text": pa.string(),
    "bytes": pa.binary(),
}
HOSTILE = [
    'it\'s "quoted"',
    "'; DROP TABLE run; --",
    "<script>alert(1)</script>",
    "=1+1",
    "%s %(x)s :x ?",
    "\\",
    "a\x1fb",
    "\u202eevil",
    "🜚" * 9,
]


@pytest.fixture
def empty(warehouse):
    with warehouse.begin() as connection:
        EVERYTHING.create(connection)
    return warehouse


def rows_of(*rows: dict) -> pa.Table:
    columns = {name: pa.array([row.get(name) for row in rows], type_) for name, type_ in TYPES.items()}
    return pa.table(columns)


def test_every_type_comes_back_as_declared(empty):
    """A date is a date and a truth a truth, also on SQLite, which has neither."""
    data = rows_of(
        {"id": 1, "small": -3, "number": 2.0, "truth": True, "day": date(1980, 4, 3), "text": "Ann", "bytes": b"\0\xff"},
        {"id": 2, "number": math.inf, "truth": False, "day": date(1, 1, 1)},
    )
    assert append(empty, EVERYTHING, data) == 2
    assert read(empty, sa.select(EVERYTHING)).sort_by("id").equals(data)


@pytest.mark.parametrize("count", [0, 3])
def test_columns_without_any_value_have_their_type(empty, count):
    """Columns that are empty throughout, or of a table without rows, are typed all the same."""
    data = rows_of(*({"id": number} for number in range(count)))
    append(empty, EVERYTHING, data)
    assert read(empty, sa.select(EVERYTHING)).schema.equals(data.schema)


def test_values_that_begin_late_are_typed(empty):
    """A column whose first thousands of rows are empty keeps its type and values."""
    late = {"number": 0.5, "truth": True, "day": date(2000, 1, 1), "text": "12", "bytes": b"x"}
    data = rows_of(*({"id": number} for number in range(70_000)), {"id": 70_000, **late})
    append(empty, EVERYTHING, data)
    found = read(empty, sa.select(EVERYTHING).where(EVERYTHING.c.id >= 1_000))
    assert found.num_rows == 69_001
    assert found.sort_by("id").slice(69_000).equals(data.slice(70_000))


def test_hostile_text_is_only_text(empty):
    """Quotes, statements, scripts, formulas and placeholders come back letter by letter, also through a parameter."""
    data = rows_of(*({"id": number, "text": text} for number, text in enumerate(HOSTILE)))
    append(empty, EVERYTHING, data)
    assert read(empty, sa.select(EVERYTHING)).sort_by("id").column("text").to_pylist() == HOSTILE
    for number, text in enumerate(HOSTILE):
        found = read(empty, sa.select(EVERYTHING.c.id).where(EVERYTHING.c.text == text, EVERYTHING.c.id >= 0))
        assert found.column("id").to_pylist() == [number]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.dates(), st.floats(allow_nan=False)))
)
def test_any_value_survives(empty, values):
    """What is appended is read back, whatever it is."""
    with empty.begin() as connection:
        connection.execute(EVERYTHING.delete())
    data = rows_of(*({"id": number, "text": t, "day": d, "number": n} for number, (t, d, n) in enumerate(values)))
    append(empty, EVERYTHING, data)
    assert read(empty, sa.select(EVERYTHING)).sort_by("id").equals(data)


def test_a_nul_is_refused_by_name(empty):
    """A text with a NUL is an error that names table and column and not the text, on both databases alike."""
    data = rows_of({"id": 1, "text": "plain"}, {"id": 2, "text": "secret\0"})
    with pytest.raises(WarehouseError, match="column 'text' of 'everything' has a text with a NUL character") as caught:
        append(empty, EVERYTHING, data)
    assert "secret" not in str(caught.value)
    assert append(empty, EVERYTHING, data.slice(0, 1)) == 1


def test_not_a_number_is_nothing(empty):
    """Not a number is kept as nothing, so that it equals itself from run to run. (Invariant 8)"""
    append(empty, EVERYTHING, rows_of({"id": 1, "number": math.nan}))
    assert read(empty, sa.select(EVERYTHING.c.number)).column("number").to_pylist() == [None]


def test_a_cell_of_ten_megabytes_passes(empty):
    """Large cells travel in transactions of their own."""
    data = rows_of(*({"id": number, "text": "x" * 10_000_000} for number in range(8)))
    append(empty, EVERYTHING, data)
    parts = list(stream(empty, sa.select(EVERYTHING.c.id, sa.func.length(EVERYTHING.c.text, type_=sa.Integer).label("length"))))
    assert sorted(length for part in parts for length in part.column("length").to_pylist()) == [10_000_000] * 8


def test_batches_are_appended_as_they_come(empty):
    """A stream of batches, dictionary-encoded text and wider numbers are cast to what the table holds."""
    batch = pa.record_batch(
        {"id": pa.array([1, 2], pa.int32()), "text": pa.array(["a", "b"]).dictionary_encode(), "small": pa.array([1, 2])}
    )
    assert append(empty, EVERYTHING, iter([batch])) == 2
    assert sorted(read(empty, sa.select(EVERYTHING.c.text)).column("text").to_pylist()) == ["a", "b"]


def test_what_was_appended_before_a_failure_is_told_apart(empty):
    """A row that breaks a constraint is an error without the row; earlier transactions stay, as staged rows may."""
    with pytest.raises(WarehouseError, match="the warehouse refused a bulk transfer") as caught:
        append(empty, EVERYTHING, rows_of({"id": 1, "text": "secret"}, {"id": 1, "text": "secret"}))
    assert "secret" not in str(caught.value)
    with empty.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(EVERYTHING)) == 0


def test_a_few_rows_are_read_within_a_transaction(empty):
    """The same types come through a connection as in bulk."""
    data = rows_of({"id": 1, "small": 1, "truth": True, "day": date(1980, 4, 3), "text": "Ann", "bytes": b"x"})
    append(empty, EVERYTHING, data)
    with empty.connect() as connection:
        assert read_few(connection, sa.select(EVERYTHING)).equals(data)


@pytest.mark.parametrize("number", [0, 70_000])
def test_a_value_of_another_type_is_told_without_it(file_warehouse, number):
    """SQLite takes a text where a number belongs; reading it is an error that does not quote it. (Invariant 11)"""
    with file_warehouse.begin() as connection:
        EVERYTHING.create(connection)
    append(file_warehouse, EVERYTHING, rows_of(*({"id": one, "number": 1.5} for one in range(number))))
    with file_warehouse.begin() as connection:
        connection.exec_driver_sql("INSERT INTO everything (id, number) VALUES (?, 'secret')", (number,))
    with pytest.raises(WarehouseError, match=r"the warehouse (holds a value in 'number' that is no double|broke off its answer)") as caught:
        read(file_warehouse, sa.select(EVERYTHING))
    assert "secret" not in str(caught.value)


def test_a_lost_connection_is_replaced(postgres_url, tmp_path):
    """A server that was restarted meanwhile costs nothing but a new connection."""
    warehouse = open_warehouse(postgres_url, tmp_path)
    with warehouse.begin() as connection:
        EVERYTHING.create(connection)
    assert append(warehouse, EVERYTHING, rows_of({"id": 1})) == 1
    with warehouse.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert append(warehouse, EVERYTHING, rows_of({"id": 2})) == 1
    with warehouse.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(EVERYTHING)) == 2
    warehouse.close()
