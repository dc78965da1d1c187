"""What departments write can be read by everybody else, whatever stands in it."""

import gzip
import json
import sqlite3
import xml.etree.ElementTree as ElementTree

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.demo.documents import json_lines, xml_document
from pipelines.demo.stores import STORED, Csv, Excel, Sqlite
from pipelines.demo.tables import texts

HOSTILE = [*texts("attacks", "text").to_pylist(), "Zoë & Söhne; \"x\", 'y'", "back\\slash", None]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=20)


def table():
    return pa.table({"id": pa.array(range(len(HOSTILE))), "name": pa.array(HOSTILE)})


def test_a_database_holds_what_it_was_given(tmp_path):
    """Values are bound, never spelled into a statement."""
    Sqlite("x.db", "t").write(tmp_path, {STORED: table()})
    with sqlite3.connect(tmp_path / "x.db") as database:
        assert database.execute("SELECT name FROM t ORDER BY id").fetchall() == [(text,) for text in HOSTILE]


def test_a_workbook_computes_nothing(tmp_path):
    """A name that begins with = is a name."""
    Excel("x.xlsx", "S").write(tmp_path, {STORED: table()})
    cells = [row[1] for row in openpyxl.load_workbook(tmp_path / "x.xlsx")["S"].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == HOSTILE
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}


@pytest.mark.parametrize("store", [Csv("x.csv"), Csv("x.csv.gz", delimiter=";")], ids=["plain", "packed"])
def test_a_csv_file_quotes_what_it_must(tmp_path, store):
    """Delimiters and quotation marks in a value stay in it."""
    store.write(tmp_path, {STORED: table()})
    read = pd.read_csv(tmp_path / store.file, sep=store.delimiter, keep_default_na=False, na_values=[""])["name"]
    assert read.where(read.notna(), None).to_list() == HOSTILE


def test_a_packed_file_is_the_same_whenever_it_is_made(tmp_path):
    """It holds no time. (Invariant 6)"""
    Csv("x.csv.gz").write(tmp_path, {STORED: table()})
    assert gzip.GzipFile(tmp_path / "x.csv.gz").read(1)
    assert (tmp_path / "x.csv.gz").read_bytes()[4:8] == b"\0\0\0\0"


def test_a_file_in_an_old_encoding_is_not_utf8(tmp_path):
    """Letters that the encoding lacks lose their accents, so nothing becomes a question mark."""
    Csv("x.csv", encoding="cp1252").write(tmp_path, {STORED: pa.table({"name": ["Muñoz", "Dvořák"]})})
    content = (tmp_path / "x.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert "Muñoz" in content.decode("cp1252")
    assert "Dvorák" in content.decode("cp1252")


def test_every_name_can_be_written_in_the_old_encoding():
    """The tables hold no letter that would be lost."""
    for name, column in (
        ("family_names", "name"),
        ("given_names", "name"),
        ("nicknames", "nickname"),
        ("streets", "street"),
        ("towns", "town"),
    ):
        "\n".join(texts(name, column).to_pylist()).encode("cp1252")


@given(names=st.lists(st.none() | TEXT, min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_json_lines_can_be_read_back(names):
    """
    person.first    Ann         {"person": {"first": "Ann"}, "mails": ["Ann"]}
    """
    rows = pa.table({"person.first": pa.array(names, pa.string()), "mails[]": pa.array(names, pa.string())})
    read = [json.loads(line) for line in json_lines(rows).split("\n") if line]
    assert read == [{"person": {"first": name}, "mails": [] if name is None else [name]} for name in names]


@given(names=st.lists(st.none() | TEXT, min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_xml_can_be_read_back(names):
    """What is missing has no element; what looks like an element is text."""
    rows = pa.table({"@id": pa.array(["7"] * len(names)), "owner/name": pa.array(names, pa.string()), "mail": pa.array(names, pa.string())})
    records = ElementTree.fromstring(xml_document(rows, "records", "record")).findall("record")
    assert [record.get("id") for record in records] == ["7"] * len(names)
    assert [(record.findtext("owner/name") or None) for record in records] == [name or None for name in names]
