"""Excel workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from connectors.batches import Batch, batch_of
from connectors.connector import Connector, Settings, Since, check_header
from connectors.files import OLE, Unreadable, explained, found
from connectors.text import cells, word_of_cells
from connectors.wording import listed

CHUNK = 2_000
SAMPLE_ROWS = 1_000

Row = tuple[Any, ...]


class ExcelSettings(Settings):
    """One sheet of an .xlsx workbook."""

    path: str = Field(min_length=1, description="The workbook, relative to the project folder.")
    sheet: str | None = Field(None, description="The sheet's name; the first when left out.")
    header_row: int = Field(1, ge=1, description="The row that names the columns; rows above it are not read.")


class Excel(Connector):
    """Rows of one sheet, numbered as the sheet numbers them; blank ones are left out, and so are columns without a name.

    Formulas count with the value they had when the workbook was saved. A date without a time of day is a date. The
    workbook's table of distinct texts is held in memory, the rows are not.
    """

    kind = "excel"
    header = "header_row"
    settings_model: ClassVar[type[Settings]] = ExcelSettings
    settings: ExcelSettings

    @property
    def place(self) -> str:
        sheet = f"sheet '{self.settings.sheet}'" if self.settings.sheet else "the first sheet"
        return f"{sheet} of '{self.settings.path}'"

    def _found(self) -> dict[str, str]:
        with self._rows() as (names, rows):
            sample = [row for _, row in islice(rows, SAMPLE_ROWS)]
            return {name: word_of_cells(_dates(_column(sample, at))) for at, name in enumerate(names) if name}

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        with self._rows() as (names, rows):
            places = [names.index(column) for column in columns]
            while chunk := list(islice(rows, CHUNK)):
                values = [_dates(_column([row for _, row in chunk], place)) for place in places]
                yield batch_of(columns, list(map(cells, values)), np.array([number for number, _ in chunk], np.int64))

    @contextmanager
    def _rows(self) -> Iterator[tuple[list[str], Iterator[tuple[int, Row]]]]:
        """The names in the header, and the rows after it that are not blank, with their numbers."""
        import openpyxl  # takes a while to load

        path = found(self.settings.path, self.base)
        with path.open("rb") as file:
            self._check_magic(file.read(4))
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            try:
                rows = self._numbered(workbook)
                yield self._header(rows), ((number, row) for number, row in rows if any(cell is not None for cell in row))
            finally:
                workbook.close()

    def _numbered(self, workbook: Any) -> Iterator[tuple[int, Row]]:
        sheets = {sheet.title: sheet for sheet in workbook.worksheets}
        title = self.settings.sheet or next(iter(sheets), None)
        if title not in sheets:
            raise Unreadable(f"{self.place} does not exist; the sheets are {listed(sheets, near=title or '')}. Set connect.sheet.")
        sheets[title].reset_dimensions()  # some programs write wrong ones, and rows beyond them would be lost
        return enumerate(sheets[title].iter_rows(min_row=self.settings.header_row, values_only=True), self.settings.header_row)

    def _header(self, rows: Iterator[tuple[int, Row]]) -> list[str]:
        _, first = next(rows, (0, ()))
        names = [(name or "").strip() for name in cells(first).to_pylist()]
        if not any(names):
            raise Unreadable(f"{self.place} has no column names in row {self.settings.header_row}. Set connect.header_row.")
        check_header(names, f"row {self.settings.header_row} of {self.place}", "connect.header_row")
        return names

    def _check_magic(self, magic: bytes) -> None:
        if magic.startswith(OLE):
            raise Unreadable(f"'{self.settings.path}' is an old .xls workbook, or has a password. Save it as .xlsx without one.")

    def _explain(self, error: Exception) -> str | None:
        if isinstance(error, OSError) and error.errno is not None:
            return explained(error, self.place)
        # The parser fails in as many ways as a workbook can be broken.
        if isinstance(error, Unreadable):
            return str(error)
        return f"'{self.settings.path}' is not an Excel workbook (.xlsx), or is damaged. Save it again, or set connect.kind."


def _column(rows: Sequence[Row], at: int) -> list[Any]:
    """One column of rows that end at their last cell."""
    return [row[at] if at < len(row) else None for row in rows]


def _dates(values: list[Any]) -> list[Any]:
    """Excel knows only points in time: those at midnight are days."""
    if datetime not in set(map(type, values)):
        return values
    return [value.date() if type(value) is datetime and not _time_of_day(value) else value for value in values]


def _time_of_day(value: datetime) -> bool:
    return bool(value.hour or value.minute or value.second or value.microsecond)
