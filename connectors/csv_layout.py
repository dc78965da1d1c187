"""How a CSV file is written: its encoding, its delimiter, the names of its columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.connector import check_header
from connectors.encoding import UNDECODABLE, is_text
from connectors.files import LONGEST, OLE, ZIP, Unreadable

DELIMITERS = ",;\t|"
SAYS_DELIMITER = re.compile(r"\ufeff?sep=([,;\t|])\r?\n", re.IGNORECASE)
"""The first line of a file that says its delimiter; spreadsheets write and read it, and no header looks so."""

# Cells up to the length at which a file is taken for broken; the module's own limit is lower, and one for the whole process.
csv.field_size_limit(4 * LONGEST)


@dataclass(frozen=True, slots=True)
class Layout:
    """What must be known of a CSV file before its rows can be read."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    """Of every column; empty where a column has none."""
    header: bool
    """Whether the names stand in the first row."""
    says_delimiter: bool = False
    """Whether a line before it says the delimiter, as spreadsheets write it: `sep=;`."""


def layout_of(head: bytes, encoding: str, delimiter: str | None, header: bool | Sequence[str], place: str) -> Layout:
    """The layout told from the first bytes of a file; Unreadable where its header cannot serve."""
    text = head.decode(encoding, UNDECODABLE)
    if said := SAYS_DELIMITER.match(text):
        text, delimiter = text[said.end() :], delimiter or said[1]
    delimiter = delimiter or delimiter_of(text)
    first = next(iter(_rows(text, delimiter, most=1)), [])
    if not first:
        raise Unreadable(f"{place} holds no rows. Export it again.")
    return Layout(encoding, delimiter, _names(first, header, place), header is True, said is not None)


def delimiter_of(text: str) -> str:
    """The delimiter that splits the most rows into as many cells as the first; quoted text does not count.

    >>> delimiter_of('id;name;note\\n1;"Lee; Ann";"a, b, c"\\n2;Bo;"x, y, z"\\n')
    ';'
    >>> delimiter_of('name\\nAnn\\n')
    ','
    """
    return max(DELIMITERS, key=lambda delimiter: _regularity(_rows(text, delimiter, most=1_000)))


def with_mark(encoding: str, head: bytes) -> str:
    """The encoding, saying whether a UTF-8 file starts with a byte order mark.

    >>> with_mark("utf8", codecs.BOM_UTF8 + b"id"), with_mark("utf8", b"id")
    ('utf-8-sig', 'utf8')
    """
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" and head.startswith(codecs.BOM_UTF8) else encoding


def check_is_text(head: bytes, place: str) -> None:
    """Nothing, if these first bytes can be a CSV file; Unreadable for what is often taken for one."""
    if head.startswith((ZIP, OLE)):
        raise Unreadable(f"{place} is an Excel workbook or an archive, not CSV. Set connect.kind to excel, or unpack it.")
    if not head.strip():
        raise Unreadable(f"{place} is empty. Export it again.")


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    """The first rows that are not blank; the last of a longer text may be cut off, and is left out."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        while len(rows) < most:
            rows += [row] if (row := next(reader)) else []
    except (StopIteration, csv.Error):
        return rows
    return rows


def _regularity(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The share of rows as wide as the first, and that width; one column is no sign of a delimiter."""
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0.0, 0
    return round(sum(len(row) == width for row in rows) / len(rows), 1), width


def _names(first: Sequence[str], header: bool | Sequence[str], place: str) -> tuple[str, ...]:
    if header is False:
        return tuple(f"column_{number}" for number in range(1, len(first) + 1))
    names = tuple(name.strip("\ufeff \t\r\n") for name in (first if header is True else header))
    if len(names) != len(first):
        raise Unreadable(f"connect.header names {len(names)} columns, but the first row of {place} has {len(first)}.")
    if not all("\x00" not in name and is_text(name) for name in names):
        raise Unreadable(f"the header of {place} is not text in the encoding it is read in. Set connect.encoding.")
    check_header(names, f"the header of {place}", "connect.header")
    return names
