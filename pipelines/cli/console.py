"""Console: printing to people and to scripts. Whatever a customer's data hold, a terminal is not driven by it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 100
"""Columns where the output is no terminal and COLUMNS is not set."""
LONGEST_SHOWN = 300
"""Characters of one value that are shown."""


def console(stderr: bool = False) -> Console:
    """A console on the present stdout or stderr, which never reads text as markup."""
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(file=stream, markup=False, emoji=False, highlight=False)
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=asked_width() or PIPED_WIDTH)


def asked_width() -> int | None:
    """The columns that the environment asks for."""
    given = os.environ.get("COLUMNS", "")
    return int(given) or None if given.isdecimal() else None


def interactive() -> bool:
    """Whether somebody watches: progress is drawn on stderr, so that is what counts."""
    return sys.stderr.isatty()


def say(text: str = "", style: str = "") -> None:
    """A line for people, wrapped at words where the width is known."""
    console().print(styled(text, style), soft_wrap=not (sys.stdout.isatty() or asked_width()))


def say_whole(text: str) -> None:
    """A line that can be copied: a command, a path; never broken by us."""
    console().print(styled(text, ""), soft_wrap=True)


def complain(text: str, style: str = "red") -> None:
    """A line on stderr, never broken by us."""
    console(stderr=True).print(styled(text, style), soft_wrap=True)


def draw(*parts: RenderableType) -> None:
    """Tables and the like."""
    console().print(*parts, sep="\n")


def new_table(title: str = "") -> Table:
    """A table without columns yet, as narrow as its content allows."""
    return Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def styled(text: str, style: str) -> Text:
    """Text of several lines, each of them neutralised."""
    return Text("\n".join(shown(line, len(line)) for line in text.split("\n")), style=style)


def shown(value: object, most: int = LONGEST_SHOWN) -> str:
    """A value on one line: what would move a cursor, change a colour or turn the direction of writing is spelled out.

    >>> shown("Ann\\x1b[31m\\n")
    'Ann\\\\x1b[31m\\\\n'
    >>> shown(True), shown(date(1980, 4, 3)), shown("abcdef", 3)
    ('yes', '1980-04-03', 'abc… (6 characters)')
    """
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    start = "".join(letter if letter.isprintable() else spelled(letter) for letter in text[:most])
    return start if len(text) <= most else f"{start}… ({len(text):,} characters)"


def readable(name: str) -> str:
    """The name of an attribute or a rule, for people.

    >>> readable("most_recent")
    'most recent'
    """
    return shown(name).replace("_", " ")


def spelled(letter: str) -> str:
    """A character that is not printed as such; blanks of any width are blanks.

    >>> spelled("\\u202e"), spelled("\\u00a0"), spelled("\\udc80")
    ('\\\\u202e', ' ', '\\\\udc80')
    """
    return (
        " " if letter.isspace() and letter not in "\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029" else letter.encode("unicode_escape").decode()
    )


def print_json(value: object) -> None:
    """One JSON value, in ASCII, so that it can be printed anywhere."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=True, allow_nan=False) + "\n")
    sys.stdout.flush()


def print_json_line(value: object) -> None:
    """One JSON value on a line of its own, in ASCII."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=True, allow_nan=False) + "\n")


def plain(value: object) -> Any:
    """A value as JSON knows it: a dataclass is an object, or the text it prints as where it has a way of its own.

    >>> from domain.records import RecordKey
    >>> plain({"record": RecordKey("billing", "1042"), "on": date(1980, 4, 3), "share": float("nan")})
    {'record': 'billing:1042', 'on': '1980-04-03', 'share': None}
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if is_dataclass(value) and "__str__" not in type(value).__dict__:
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Sequence | Iterator):
        return [plain(item) for item in value]
    return str(value)
