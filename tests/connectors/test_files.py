"""What can be wrong with any file, whatever its kind; and hostile values, whatever carries them."""

from __future__ import annotations

import gzip
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.errors import SourceError

FILES = {
    "csv": {"path": "c.csv"},
    "excel": {"path": "c.xlsx"},
    "json": {"path": "c.json"},
    "xml": {"path": "c.xml", "record": "c"},
    "parquet": {"path": "c.parquet"},
    "sql": {"url": "sqlite:///c.db", "table": "c"},
}

every_kind = pytest.mark.parametrize(("kind", "settings"), FILES.items(), ids=list(FILES))


def path_of(settings):
    return settings.get("path", "c.db")


@every_kind
def test_a_missing_file_is_named_with_those_beside_it(tmp_path, connect, kind, settings):
    """And it is not made by looking for it."""
    (tmp_path / "cc.txt").write_text("x")
    with pytest.raises(SourceError) as error:
        connect(kind=kind, **settings).columns()
    setting = "connect.url" if kind == "sql" else "connect.path"
    assert str(error.value) == f"source 'billing': file '{path_of(settings)}' does not exist; beside it are 'cc.txt'. Set {setting}."
    assert os.listdir(tmp_path) == ["cc.txt"]


@every_kind
def test_an_empty_file_is_an_error(tmp_path, connect, kind, settings):
    """Not a source that lost all its rows."""
    (tmp_path / path_of(settings)).touch()
    with pytest.raises(SourceError, match=rf"source 'billing': file '{path_of(settings)}' is empty\. Export it again\."):
        connect(kind=kind, **settings).columns()


@every_kind
def test_a_folder_is_no_file(tmp_path, connect, kind, settings):
    """It says so."""
    (tmp_path / path_of(settings)).mkdir()
    with pytest.raises(SourceError, match=f"'{path_of(settings)}' is a folder, not a file"):
        connect(kind=kind, **settings).columns()


@every_kind
def test_a_missing_folder_is_said(connect, kind, settings):
    """The nearest mistake is in the folder's name."""
    settings = {key: value.replace("c.", "exports/c.") for key, value in settings.items()}
    with pytest.raises(SourceError, match=r"does not exist \(nor does the folder 'exports'\)"):
        connect(kind=kind, **settings).columns()


@pytest.mark.parametrize("kind", ["excel", "json", "xml", "parquet", "sql"])
def test_a_file_of_another_kind_is_an_error_without_its_content(tmp_path, connect, kind):
    """Nobody's name stands in the message."""
    (tmp_path / path_of(FILES[kind])).write_text("Secretname,Ann\n" * 500)
    with pytest.raises(SourceError) as error:
        connect(kind=kind, **FILES[kind]).columns()
    assert "Secretname" not in str(error.value)
    assert path_of(FILES[kind]) in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.mark.parametrize("kind", ["csv", "json", "xml"])
def test_gzip_is_unpacked_and_what_is_not_gzip_is_an_error(tmp_path, connect, pulled, kind):
    """Told by the file's first bytes; one cut off is damaged."""
    content = {"csv": b"id\n1\n", "json": b'[{"id": 1}]', "xml": b"<r><c><id>1</id></c></r>"}[kind]
    settings = FILES[kind] | {"path": "c.gz"}
    (tmp_path / "c.gz").write_bytes(gzip.compress(content))
    assert pulled(kind=kind, **settings).rows == [{"id": "1"}]
    (tmp_path / "c.gz").write_bytes(gzip.compress(content)[:-9])
    with pytest.raises(SourceError, match=r"gzip data end early or are corrupt. Fetch the file again"):
        list(connect(kind=kind, **settings).batches(["id"]))
    (tmp_path / "c.gz").write_bytes(content)
    with pytest.raises(SourceError, match=r"'c.gz' is not a gzip file"):
        connect(kind=kind, **settings).columns()


GIANT = "x" * (10 << 20)


@pytest.mark.parametrize("kind", ["json", "lines", "xml", "parquet"])
def test_a_giant_cell_is_one_refused_row(tmp_path, pulled, kind):
    """The rows around it are read, and its raw text is cut."""
    rows = [{"id": "1", "note": "a"}, {"id": "2", "note": GIANT}, {"id": "3", "note": "c"}]
    if kind == "json":
        (tmp_path / "c.json").write_text(json.dumps(rows))
    elif kind == "lines":
        (tmp_path / "c.json").write_text("\n".join(map(json.dumps, rows)))
    elif kind == "xml":
        (tmp_path / "c.xml").write_text("<r>" + "".join(f"<c><id>{r['id']}</id><note>{r['note']}</note></c>" for r in rows) + "</r>")
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    kind = "json" if kind == "lines" else kind
    found = pulled(kind=kind, **FILES[kind])
    assert (found.numbers, [row["id"] for row in found.rows]) == ([1, 3], ["1", "3"])
    assert found.reasons == {2: "column 'note' holds 10,485,760 bytes; at most 1,048,576 are read"}
    assert len(found.refused[0].raw) < 2_000


@every_kind
def test_what_the_system_says_of_a_file_is_passed_on(connect, kind, settings):
    """A name that no file can have, for one."""
    settings = {key: value.replace("c.", "c" * 300 + ".") for key, value in settings.items()}
    with pytest.raises(SourceError, match=r"cannot be read \(File name too long\)\. Check the file and its permissions\."):
        connect(kind=kind, **settings).columns()
