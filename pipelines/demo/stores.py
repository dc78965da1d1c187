"""Where departments keep their rows: each kind of store writes tables of columns and says how Onefold connects to it.

A store is given tables by name; all but SQLite keep one, called `STORED`.
"""

from __future__ import annotations

import gzip
import io
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from pipelines.demo.documents import json_lines, xml_document

STORED: Final = "rows"
SQLITE_TYPES = {pa.int64(): "INTEGER", pa.float64(): "REAL", pa.bool_(): "INTEGER"}
BEYOND_CP1252 = str.maketrans("čćđěłńňőřśşťůűźžšŠŽĐ", "ccdelnnorsstuuzzsSZD")
EXCEL_EPOCH = datetime(2025, 12, 31)


class Store(ABC):
    """One department's database or file."""

    file: str

    @property
    @abstractmethod
    def connect(self) -> Mapping[str, Any]:
        """What the project file says of it."""

    @abstractmethod
    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        """Make the file in `folder`."""


@dataclass(frozen=True, slots=True)
class Sqlite(Store):
    """A SQLite database of one or several tables."""

    file: str
    table: str
    query: str = ""
    """What Onefold asks where a customer is spread over several tables."""

    @property
    def connect(self) -> Mapping[str, Any]:
        what = {"query": self.query} if self.query else {"table": self.table}
        return {"kind": "sql", "url": f"sqlite:///{self.file}", **what}

    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        with closing(sqlite3.connect(folder / self.file)) as database:
            # Nobody reads the file while it is made, and a broken one is made anew.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            for name, table in tables.items():
                _fill(database, self.table if name == STORED else name, table)
            database.commit()


def _fill(database: sqlite3.Connection, name: str, table: pa.Table) -> None:
    columns = ", ".join(f'"{field.name}" {SQLITE_TYPES.get(field.type, "TEXT")}' for field in table.schema)
    database.execute(f'CREATE TABLE "{name}" ({columns})')
    places = ", ".join("?" * table.num_columns)
    for batch in table.to_batches(max_chunksize=50_000):
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        database.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows)  # noqa: S608  (names are ours, values are bound)
    database.execute(f'CREATE INDEX "{name}_by_key" ON "{name}" ("{table.column_names[0]}")')


@dataclass(frozen=True, slots=True)
class Csv(Store):
    """A CSV file; one whose name ends in `.gz` is packed."""

    file: str
    delimiter: str = ","
    encoding: str = "utf-8"

    @property
    def connect(self) -> Mapping[str, Any]:
        return {"kind": "csv", "path": self.file}

    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        sink = io.BytesIO()
        pacsv.write_csv(tables[STORED], sink, pacsv.WriteOptions(delimiter=self.delimiter, quoting_style="needed"))
        content = sink.getvalue()
        if self.encoding != "utf-8":
            content = content.decode().translate(BEYOND_CP1252).encode(self.encoding, "replace")
        path = folder / self.file
        # Without a time in it, the same rows make the same file.
        path.write_bytes(gzip.compress(content, 5, mtime=0) if path.suffix == ".gz" else content)


@dataclass(frozen=True, slots=True)
class Excel(Store):
    """A workbook of one sheet."""

    file: str
    sheet: str

    @property
    def connect(self) -> Mapping[str, Any]:
        return {"kind": "excel", "path": self.file, "sheet": self.sheet}

    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        workbook = Workbook(write_only=True)
        workbook.properties.created = workbook.properties.modified = EXCEL_EPOCH
        sheet = workbook.create_sheet(self.sheet)
        table = tables[STORED]
        sheet.append(table.column_names)
        columns = [[_cell(sheet, value) for value in column.to_pylist()] for column in table.columns]
        for row in zip(*columns, strict=True):
            sheet.append(row)
        workbook.save(folder / self.file)


def _cell(sheet: Any, value: Any) -> Any:
    """A cell's content; text that looks like a formula stays text."""
    if not (isinstance(value, str) and value.startswith("=")):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


@dataclass(frozen=True, slots=True)
class Xml(Store):
    """An XML file; column names are paths below a record (`owner/first`, `@id`), and one can stand several times."""

    file: str
    root: str
    record: str

    @property
    def connect(self) -> Mapping[str, Any]:
        return {"kind": "xml", "path": self.file, "record": self.record}

    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        (folder / self.file).write_text(xml_document(tables[STORED], self.root, self.record), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class JsonLines(Store):
    """A file of one JSON object a line; dots in column names nest (`address.city`), several columns of a name are a list."""

    file: str

    @property
    def connect(self) -> Mapping[str, Any]:
        return {"kind": "json", "path": self.file}

    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        (folder / self.file).write_text(json_lines(tables[STORED]), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Parquet(Store):
    """A Parquet file, its columns typed."""

    file: str

    @property
    def connect(self) -> Mapping[str, Any]:
        return {"kind": "parquet", "path": self.file}

    def write(self, folder: Path, tables: Mapping[str, pa.Table]) -> None:
        pq.write_table(tables[STORED], folder / self.file)
