"""Parquet: every type as text, nested columns, and files that are broken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.errors import SourceError

COLUMNS = {
    "id": (pa.array([1, 2, None], pa.int64()), "integer", ["1", "2", None]),
    "as_float": (pa.array([1042.0, float("nan"), 2065550100.0]), "number", ["1042", None, "2065550100"]),
    "price": (pa.array([Decimal("12.50"), Decimal("7.00"), None]), "number", ["12.5", "7", None]),
    "vip": (pa.array([True, False, None]), "boolean", ["true", "false", None]),
    "born": (pa.array([date(1980, 4, 3), None, date(1, 1, 1)]), "date", ["1980-04-03", None, "0001-01-01"]),
    "seen": (pa.array([datetime(2026, 3, 1, 12), None, None], pa.timestamp("ns")), "timestamp", ["2026-03-01T12:00:00", None, None]),
    "zoned": (
        pa.array([datetime(2026, 3, 1, 12, tzinfo=UTC), None, None], pa.timestamp("ms", "Europe/Paris")),
        "timestamp",
        ["2026-03-01T12:00:00+00:00", None, None],
    ),
    "city": (pa.array(["Bath", "Bath", None]).dictionary_encode(), "text", ["Bath", "Bath", None]),
    "name": (pa.array(["Zoë", "a\x00b", ""], pa.large_string()), "text", ["Zoë", "a\x00b", ""]),
    "blob": (pa.array(["é".encode(), b"x", None]), "binary", ["é", "x", None]),
    "nothing": (pa.nulls(3), "text", [None, None, None]),
    "tags": (pa.array([["a", "b"], [], None]), "text", ["a; b", None, None]),
}
NESTED = [{"a.b": "1", "address": {"city": "Bath"}, "phones": [{"number": 1}, {"number": 2}]}, {"a.b": "2", "address": None, "phones": []}]


def test_every_type_becomes_text(tmp_path, pulled, connect):
    """What pandas made floating-point to hold a missing value is whole again."""
    pq.write_table(pa.table({name: values for name, (values, _, _) in COLUMNS.items()}), tmp_path / "c.parquet")
    assert connect(kind="parquet", path="c.parquet").columns() == {name: word for name, (_, word, _) in COLUMNS.items()}
    rows = pulled(kind="parquet", path="c.parquet").rows
    assert {name: [row[name] for row in rows] for name in COLUMNS} == {name: text for name, (_, _, text) in COLUMNS.items()}


def test_nested_columns_are_dotted(tmp_path, pulled):
    """As in JSON; a dot in a column's own name does not confuse."""
    pq.write_table(pa.Table.from_pylist(NESTED), tmp_path / "c.parquet")
    assert pulled(kind="parquet", path="c.parquet").rows == [
        {"a.b": "1", "address.city": "Bath", "phones.number": "1; 2"},
        {"a.b": "2", "address.city": None, "phones.number": None},
    ]


def test_bytes_that_are_not_text_are_refused(tmp_path, pulled):
    """In columns that say they hold text, too."""
    lying = pa.Array.from_buffers(pa.string(), 3, pa.array([b"Ann", b"caf\xe9", b"Bo"]).buffers())
    pq.write_table(pa.table({"id": [1, 2, 3], "name": lying}), tmp_path / "c.parquet")
    found = pulled(kind="parquet", path="c.parquet", columns=["name"])
    assert (found.rows, found.numbers) == ([{"name": "Ann"}, {"name": "Bo"}], [1, 3])
    assert found.reasons == {2: "column 'name' holds bytes that are not text in the source's encoding"}


def test_rows_are_numbered_across_row_groups(tmp_path, pulled):
    """From 1 to the end."""
    pq.write_table(pa.table({"id": range(1, 1_001)}), tmp_path / "c.parquet", row_group_size=70)
    found = pulled(kind="parquet", path="c.parquet", size=300)
    assert [int(row["id"]) for row in found.rows] == found.numbers == list(range(1, 1_001))


def test_a_broken_file_and_a_column_twice_are_errors(tmp_path, connect):
    """Each with what to do."""
    table = pa.table([pa.array([1]), pa.array([2])], names=["id", "id"])
    pq.write_table(table, tmp_path / "c.parquet")
    with pytest.raises(SourceError, match=r"file 'c.parquet' names 'id' more than once"):
        connect(kind="parquet", path="c.parquet").columns()
    pq.write_table(pa.table({"id": pa.array(range(100_000)).cast(pa.string())}), tmp_path / "c.parquet")
    content = bytearray((tmp_path / "c.parquet").read_bytes())
    content[5_000:9_000] = b"\xff" * 4_000
    (tmp_path / "c.parquet").write_bytes(content)
    with pytest.raises(SourceError, match=r"file 'c.parquet' is not a Parquet file, or is damaged"):
        list(connect(kind="parquet", path="c.parquet").batches(["id"]))


def test_missing_columns_are_named(tmp_path, connect):
    """With the nearest of those there are."""
    pq.write_table(pa.table({"d_o_b": ["x"], "name": ["y"]}), tmp_path / "c.parquet")
    with pytest.raises(SourceError, match=r"column 'dob' is not in file 'c.parquet'; it has 'd_o_b', 'name'. Set map.birth_date."):
        next(connect(kind="parquet", path="c.parquet").batches(["dob"]))
