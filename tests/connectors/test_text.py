"""Canonical text: one value reads the same, however it is carried."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.text import cells, text_of

CASES = [
    (1042, "1042"), (1042.0, "1042"), (Decimal("1042.00"), "1042"), (2**80, str(2**80)), (-0.0, "0"), (1e15, "1000000000000000"),
    (1e300, "1e+300"), (0.1, "0.1"), (float("nan"), None), (Decimal("NaN"), None), (Decimal("12.50"), "12.5"), (Decimal("1E+3"), "1000"),
    (Decimal("1E-8"), "0.00000001"), (Decimal("1E+999999"), "1E+999999"), (True, "true"), (False, "false"),
    (date(1980, 4, 3), "1980-04-03"),
    (datetime(2026, 3, 1, 12), "2026-03-01T12:00:00"), (datetime(2026, 3, 1, 12, 0, 0, 120_000), "2026-03-01T12:00:00.12"),
    (datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T10:00:00+00:00"),
    (datetime(987, 3, 1, tzinfo=UTC), "0987-03-01T00:00:00+00:00"), (time(9, 5), "09:05:00"), ("", ""), ("a\x00b", "a\x00b"),
    ("é".encode(), "é"), (memoryview(b"x"), "x"), (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (["a", None, 2.0, ["b"]], "a; 2; b"),
    ([], None), ({"b": 1, "a": "é"}, '{"a": "é", "b": 1}'), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), CASES, ids=lambda found: type(found).__name__ if isinstance(found, memoryview) else repr(found))
def test_a_value_has_one_text(value, text):
    """Alone in its column or beside a value of another type."""
    assert cells([value]).cast(pa.string()).to_pylist() == [text]
    assert cells([value, None, "x", 7]).cast(pa.string()).to_pylist() == [text, None, "x", "7"]


@given(st.lists(st.integers() | st.floats() | st.booleans() | st.dates() | st.datetimes() | st.text() | st.none(), max_size=8))
def test_neighbours_do_not_change_a_text(values):
    """The text of a column is the texts of its values. (Invariant 6)"""
    alone = [cells([value]).cast(pa.binary())[0].as_py() for value in values]
    assert cells(values).cast(pa.binary()).to_pylist() == alone


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_a_number_can_be_read_back(values):
    """No digit is lost that makes a difference."""
    assert [float(text) for text in cells(values).to_pylist()] == values


@given(st.lists(st.datetimes(), min_size=1))
def test_a_time_can_be_read_back(values):
    """To the microsecond."""
    assert [datetime.fromisoformat(text) for text in cells(values).to_pylist()] == values


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12), min_size=1))
def test_decimals_read_the_same_from_python_and_from_arrow(values):
    """One from a database, the other from Parquet."""
    assert text_of(pa.array(values, pa.decimal128(30, 4))).to_pylist() == cells(values).to_pylist()
