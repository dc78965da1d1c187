"""Excel: typed cells, dates, blank rows, and workbooks that are none."""

from __future__ import annotations

from datetime import date, datetime, time

import openpyxl
import pytest

from domain.errors import SourceError

ROWS = [
    ["id", "name", None, "born", "seen", "vip", "balance"],
    [1042, " Ann ", "beside", date(1980, 4, 3), datetime(2026, 3, 1, 12), True, 12.0],
    [],
    [1043, "O'Brien", None, datetime(1981, 5, 6), datetime(2026, 3, 1, 12, 30, 15), False, 0.25],
    [1044, "#N/A", None, "3/4/80", time(9, 5), None, None],
    [1045],
]
TEXT = [
    ["1042", " Ann ", "1980-04-03", "2026-03-01T12:00:00", "true", "12"],
    ["1043", "O'Brien", "1981-05-06", "2026-03-01T12:30:15", "false", "0.25"],
    ["1044", "#N/A", "3/4/80", "09:05:00", None, None],
    ["1045", None, None, None, None, None],
]


def save(path, sheets, above=0):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in [["a title"]] * above + rows:
            sheet.append(row)
    workbook.save(path)


def test_typed_cells_become_text(tmp_path, pulled):
    """Whole numbers have no point, midnight is a date, rows keep the sheet's numbers, columns without a name are left out."""
    save(tmp_path / "c.xlsx", {"people": ROWS})
    found = pulled(kind="excel", path="c.xlsx")
    assert [list(row.values()) for row in found.rows] == TEXT
    assert found.numbers == [2, 4, 5, 6]


def test_types_are_found(tmp_path, connect):
    """Two types in one column make it text."""
    save(tmp_path / "c.xlsx", {"people": ROWS})
    types = connect(kind="excel", path="c.xlsx").columns()
    assert types == {"id": "integer", "name": "text", "born": "text", "seen": "text", "vip": "boolean", "balance": "number"}


def test_the_sheet_and_the_header_row_are_chosen(tmp_path, pulled):
    """A title above the header is not read."""
    save(tmp_path / "c.xlsx", {"notes": [["x"]], "people": [["id"], [1]]}, above=2)
    found = pulled(kind="excel", path="c.xlsx", sheet="people", header_row=3)
    assert (found.rows, found.numbers) == ([{"id": "1"}], [4])


def test_many_rows_come_in_batches(tmp_path, pulled):
    """Each with its number."""
    save(tmp_path / "c.xlsx", {"people": [["id"], *([n] for n in range(2, 4_503))]})
    found = pulled(kind="excel", path="c.xlsx", size=1_000)
    assert [int(row["id"]) for row in found.rows] == found.numbers == list(range(2, 4_503))


@pytest.mark.parametrize(
    ("sheets", "settings", "said"),
    [
        ({"people": ROWS}, {"sheet": "peple"}, "sheet 'peple' of 'c.xlsx' does not exist; the sheets are 'people'. Set connect.sheet."),
        ({"people": []}, {}, "the first sheet of 'c.xlsx' has no column names in row 1. Set connect.header_row."),
        ({"people": [["id", "id"], [1, 2]]}, {}, "row 1 of the first sheet of 'c.xlsx' says the same in columns 1 and 2"),
        ({"people": [["name"], [1]]}, {}, "column 'id' is not in the first sheet of 'c.xlsx'; it has 'name'. Set key."),
    ],
    ids=["sheet", "empty", "twice", "column"],
)
def test_what_is_wrong_in_a_workbook_is_said(tmp_path, connect, sheets, settings, said):
    """With what to change."""
    save(tmp_path / "c.xlsx", sheets)
    with pytest.raises(SourceError) as error:
        list(connect(kind="excel", path="c.xlsx", **settings).batches(["id"]))
    assert said in str(error.value)


def test_an_old_workbook_is_not_read(tmp_path, connect):
    """What to do about it is said."""
    (tmp_path / "c.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100)
    with pytest.raises(SourceError, match=r"'c.xls' is an old .xls workbook, or has a password. Save it as .xlsx without one."):
        connect(kind="excel", path="c.xls").columns()


@pytest.mark.parametrize("cut", [100, 3_000, 6_000])
def test_a_damaged_workbook_is_one_error(tmp_path, connect, cut):
    """Wherever it is damaged."""
    save(tmp_path / "c.xlsx", {"people": [["id"], *([n * 7919] for n in range(5_000))]})
    content = bytearray((tmp_path / "c.xlsx").read_bytes())
    content[-cut:] = b"\x00" * cut
    (tmp_path / "c.xlsx").write_bytes(content)
    with pytest.raises(SourceError, match=r"'c.xlsx' is not an Excel workbook"):
        list(connect(kind="excel", path="c.xlsx").batches(["id"]))
