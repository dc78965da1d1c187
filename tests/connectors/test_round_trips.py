"""Whatever text goes into a source comes out of it the same."""

from __future__ import annotations

import csv
import json
import sqlite3
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(max_size=12)
NAMES = ("a", "b")
with_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def table(cell):
    return st.lists(st.tuples(cell, cell), min_size=1, max_size=8)


def texts(pulled):
    return [tuple(row.values()) for row in pulled.rows]


@with_folder
@given(
    rows=table(st.none() | TEXT),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32-le"]),
)
def test_csv(tmp_path, pulled, rows, delimiter, encoding):
    """An empty cell is null: CSV knows no other."""
    with (tmp_path / "c.csv").open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([NAMES, *rows])
    found = pulled(kind="csv", path="c.csv", encoding=encoding, delimiter=delimiter)
    assert texts(found) == [tuple(cell or None for cell in row) for row in rows]


@with_folder
@given(rows=table(st.none() | TEXT), lines=st.booleans(), plain=st.booleans())
def test_json(tmp_path, pulled, rows, lines, plain):
    """In an array and in lines, escaped and not."""
    records = [dict(zip(NAMES, row, strict=True)) for row in rows]
    written = [json.dumps(record, ensure_ascii=not plain) for record in records]
    (tmp_path / "c.json").write_bytes(("\n".join(written) if lines else f"[{','.join(written)}]").encode())
    assert texts(pulled(kind="json", path="c.json", lines=lines, columns=list(NAMES))) == rows


# XML has no characters below space but these, and makes one of its three line breaks.
XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n"), max_size=12)


@with_folder
@given(rows=table(st.none() | XML_TEXT))
def test_xml(tmp_path, pulled, rows):
    """An absent element is null, an empty one is empty."""
    records = ("".join(f"<{n}>{escape(cell)}</{n}>" for n, cell in zip(NAMES, row, strict=True) if cell is not None) for row in rows)
    (tmp_path / "c.xml").write_text("<r><c><a/><b/></c>" + "".join(f"<c>{record}</c>" for record in records) + "</r>", encoding="utf-8")
    assert texts(pulled(kind="xml", path="c.xml", record="c", columns=list(NAMES))) == [("", ""), *rows]


@with_folder
@given(rows=table(st.none() | TEXT))
def test_parquet(tmp_path, pulled, rows):
    """Nulls and empty texts are two things."""
    pq.write_table(pa.Table.from_pylist([dict(zip(NAMES, row, strict=True)) for row in rows], pa.schema([(n, pa.string()) for n in NAMES])),
                   tmp_path / "c.parquet")  # fmt: skip
    assert texts(pulled(kind="parquet", path="c.parquet")) == rows


@with_folder
@given(rows=table(st.none() | TEXT))
def test_sqlite(tmp_path, pulled, rows):
    """NUL bytes too."""
    (tmp_path / "c.db").unlink(missing_ok=True)
    database = sqlite3.connect(tmp_path / "c.db")
    database.execute("CREATE TABLE c (a TEXT, b TEXT)")
    database.executemany("INSERT INTO c VALUES (?, ?)", rows)
    database.commit()
    database.close()
    assert texts(pulled(kind="sql", url="sqlite:///c.db", table="c")) == rows
