"""CSV: what is detected, what is refused, what is an error, and that the slower reader reads the same."""

from __future__ import annotations

import csv
import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connectors.csv as csv_connector
from connectors.csv import Csv, CsvSettings
from connectors.csv_layout import Layout
from domain.errors import SourceError


def test_rows_become_text_columns_in_the_order_asked_for(tmp_path, pulled):
    """A column is text, an empty cell is null, and only what was asked for comes."""
    (tmp_path / "c.csv").write_text('id,name,note\n1,Ann,"a, b"\n2,,"two\nlines"\n\n3,Bo,\n')
    found = pulled(kind="csv", path="c.csv", columns=["note", "id"])
    assert found.rows == [{"note": "a, b", "id": "1"}, {"note": "two\nlines", "id": "2"}, {"note": None, "id": "3"}]
    assert found.numbers == [1, 2, 3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected_though_quoted_text_is_full_of_others(tmp_path, pulled, delimiter):
    """What stands in quotes does not speak for a delimiter."""
    rows = [["id", "name", "note"], ["1", "Lee", "a,b;c\td|e,f;g"], ["2", "Kim", "x,y;z;,\t\t||"]]
    with (tmp_path / "c.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [list(row.values()) for row in pulled(kind="csv", path="c.csv").rows] == rows[1:]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_first_line_that_says_the_delimiter_is_no_header(tmp_path, pulled, encoding, ending):
    """Spreadsheets write `sep=;` there; rows are numbered as if it were not."""
    lines = ["sep=;", "id;name", "1;Lee, Ann", "2;Bo"]
    (tmp_path / "c.csv").write_bytes(ending.join([*lines, ""]).encode(encoding))
    found = pulled(kind="csv", path="c.csv")
    assert found.rows == [{"id": "1", "name": "Lee, Ann"}, {"id": "2", "name": "Bo"}]
    assert (found.numbers, found.refused) == ([1, 2], [])


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", "José Müller"),
        ("utf-8-sig", "Zoë Łódź"),
        ("utf-16", "José Müller"),
        ("utf-16-le", "José Müller"),
        ("cp1252", "José Müller"),
        ("cp1252", "O’Brien"),
        ("cp1251", "Иван Петров"),
        ("cp932", "山田太郎 東京都"),
    ],
)
def test_the_encoding_is_detected(tmp_path, pulled, encoding, names):
    """A byte order mark, UTF-8, or the likeliest of the others, though the first accent comes late."""
    plain = "".join(f"{number},plain ascii\n" for number in range(40_000))
    (tmp_path / "c.csv").write_bytes(f"id,name\n{plain}40000,{names}\n40001,{names}\n".encode(encoding))
    assert pulled(kind="csv", path="c.csv").rows[-1] == {"id": "40001", "name": names}


def test_settings_overrule_detection(tmp_path, pulled):
    """What the project file states is not guessed."""
    (tmp_path / "c.csv").write_bytes("1:Łódź\n2:x\n".encode("cp1250"))
    found = pulled(kind="csv", path="c.csv", encoding="cp1250", delimiter=":", header=["id", "city"])
    assert found.rows == [{"id": "1", "city": "Łódź"}, {"id": "2", "city": "x"}]
    assert pulled(kind="csv", path="c.csv", delimiter=":", header=False).rows[1] == {"column_1": "2", "column_2": "x"}


def test_gzip_is_unpacked(tmp_path, pulled):
    """Whatever the file is called."""
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"id,name\n1,Ann\n"))
    assert pulled(kind="csv", path="c.csv.gz").rows == [{"id": "1", "name": "Ann"}]


def test_a_row_with_too_many_or_too_few_cells_is_refused(tmp_path, pulled):
    """Its text and its number are kept, and the rows around it too."""
    (tmp_path / "c.csv").write_text("id,name\n1,Ann\n2,Bo,extra\n\n3\n4,Di\n5,Ed,x,y\n")
    found = pulled(kind="csv", path="c.csv")
    assert (found.numbers, [row["id"] for row in found.rows]) == ([1, 4], ["1", "4"])
    assert [(refused.row, refused.raw) for refused in found.refused] == [(2, "2,Bo,extra"), (3, "3"), (5, "5,Ed,x,y")]
    assert found.reasons[3] == "has 1 cell where the header has 2"


def test_a_row_with_bytes_that_are_not_text_is_refused(tmp_path, pulled):
    """The others are read, in their own encoding, and each keeps its number."""
    (tmp_path / "c.csv").write_bytes("id,name\n1,Zoë\n2,é\n".encode() + b"3,caf\xe9\n4,Bo\n5\n6,Ann\n")
    found = pulled(kind="csv", path="c.csv")
    assert [row["name"] for row in found.rows] == ["Zoë", "é", "Bo", "Ann"]
    assert found.numbers == [1, 2, 4, 6]
    assert found.reasons == {
        3: "column 'name' holds bytes that are not text in the source's encoding",
        5: "has 1 cell where the header has 2",
    }
    assert "caf" in found.refused[0].raw


def test_bytes_that_are_not_text_in_a_column_nobody_asked_for_do_not_matter(tmp_path, pulled):
    """A row is refused for what is read of it."""
    (tmp_path / "c.csv").write_bytes("id,name,é\n".encode() + b"1,Ann,\xff\n2,Bo,\xc3\xa9\n3,Cy,\xc3\xa9\n")
    assert [row["id"] for row in pulled(kind="csv", path="c.csv", columns=["id"]).rows] == ["1", "2", "3"]


@pytest.mark.parametrize("megabytes", [2, 10, 20])
def test_a_giant_cell_is_refused_and_the_rows_around_it_are_read(tmp_path, pulled, megabytes):
    """Its size is in the reason, not its text; also where it is longer than what is read at once."""
    giant = "x" * (megabytes << 20)
    (tmp_path / "c.csv").write_text(f"id,note\n1,a\n2,{giant}\n3,c\n")
    found = pulled(kind="csv", path="c.csv")
    assert (found.rows, found.numbers) == ([{"id": "1", "note": "a"}, {"id": "3", "note": "c"}], [1, 3])
    assert found.reasons == {2: f"column 'note' holds {megabytes << 20:,} bytes; at most 1,048,576 are read"}
    assert len(found.refused[0].raw) < 2_000


def test_a_nul_byte_stays_in_the_text(tmp_path, pulled):
    """Nothing is taken out of a value."""
    (tmp_path / "c.csv").write_bytes(b"id,name\n1,A\x00nn\n")
    assert pulled(kind="csv", path="c.csv").rows == [{"id": "1", "name": "A\x00nn"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "file 'c.csv' is empty"),
        (b" \n\n", "file 'c.csv' is empty"),
        (gzip.compress(b"id,name\n" + b"1,Ann\n" * 5_000)[:-20], "its gzip data end early or are corrupt"),
        (b"id,name,id\n1,2,3\n", "the header of file 'c.csv' says the same in columns 1 and 3"),
        (b"PK\x03\x04....", "is an Excel workbook or an archive, not CSV. Set connect.kind"),
        (b'id,name\n1,Ann\n2,"Bo\n3,Cy\n', "row 2: a quote is opened and never closed"),
        (b"i\xffd,name\n" + "é,2\nü,3\n".encode(), "the header of file 'c.csv' is not text"),
        (b"name\nAnn\n", "column 'id' is not in file 'c.csv'; it has 'name'. Set key."),
    ],
    ids=["empty", "blank", "gzip", "twice", "workbook", "quote", "header", "column"],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path, connect, content, said):
    """It names the source, the file, and what to do."""
    (tmp_path / "c.csv").write_bytes(content)
    source = connect(kind="csv", path="c.csv")
    with pytest.raises(SourceError, match="source 'billing': ") as error:
        for _ in source.batches(["id"]):
            pass
    assert said in str(error.value)


def test_a_first_row_that_is_no_header_is_not_told(tmp_path, connect):
    """Two cells of it say the same: their places are named, and nobody's mother. (Invariant 11)"""
    (tmp_path / "c.csv").write_text("7,Marsh,Hull,,,Marsh,Marsh\n8,Lee,Leeds,,,Ray,Lee\n")
    with pytest.raises(SourceError) as error:
        connect(kind="csv", path="c.csv").columns()
    assert str(error.value) == (
        "source 'billing': the header of file 'c.csv' says the same in columns 2, 6 and 7. "
        "Name each differently, or set connect.header if that row is no header."
    )
    (tmp_path / "c.csv").write_text("7,Marsh,Hull,,,Marsh,Marsh\n")
    assert len(connect(kind="csv", path="c.csv", header=False).columns()) == 7


def test_a_stated_encoding_that_does_not_fit_is_an_error(tmp_path, connect):
    """Not a thousand refused rows."""
    (tmp_path / "c.csv").write_bytes("id,name\n1,José\n2,Zoë\n".encode("cp1252"))
    with pytest.raises(SourceError, match=r"file 'c.csv' cannot be read as utf-8. Set connect.encoding"):
        connect(kind="csv", path="c.csv", encoding="utf-8").columns()


def test_a_file_that_breaks_half_way_says_so_after_some_batches(tmp_path, connect, monkeypatch):
    """What came before is not the whole, and whoever reads is told."""
    monkeypatch.setattr(csv_connector, "BLOCK", 10_000)
    rows = b"id,name\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 999_983) for n in range(100_000))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(rows, 1)[:-1_000])
    batches = connect(kind="csv", path="c.csv.gz", encoding="utf-8").batches(["id"], size=1_000)
    assert next(batches).numbers[-1] <= 1_000
    with pytest.raises(SourceError, match="end early"):
        list(batches)


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(tmp_path, connect, monkeypatch):
    """Nor is the rest of the file one row."""
    monkeypatch.setattr(csv_connector, "BLOCK", 1_000)
    monkeypatch.setattr(csv_connector, "LONGEST", 10_000)
    (tmp_path / "c.csv").write_bytes(b"id,name\n" + b"1,Ann\n" * 500 + b'2,"Bo\n' + b"3,Cy\n" * 50_000)
    with pytest.raises(SourceError, match="row 501: a quote is opened and never closed"):
        list(connect(kind="csv", path="c.csv").batches(["id"]))


def test_missing_columns_are_named_with_the_nearest_and_the_setting(tmp_path, connect):
    """The message says what to change."""
    (tmp_path / "c.csv").write_text("id,name,d_o_b\n1,Ann,x\n")
    with pytest.raises(SourceError) as error:
        next(connect(kind="csv", path="c.csv").batches(["id", "dob"]))
    assert str(error.value) == "source 'billing': column 'dob' is not in file 'c.csv'; it has 'd_o_b', 'id', 'name'. Set map.birth_date."
    with pytest.raises(SourceError, match=r"columns 'dob', 'mail' are not in .* Set map.birth_date, map.email.$"):
        next(connect(kind="csv", path="c.csv").batches(["id", "dob", "mail"]))


def test_batches_have_the_size_asked_for(tmp_path, connect):
    """However the reader cuts the file."""
    (tmp_path / "c.csv").write_text("id\n" + "".join(f"{n}\n" for n in range(25)))
    sizes = [batch.rows.num_rows for batch in connect(kind="csv", path="c.csv").batches(["id"], size=10)]
    assert sizes == [10, 10, 5]
    (tmp_path / "c.csv").write_text("id\n")
    assert list(connect(kind="csv", path="c.csv").batches(["id"])) == []


def test_rows_are_numbered_across_blocks_with_wrong_rows_among_them(tmp_path, pulled, monkeypatch):
    """A wrong row counts, whichever block it stands in."""
    monkeypatch.setattr(csv_connector, "BLOCK", 200)
    lines = [f"{n},x" if n % 7 else f"{n}" for n in range(1, 501)]
    (tmp_path / "c.csv").write_text("id,name\n" + "\n".join(lines))
    found = pulled(kind="csv", path="c.csv")
    assert [int(row["id"]) for row in found.rows] == found.numbers == [n for n in range(1, 501) if n % 7]
    assert [int(refused.raw) for refused in found.refused] == [refused.row for refused in found.refused] == list(range(7, 501, 7))


@given(text=st.text(st.sampled_from('ab",;\n\r \x00é\ufeff\u2028\x0b\x85'), max_size=60))
def test_both_readers_agree_on_any_text(text):
    """A block with bytes that are not text is read as Arrow would have read it without them."""
    layout = Layout("utf-8", ",", ("h1", "h2"), header=False)
    by_arrow, patiently = (_seen(read(text.encode(), layout, [1, 0])) for read in (csv_connector._by_arrow, csv_connector._patiently))
    assert by_arrow == patiently


def _seen(block):
    if block is None:
        return None
    return block.count, [column.to_pylist() for column in block.columns], block.right.tolist(), [(w.row, w.reason) for w in block.wrong]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.text(st.sampled_from('a",\n\r'), max_size=8), st.text(st.sampled_from('b"\n5'), max_size=8)), max_size=20),
    block=st.integers(4, 40),
    break_=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_where_a_file_is_cut_does_not_show(tmp_path, monkeypatch, rows, block, break_):
    """Blocks end between rows, wherever quotes and line breaks stand. (Invariant 6)"""
    with (tmp_path / "c.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator=break_, quoting=csv.QUOTE_ALL).writerows([("x", "y"), *rows, ("end", "end")])
    source = Csv("billing", CsvSettings(path="c.csv", encoding="utf-8", delimiter=","), tmp_path)
    found = []
    for size in (block, 1 << 20):
        monkeypatch.setattr(csv_connector, "BLOCK", size)
        found.append([(*row.values(),) for batch in source.batches(["x", "y"]) for row in batch.rows.to_pylist()])
    assert found[0] == found[1] == [(x or None, y or None) for x, y in [*rows, ("end", "end")]]


def test_a_quote_within_a_cell_does_not_stop_the_cutting(tmp_path, pulled, monkeypatch):
    """Inches are written with a quote, and make the number of quotes odd from there on."""
    monkeypatch.setattr(csv_connector, "BLOCK", 100)
    (tmp_path / "c.csv").write_text("id,pipe\n" + "".join(f'{n},5" pipe\n' if n % 50 == 3 else f"{n},none\n" for n in range(500)))
    assert pulled(kind="csv", path="c.csv").rows == [{"id": f"{n}", "pipe": '5" pipe' if n % 50 == 3 else "none"} for n in range(500)]
