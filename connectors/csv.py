"""Files of separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from pydantic import Field

from connectors.batches import Batch, Numbers, Refused, batch_of
from connectors.connector import Connector, Settings, Since
from connectors.csv_layout import Layout, check_is_text, layout_of, with_mark
from connectors.encoding import SAMPLE, Encoding, as_utf8, check_stated, encoding_of, is_utf8, leniently
from connectors.files import LONGEST, Unreadable, found, opened
from connectors.text import cells

BLOCK = 8 << 20
"""Bytes read at once; more, where a row does not fit."""
END = b"\x00onefold end of block\x00"
"""A row of its own after a block: where it is not found as one, the block ends within quotes."""


class CsvSettings(Settings):
    """A file of separated values, gzipped or not."""

    path: str = Field(min_length=1, description="The file, relative to the project folder; .gz is unpacked.")
    encoding: Encoding | None = Field(None, description="For example utf-8 or cp1252; detected when left out.")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Between two values; detected when left out.")
    header: bool | tuple[str, ...] = Field(
        True, description="Whether the first row names the columns; else false (column_1, column_2, ...) or the list of names."
    )


class Csv(Connector):
    """Rows of a CSV file, numbered from 1 after the header, blank lines not counted. An empty cell is null.

    A row with too many or too few cells is refused, and so is one with bytes that are not text.
    """

    kind = "csv"
    header = "header"
    settings_model: ClassVar[type[Settings]] = CsvSettings
    settings: CsvSettings

    @property
    def place(self) -> str:
        return f"file '{self.settings.path}'"

    @property
    def encoding(self) -> str:
        """The encoding that the file is read in, stated or detected."""
        with self._explaining():
            return self._layout.encoding

    @cached_property
    def _layout(self) -> Layout:
        stated, file = self.settings.encoding, self._file
        with opened(file) as stream:
            head = stream.read(SAMPLE) + stream.readline(SAMPLE)
        check_is_text(head, self.place)
        if stated:
            check_stated(stated, head, self.place)
        encoding = with_mark(stated or encoding_of(lambda: opened(file)), head)
        return layout_of(head, encoding, self.settings.delimiter, self.settings.header, self.place)

    @property
    def _file(self) -> Path:
        return found(self.settings.path, self.base)

    def _found(self) -> dict[str, str]:
        return {name: "text" for name in self._layout.names if name}

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        layout = self._layout
        places = [layout.names.index(column) for column in columns]
        first = 0 if layout.header else 1  # the number of a block's first row; the header is row 0
        with opened(self._file) as file:
            stream = as_utf8(file, layout.encoding)
            if layout.says_delimiter:
                stream.readline()
            for block in self._blocks(stream, layout, places):
                numbers = np.arange(first, first + block.count)[block.right]
                header = int(len(numbers) > 0 and numbers[0] == 0)
                refused = [replace(wrong, row=wrong.row + first) for wrong in block.wrong]
                yield batch_of(columns, [column.slice(header) for column in block.columns], numbers[header:], refused)
                first += block.count

    def _blocks(self, stream: IO[bytes], layout: Layout, places: Sequence[int]) -> Iterator[Block]:
        """A file cut between rows."""
        rest, done = b"", 0
        while True:
            asked = max(BLOCK, len(rest))
            piece = stream.read(asked)
            text, ended = rest + piece, len(piece) < asked
            end, block = _first_whole(text, [len(text)] if ended else _ends_of_rows(text), layout, places)
            if block is not None:
                yield block
                done += block.count
            elif ended or len(text) > LONGEST:
                raise self._unclosed(text, layout, done)
            if ended:
                return
            rest = text[end:]

    def _unclosed(self, text: bytes, layout: Layout, done: int) -> Unreadable:
        row = done + sum(1 for row in csv.reader(_lines(text), delimiter=layout.delimiter) if row) - int(layout.header)
        return Unreadable(f"{self.place}, row {row}: a quote is opened and never closed, so no row after it can be told. Correct that row.")


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file."""

    count: int
    """Rows in it, wrong ones too."""
    columns: list[pa.Array]
    """The wanted columns of the right rows."""
    right: Numbers
    """Which rows are right, from 0."""
    wrong: list[Refused]
    """Rows with too many or too few cells, numbered from 0."""


def _first_whole(text: bytes, ends: Iterable[int], layout: Layout, places: Sequence[int]) -> tuple[int, Block | None]:
    """The first of these ends at which a row ends, and the rows before it; none where all lie within quotes."""
    for end in ends:
        rows = text[:end]
        read = _by_arrow if is_utf8(rows) else _patiently
        if (block := read(rows, layout, places)) is not None:
            return end, block
    return 0, None


def _ends_of_rows(text: bytes) -> Iterator[int]:
    """Where the last row is likely to end: after the last line break with an even number of quotes before it, else after the last."""
    newline = b"\n" if b"\n" in text else b"\r"
    last = end = text.rfind(newline) + 1
    odd = text.count(b'"', 0, end) % 2
    while odd and end:
        quoted = text.rfind(b'"', 0, end)
        line = text.rfind(newline, 0, max(quoted, 0)) + 1
        odd, end = (odd + text.count(b'"', line, end)) % 2, line
    yield from dict.fromkeys(place for place in (end, last) if place)


def _by_arrow(text: bytes, layout: Layout, places: Sequence[int]) -> Block | None:
    """Rows of text that is UTF-8; none where it ends within quotes."""
    names, width, wrong = [str(place) for place in range(len(layout.names))], len(layout.names), list[arrow_csv.InvalidRow]()

    def leave_out(row: arrow_csv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    end = END + layout.delimiter.encode() * width  # one cell more than a row has, so that Arrow asks what to do with it
    options = {
        # Only one thread is told the numbers of wrong rows.
        "read_options": arrow_csv.ReadOptions(use_threads=False, block_size=len(text) + len(end) + 4, column_names=names),
        "parse_options": arrow_csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=leave_out),
        "convert_options": arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=[names[place] for place in dict.fromkeys(places)],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    }
    # From memory: a Python file read by Arrow's threads can wait for this one for ever, when a reading is given up.
    # And after a blank line: Arrow would take a mark at the very start for the file's byte order mark.
    table = arrow_csv.read_csv(pa.BufferReader(b"\n".join([b"", text, end, b""])), **options)
    if not wrong or not wrong[-1].text.startswith(END.decode()):
        return None
    refused = [_wrong_width(row.number - 1, row.text, row.actual_columns, width) for row in wrong[:-1]]
    columns = [_one_array(table.column(str(place))) for place in places]
    return _block(table.num_rows, columns, refused)


def _patiently(text: bytes, layout: Layout, places: Sequence[int]) -> Block | None:
    """The same of text that is not all UTF-8."""
    width, cut, wrong, tape = len(layout.names), list[list[str]](), list[Refused](), list[str]()
    for row in csv.reader(_lines(text, tape), delimiter=layout.delimiter):
        if row == [END.decode()]:
            columns = [_nulls_for_empty(cells([row[place] for row in cut])) for place in places]
            return _block(len(cut), columns, wrong)
        if row and len(row) == width:
            cut.append(row)
        elif row:
            wrong.append(_wrong_width(len(cut) + len(wrong), "".join(tape), len(row), width))
        tape.clear()
    return None


def _lines(text: bytes, tape: list[str] | None = None) -> Iterator[str]:
    """The lines of a block and its end; all since `tape` was last emptied are on it."""
    for line in io.StringIO(leniently(text), newline=""):
        if tape is not None:
            tape.append(line)
        yield line
    yield from ("\n", END.decode())


def _block(right: int, columns: list[pa.Array], wrong: list[Refused]) -> Block:
    count = right + len(wrong)
    return Block(count, columns, np.setdiff1d(np.arange(count), [refused.row for refused in wrong]), wrong)


def _wrong_width(row: int, raw: str, cells: int, width: int) -> Refused:
    return Refused.of(row, raw.rstrip("\r\n"), f"has {cells} cell{'s' * (cells != 1)} where the header has {width}")


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.nulls(0, pa.string())])


def _nulls_for_empty(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(pc.binary_length(column), 0), pa.scalar(None, column.type), column)
