"""JSON files: an array of objects, or one object a line."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
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
from connectors.json_stream import JsonText, called
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
        others: list[Numbered] = []
        with self._records() as records:
            found = columns_of(_objects(islice(records, SAMPLE_ROWS), others))
        if others and not found:
            raise Unreadable(self._no_object(*others[0]))
        return {name: word_of_cells(values) for name, values in found.items()}

    def _no_object(self, number: int, value: Any) -> str:
        """Said where no record is an object, of the first of them."""
        if not self._by_line:
            fault = f"its element {number} is {called(value)}"
            return f"{self.place} holds a list, but not of objects: {fault}. Export it as a list of objects."
        fault = value.reason if isinstance(value, _Broken) else f"is {called(value)}"
        return f"{self.place} does not hold one object a line: line {number} {fault}. Export it again, or set connect.lines."

    def _names(self, wanted: Collection[str]) -> Collection[str]:
        """Reads until every wanted column was seen; an optional one can first occur far down."""
        names: dict[str, None] = dict.fromkeys(self.columns())
        if set(wanted) <= names.keys():
            return names
        with self._records() as records:
            while not set(wanted) <= names.keys() and (chunk := list(islice(records, CHUNK))):
                names |= dict.fromkeys(columns_of(record for _, record in chunk if isinstance(record, dict)))
        return names or wanted  # a file without records lacks nothing

    def _missing(self, missing: Sequence[str], names: Collection[str]) -> str:
        """A file that is one object, with the columns in a list within it, wants another setting than the columns'."""
        with self._records() as records:
            alone = self._by_line and len(list(islice(records, 2))) == 1
        within = [name.removesuffix(f".{column}") for column in missing for name in names if alone and name.endswith(f".{column}")]
        if not within:
            return super()._missing(missing, names)
        said = f"{self.place} is one object, with '{missing[0]}' within its '{within[0]}'."
        return f"{said} Set connect.records to {within[0]} if that is the list of records."

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        with self._records() as records:
            while chunk := list(islice(records, CHUNK)):
                refused = [_refused(number, record) for number, record in chunk if not isinstance(record, dict)]
                right = [(number, record) for number, record in chunk if isinstance(record, dict)]
                values = [_values([record for _, record in right], column) for column in columns]
                yield batch_of(columns, list(map(cells, values)), np.array([number for number, _ in right], np.int64), refused)

    def wrapped(self) -> str | None:
        """Where the records are in a file that is one object around them, as `records` says it: its longest list of objects.

        None where the file is a list, has an object a line, cannot be read or holds no such list.
        """
        try:
            if not self._start.startswith("{"):
                return None
            with opened(self._file) as file:
                text = JsonText(io.TextIOWrapper(file, self._encoding, UNDECODABLE).read, self.place)
                found_ones = dict(text.lists())
                alone = not text.peek()
        except Unreadable:
            return None
        usable = {".".join(path): count for path, count in found_ones.items() if not any("." in name or not name for name in path)}
        return max(usable, key=lambda path: usable[path]) if usable and alone else None

    @contextmanager
    def _records(self) -> Iterator[Iterator[Numbered]]:
        with opened(self._file) as file:
            if self._start and self._by_line:
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
            return file.read(SAMPLE)

    @cached_property
    def _encoding(self) -> str:
        if self.settings.encoding:
            check_stated(self.settings.encoding, self._head, self.place)
        return with_mark(self.settings.encoding or encoding_of(lambda: opened(self._file)), self._head)

    @cached_property
    def _start(self) -> str:
        """The first characters that are no blanks; Unreadable where there are none."""
        if start := self._head.decode(self._encoding, UNDECODABLE).lstrip("\ufeff \r\n\t\v\f"):
            return start
        raise Unreadable(f"{self.place} is empty. Export it again.")

    @cached_property
    def _by_line(self) -> bool:
        if self.settings.lines is not None:
            return self.settings.lines
        if self.settings.records:
            return False
        lines = [line.strip() for line in self._start.split("\n", 100) if line.strip()]
        if {".jsonl", ".ndjson"} & set(Path(self.settings.path).suffixes):
            return not _begins_a_list(lines[0])
        return _looks_like_lines(lines)


def _objects(records: Iterable[Numbered], others: list[Numbered]) -> Iterator[dict[str, Any]]:
    """The records that are objects; the first that is none is added to `others`."""
    for number, record in records:
        if isinstance(record, dict):
            yield record
        elif not others:
            others.append((number, record))


def _looks_like_lines(lines: Sequence[str]) -> bool:
    """Whether the first line is an object by itself, or begins as one with another below it."""
    return lines[0].startswith("{") and any(isinstance(_parsed(line.encode("utf-8", "surrogatepass")), dict) for line in lines[:2])


def _begins_a_list(line: str) -> bool:
    """Whether the first line of a file that is called JSON lines is a list of objects, or the beginning of any list.

    >>> [_begins_a_list(line) for line in ('[', '[1, 2', '[{"id": 1}]', '[4]', '{"id": 1}')]
    [True, True, True, False, False]
    """
    whole = _parsed(line.encode("utf-8", "surrogatepass"))
    return line.startswith("[") and (isinstance(whole, _Broken) or all(isinstance(element, dict) for element in whole))


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
    return Refused.of(number, json.dumps(value, ensure_ascii=False), f"is {called(value)}, not an object")
