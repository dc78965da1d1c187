"""The demo organisation as it stands in its folder."""

import sqlite3
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from connectors import open_source
from domain.errors import OnefoldError
from pipelines.demo import DemoSummary, make_demo
from pipelines.demo import make as making
from pipelines.project import load_project

RECORDS = 3_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("house") / "demo", records=RECORDS, seed=4)


@pytest.fixture(scope="module")
def rows(demo):
    """Every source read through its connector: the record id and the mapped columns of each row."""
    project = load_project(demo.folder)
    return {source.name: read(source, demo.folder) for source in project.sources}


def read(source, folder):
    batches = list(open_source(source, folder, {}).batches(source.columns))
    assert not [refused for batch in batches for refused in batch.refused]
    table = pa.Table.from_batches([batch.rows for batch in batches]).to_pandas()
    return table.assign(record_id=table[list(source.key)].agg("|".join, axis=1))


def truth_of(folder):
    return pd.read_csv(folder / "truth.csv", dtype=str, keep_default_na=False)


def test_eighteen_departments_of_six_kinds(demo):
    """Twelve databases, two CSV files, a workbook, an XML, a JSON and a Parquet file, and nothing left over from making them."""
    kinds = Counter(source.connect["kind"] for source in load_project(demo.folder).sources)
    assert kinds == {"sql": 12, "csv": 2, "excel": 1, "xml": 1, "json": 1, "parquet": 1}
    suffixes = Counter(path.suffix for path in demo.folder.iterdir())
    assert suffixes == {".db": 12, ".csv": 2, ".gz": 1, ".xlsx": 1, ".xml": 1, ".jsonl": 1, ".parquet": 1, ".yaml": 1}


def test_every_row_can_be_read_and_no_key_is_missing_or_repeated(demo, rows):
    """The connectors read as many rows as were asked for."""
    assert sum(len(table) for table in rows.values()) == demo.records == RECORDS
    for table in rows.values():
        assert table["record_id"].is_unique
        assert table["record_id"].notna().all()


def test_the_truth_names_every_record_but_the_garbage(demo, rows):
    """
    source,record_id,entity_id
    billing,C-000123,E77
    """
    truth = truth_of(demo.folder)
    assert list(truth.columns) == ["source", "record_id", "entity_id"]
    assert not truth.duplicated(["source", "record_id"]).any()
    there = {(name, record) for name, table in rows.items() for record in table["record_id"]}
    known = set(zip(truth["source"], truth["record_id"], strict=True))
    assert known <= there
    assert len(there - known) == max(round(RECORDS * 0.001), 1)
    assert truth["entity_id"].nunique() == demo.customers


def test_the_truth_is_true(demo, rows):
    """Rows of one customer mostly agree on their surname where two departments split it, rows of two seldom do."""
    surname = {"web_shop": "last_name", "loyalty": "lname", "sales": "contact_last", "mobile_app": "family", "leasing": "surname"}
    tables = [
        pd.DataFrame({"source": name, "record_id": rows[name]["record_id"], "name": rows[name][column].str.strip().str.lower()})
        for name, column in surname.items()
    ]
    known = truth_of(demo.folder).merge(pd.concat(tables)).dropna()
    same = known.merge(known, on="entity_id").query("source_x < source_y")
    shuffled = known.assign(entity_id=known["entity_id"].sample(frac=1, random_state=1).to_numpy())
    strangers = known.merge(shuffled, on="entity_id").query("source_x < source_y")
    assert len(same) > 100
    assert (same["name_x"] == same["name_y"]).mean() > 0.75
    assert (strangers["name_x"] == strangers["name_y"]).mean() < 0.1


def test_the_project_file_declares_what_the_departments_are(demo):
    """It loads without a problem; nine sources have modification times, two are unique, the truth is named."""
    project = load_project(demo.folder)
    assert project.truth == demo.folder / "truth.csv"
    assert sum(source.modified is not None for source in project.sources) == 9
    assert sorted(source.name for source in project.sources if source.unique) == ["leasing", "mobile_app"]
    assert all(source.checks and source.owner for source in project.sources)
    assert [attribute.name for attribute in project.attributes if attribute.many] == ["email", "phone"]


def test_one_department_does_not_write_utf8(demo):
    """Its accents are those of an old Windows."""
    content = (demo.folder / "call_centre.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert content.decode("cp1252").startswith('"Nr";') or content.startswith(b"Nr;")


def test_the_same_seed_makes_the_same_rows(demo, rows, tmp_path):
    """Another seed makes others. (Invariant 6)"""
    again = make_demo(tmp_path / "again", records=RECORDS, seed=4)
    other = make_demo(tmp_path / "other", records=RECORDS, seed=5)
    for source in load_project(again.folder).sources:
        pd.testing.assert_frame_equal(read(source, again.folder), rows[source.name])
    assert truth_of(again.folder).equals(truth_of(demo.folder))
    assert not truth_of(other.folder).equals(truth_of(demo.folder))


def test_a_demo_is_replaced_and_what_is_not_its_own_stays(tmp_path):
    """
    before: a demo of 800 rows, its warehouse, a note      after: a demo of 600 rows, the note
    """
    make_demo(tmp_path / "demo", records=800)
    (tmp_path / "demo" / "note.txt").write_text("mine")
    (tmp_path / "demo" / "warehouse.db").write_text("old")
    summary = make_demo(tmp_path / "demo", records=600)
    assert summary == DemoSummary(600, summary.customers, tmp_path / "demo", summary.seconds)
    assert len(truth_of(tmp_path / "demo")) == 599
    assert (tmp_path / "demo" / "note.txt").read_text() == "mine"
    assert not (tmp_path / "demo" / "warehouse.db").exists()
    with sqlite3.connect(tmp_path / "demo" / "web_shop.db") as database:
        assert database.execute("SELECT count(*) FROM users").fetchone() == (90,)


@pytest.mark.parametrize("there", ["thesis.docx", "onefold.yaml"])
def test_a_folder_that_is_no_demo_is_left_alone(tmp_path, there):
    """Somebody's files, or somebody's own project, are not overwritten."""
    (tmp_path / there).write_text("name: mine\n")
    with pytest.raises(OnefoldError, match="is not empty and holds no demo; name a new folder"):
        make_demo(tmp_path, records=600)
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "name: mine\n"


def test_a_demo_cannot_be_made_where_a_file_is(tmp_path):
    """One sentence says what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OnefoldError, match="is a file; name a folder"):
        make_demo(tmp_path / "file", records=600)
    with pytest.raises(OnefoldError, match=r"cannot be written to .*: not a directory"):
        make_demo(tmp_path / "file" / "demo", records=600)


@pytest.mark.parametrize(
    ("records", "seed", "message"), [(499, 1, "at least 500"), (10**9, 1, "at most 100,000,000"), (600, -1, "not a seed")]
)
def test_a_demo_that_cannot_be_made_is_refused(tmp_path, records, seed, message):
    """Before anything is written."""
    with pytest.raises(OnefoldError, match=message):
        make_demo(tmp_path / "demo", records=records, seed=seed)
    assert not (tmp_path / "demo").exists()


def test_a_demo_broken_off_leaves_the_old_one_and_can_be_made_again(tmp_path, monkeypatch):
    """
    an old demo, the making killed half-way   ->   the old demo; asked again, a new one   (Invariant 9)
    """
    old = make_demo(tmp_path / "demo", records=600)
    before = truth_of(old.folder)
    monkeypatch.setattr(making, "project_file", broken_off)
    with pytest.raises(OnefoldError, match="no space left on device"):
        make_demo(tmp_path / "demo", records=700)
    assert truth_of(old.folder).equals(before)
    assert not (old.folder / making.WORKSHOP).exists()
    monkeypatch.undo()
    (old.folder / making.WORKSHOP).mkdir()
    assert make_demo(tmp_path / "demo", records=700).records == 700


def broken_off(departments, rows):
    raise OSError(28, "No space left on device", str(Path("/")))


def test_a_folder_in_which_only_dagster_has_been_is_new(tmp_path):
    """`dagster dev` was started before the demo was made: its history stays, and the demo is made beside it."""
    (tmp_path / ".dagster").mkdir()
    make_demo(tmp_path, records=500)
    assert (tmp_path / "onefold.yaml").is_file()
    assert (tmp_path / ".dagster").is_dir()
