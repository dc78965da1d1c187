"""JSON files: an array of objects, or one object a line."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import orjson
from pydantic import Field

from connectors.batches import Batch, Refused, batch_of
from connectors.connector import Connector, Settings, Since
from connectors.csv_layout import with_mark
from connectors.encoding import SAMPLE, UNDECODABLE, Encoding, as_utf8, check_stated, encoding_of
from connectors.files import LONGEST, Unreadable, found, opened
from connectors.json_stream import JsonText
from connectors.nested import columns_of, value_at
from connectors.text import cells, word_of_cells

CHUNK = 2_000
SAMPLE_ROWS = 10_000
BLOCK = 1 << 20
"""Bytes of lines read at once."""
LONG_NUMBER = b"0" * 19
"""Digits of the first whole number that orjson may round."""
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")

Numbered = tuple[int, Any]


class JsonSettings(Settings):
    """A JSON file, gzipped or not."""

    path: str = Field(min_length=1, description="The file, relative to the project folder; .gz is unpacked.")
    records: str | None = Field(None, min_length=1, description="Where the list of records is, for example data.customers.")
    lines: bool | None = Field(None, description="Whether each line is an object of its own; detected when left out.")
    encoding: Encoding | None = Field(None, description="For example utf-8 or cp1252; detected when left out.")


class Json(Connector):
    """Records of a JSON file: by their line in JSON lines, else by their place in the list, from 1.

    Objects within a record are read as `address.city`, lists are joined by `; `, lists of objects are read as
    `phones.number`. A key that is absent is null. A line that is not valid JSON is refused, and so is a record that is no object.
    """

    kind = "json"
    settings_model: ClassVar[type[Settings]] = JsonSettings
    settings: JsonSettings

    @property
    def place(self) -> str:
        return f"file '{self.settings.path}'"

    def _found(self) -> dict[str, str]:
        with self._records() as records:
            sample = (record for _, record in islice(records, SAMPLE_ROWS) if isinstance(record, dict))
            return {name: word_of_cells(values) for name, values in columns_of(sample).items()}

    def _names(self, wanted: Collection[str]) -> Collection[str]:
        """Reads until every wanted column was seen; an optional one can first occur far down."""
        names: dict[str, None] = dict.fromkeys(self.columns())
        if set(wanted) <= names.keys():
            return names
        with self._records() as records:
            while not set(wanted) <= names.keys() and (chunk := list(islice(records, CHUNK))):
                names |= dict.fromkeys(columns_of(record for _, record in chunk if isinstance(record, dict)))
        return names or wanted  # a file without records lacks nothing

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        with self._records() as records:
            while chunk := list(islice(records, CHUNK)):
                refused = [_refused(number, record) for number, record in chunk if not isinstance(record, dict)]
                right = [(number, record) for number, record in chunk if isinstance(record, dict)]
                values = [_values([record for _, record in right], column) for column in columns]
                yield batch_of(columns, list(map(cells, values)), np.array([number for number, _ in right], np.int64), refused)

    @contextmanager
    def _records(self) -> Iterator[Iterator[Numbered]]:
        with opened(self._file) as file:
            if self._by_line:
                yield _lines(as_utf8(file, self._encoding), self.place)
            else:
                text = io.TextIOWrapper(file, self._encoding, UNDECODABLE)
                path = self.settings.records.split(".") if self.settings.records else []
                yield enumerate(JsonText(text.read, self.place).elements(path), 1)

    @property
    def _file(self) -> Path:
        return found(self.settings.path, self.base)

    @cached_property
    def _head(self) -> bytes:
        with opened(self._file) as file:
            head = file.read(SAMPLE)
        if not head.strip():
            raise Unreadable(f"{self.place} is empty. Export it again.")
        return head

    @cached_property
    def _encoding(self) -> str:
        if self.settings.encoding:
            check_stated(self.settings.encoding, self._head, self.place)
        return with_mark(self.settings.encoding or encoding_of(lambda: opened(self._file)), self._head)

    @cached_property
    def _by_line(self) -> bool:
        if self.settings.lines is not None:
            return self.settings.lines
        if self.settings.records:
            return False
        if {".jsonl", ".ndjson"} & set(Path(self.settings.path).suffixes):
            return True
        return _looks_like_lines(self._head.decode(self._encoding, UNDECODABLE))


def _looks_like_lines(head: str) -> bool:
    """Whether the first line is an object by itself, or at least looks like one with another below it."""
    lines = [line.strip() for line in head.lstrip("\ufeff \r\n\t").split("\n", 100) if line.strip()]
    first, second = lines[0], lines[1] if len(lines) > 1 else ""
    return first.startswith("{") and (isinstance(_parsed(first.encode("utf-8", "surrogatepass")), dict) or second.startswith("{"))


class _Broken:
    """Stands for a line that is not valid JSON."""

    def __init__(self, raw: bytes, reason: str) -> None:
        self.raw, self.reason = raw.decode("utf-8", "backslashreplace").rstrip("\r\n"), reason


def _lines(stream: IO[bytes], place: str) -> Iterator[Numbered]:
    """The value of each line that is not blank, and its number."""
    number = 0
    while block := stream.read(BLOCK):
        block += stream.readline(LONGEST)
        lines = block.split(b"\n")
        if len(block) >= LONGEST and not block.endswith(b"\n"):
            raise Unreadable(f"{place}, line {number + len(lines)}: the line is longer than {LONGEST >> 20} MB. Is it one object a line?")
        lines = lines[:-1] if block.endswith(b"\n") else lines
        exact = LONG_NUMBER in block.translate(_DIGITS_AS_ZEROS)
        yield from ((at, _parsed(line, exact)) for at, line in enumerate(lines, number + 1) if line and not line.isspace())
        number += len(lines)


def _parsed(line: bytes, exact: bool = False) -> Any:
    """The value of a line, whole numbers of any length if `exact`; `_Broken` where it has none."""
    try:
        if not exact:
            return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass  # it also refuses what can still be read: NaN, half a surrogate pair, bytes that are no text
    try:
        return json.loads(line.decode("utf-8", "surrogateescape"))
    except json.JSONDecodeError as error:
        return _Broken(line, f"is not valid JSON at character {error.pos + 1}")
    except (RecursionError, ValueError):
        return _Broken(line, "is JSON nested too deeply, or holds a number of thousands of digits")


def _values(records: Sequence[dict[str, Any]], column: str) -> list[Any]:
    if "." in column:
        return [value_at(record, column) for record in records]
    return [record.get(column) for record in records]


def _refused(number: int, value: Any) -> Refused:
    if isinstance(value, _Broken):
        return Refused.of(number, value.raw, value.reason)
    return Refused.of(number, json.dumps(value, ensure_ascii=False), "is not an object")
