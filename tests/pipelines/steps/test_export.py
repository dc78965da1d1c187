"""Export: the same rows in every format, whatever they hold, and a file only when it is whole."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OnefoldError
from pipelines.project import load_project
from pipelines.steps import export as step
from pipelines.steps.formats import Format, What
from pipelines.steps.session import open_project_warehouse
from warehouse.golden import published_golden
from warehouse.ledger import published_crosswalk

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=20)
NUMBERS = st.lists(st.none() | st.floats(allow_nan=False), max_size=20)


def exported(warehouse, project, what: What, format: Format, **options) -> bytes:
    file = io.BytesIO()
    step.export(warehouse, project, what, format, file, **options)
    return file.getvalue()


def read_back(content: bytes, format: Format) -> list[dict]:
    if format is Format.PARQUET:
        return pq.read_table(io.BytesIO(content)).to_pylist()
    if format is Format.JSONL:
        return [json.loads(line) for line in content.decode().splitlines()]
    options = pacsv.ConvertOptions(strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=False)
    return pacsv.read_csv(io.BytesIO(content), convert_options=options).to_pylist()


@pytest.mark.parametrize("format", Format)
def test_every_format_holds_the_published_customers(published_warehouse, published_project, format):
    """One row for each golden customer, with the golden values."""
    rows = {row["golden_id"]: row for row in read_back(exported(published_warehouse, published_project, What.GOLDEN, format), format)}
    golden = published_golden(published_warehouse, published_project.attributes)
    assert len(rows) == len(golden)
    assert sorted(map(str, (row["family_name"] for row in rows.values()))) == sorted(map(str, golden.column("family_name").to_pylist()))
    births = sorted(str(value) for value in golden.column("birth_date").to_pylist())
    assert sorted(str(row["birth_date"]) for row in rows.values()) == births
    assert sum(row["member_count"] for row in rows.values()) == sum(golden.column("member_count").to_pylist())


@pytest.mark.parametrize("format", Format)
def test_every_format_holds_the_crosswalk(published_warehouse, published_project, format):
    """The golden id of every source record."""
    rows = read_back(exported(published_warehouse, published_project, What.CROSSWALK, format), format)
    expected = published_crosswalk(published_warehouse).to_pylist()
    assert sorted((row["source"], str(row["record_key"]), row["golden_id"]) for row in rows) == sorted(
        tuple(row.values()) for row in expected
    )


def test_the_columns_are_those_of_the_consumers_view(published_warehouse, published_project):
    """First the golden id, then the attributes in the project's order, then what counts them."""
    header = exported(published_warehouse, published_project, What.GOLDEN, Format.CSV).decode().splitlines()[0].replace('"', "").split(",")
    assert header[0] == "golden_id"
    assert header[1 : 1 + len(published_project.attributes)] == [attribute.name for attribute in published_project.attributes]
    assert header[-4:] == ["first_seen", "last_seen", "cohesion", "completeness"]


def test_times_are_told_in_utc(published_warehouse, published_project):
    """Typed in Parquet, ISO 8601 in JSON."""
    typed = pq.read_table(io.BytesIO(exported(published_warehouse, published_project, What.GOLDEN, Format.PARQUET)))
    assert typed.schema.field("first_seen").type == pa.timestamp("us", "UTC")
    told = read_back(exported(published_warehouse, published_project, What.GOLDEN, Format.JSONL), Format.JSONL)
    seen = {row["golden_id"]: row["first_seen"] for row in told}
    for row in typed.to_pylist():
        text = seen[row["golden_id"]]
        assert row["first_seen"] == (None if text is None else datetime.fromisoformat(text))


def test_before_anything_is_published_there_is_nothing_to_export(unrun_copy):
    """An error says to run first."""
    project = load_project(unrun_copy)
    with open_project_warehouse(project) as warehouse, pytest.raises(OnefoldError, match="run `onefold run` first"):
        exported(warehouse, project, What.GOLDEN, Format.CSV)


@given(TEXTS, NUMBERS)
def test_lines_of_json_hold_whatever_there_is(texts, numbers):
    """Quotes, line breaks, control characters and signs of all nations come back as they were; infinity is null."""
    count = min(len(texts), len(numbers))
    part = pa.table({'a "name"': pa.array(texts[:count], pa.string()), "n": pa.array(numbers[:count], pa.float64())})
    file = io.BytesIO()
    step.write_lines(file, part)
    lines = file.getvalue().decode().split("\n")[:-1]
    assert [json.loads(line)['a "name"'] for line in lines] == texts[:count]
    finite = [number if number is None or np.isfinite(number) else None for number in numbers[:count]]
    assert [json.loads(line)["n"] for line in lines] == finite


def test_lines_of_json_of_every_storage():
    """Text, date, number, truth and time, and where there is none."""
    part = pa.table(
        {
            "text": ["a", None],
            "date": pa.array([date(1980, 4, 3), None]),
            "number": [1.5, None],
            "count": pa.array([3, None], pa.int32()),
            "truth": [False, None],
            "time": pa.array([datetime(2026, 3, 1, 2, tzinfo=UTC), None], step.TIME),
        }
    )
    first, second = (json.loads(line) for line in step.json_lines(part).to_pylist())
    assert list(first.values()) == ["a", "1980-04-03", 1.5, 3, False, "2026-03-01T02:00:00.000000Z"]
    assert list(second.values()) == [None] * 6


@given(TEXTS)
def test_no_cell_of_a_safe_file_begins_a_formula(texts):
    """What a spreadsheet would run begins with an apostrophe, everything else is as it was."""
    safe = step.safe_for_spreadsheets(pa.table({"text": pa.array(texts, pa.string())})).column("text").to_pylist()
    for before, after in zip(texts, safe, strict=True):
        assert after in (before, f"'{before}")
        assert after is None or after.lstrip(" ")[:1] not in tuple("=+-@\t\r")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "＝1"])
def test_known_ways_to_smuggle_a_formula(cell):
    """Each is defused (OWASP, CSV injection)."""
    assert step.safe_for_spreadsheets(pa.table({"text": [cell]})).column("text").to_pylist() == [f"'{cell}"]


def test_safety_is_an_option_of_csv(published_warehouse, published_project):
    """With it a telephone gets an apostrophe, without it none."""
    plain = exported(published_warehouse, published_project, What.GOLDEN, Format.CSV).decode()
    safe = exported(published_warehouse, published_project, What.GOLDEN, Format.CSV, safe=True).decode()
    assert '"+1' in plain
    assert "\"'+" not in plain
    assert '"+1' not in safe
    assert re.sub("\"'(?=[=+@-])", '"', safe) == plain


def parts(*counts: int) -> list[pa.Table]:
    return [pa.table({"n": pa.array(np.arange(count))}) for count in counts]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=10), st.integers(1, 40))
def test_gathering_keeps_every_row_in_order(counts, rows):
    """Small parts become larger ones; only the last may be smaller; no rows at all still tell the columns."""
    given = parts(*counts)
    found = list(step.gathered(given, rows, 1 << 40))
    assert pa.concat_tables(found).column("n").to_pylist() == pa.concat_tables(given).column("n").to_pylist()
    assert all(part.num_rows >= rows for part in found[:-1])
    assert found[0].column_names == ["n"]


def test_gathering_stops_at_a_size_too():
    """Rows that are large are written a few at a time."""
    assert [part.num_rows for part in step.gathered(parts(10, 10, 10), 1_000, 100)] == [20, 10]


def test_progress_is_told(published_warehouse, published_project):
    """At the end it is the number of rows."""
    told: list[int] = []
    rows = step.export(published_warehouse, published_project, What.CROSSWALK, Format.CSV, io.BytesIO(), progress=told.append)
    assert told[-1] == rows == step.published_count(published_warehouse, What.CROSSWALK)


def test_a_file_takes_its_place_only_when_it_is_whole(tmp_path):
    """Where writing breaks off, the earlier file is still there, and nothing else."""
    path = tmp_path / "golden.csv"
    path.write_text("earlier")

    def break_off() -> None:
        with step.replacing(path) as file:
            file.write(b"half")
            raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError):
        break_off()
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]
    with step.replacing(path) as file:
        file.write(b"whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_explained(tmp_path):
    """A folder in its place, or no folder to put it into."""
    with pytest.raises(OnefoldError, match="is a folder: name a file in it"), step.replacing(tmp_path):
        pass
    with pytest.raises(OnefoldError, match="no such file or directory"), step.replacing(tmp_path / "nowhere" / "x.csv"):
        pass
