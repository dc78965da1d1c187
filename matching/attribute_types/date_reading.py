"""Texts read as dates: with a declared format, or by the shapes that dates are commonly written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import OnefoldError
from matching.attribute_types.text_tools import Mask, fold, matches, per_distinct, valid_mask, where
from matching.attribute_types.word_tables import rows

Integers = npt.NDArray[np.int64]

# Groups: Y year of four or two digits, m month, b month by name, d day, and the two places x and y of a date
# whose order is anybody's guess: the month first if it can be one, else the day.
ISO = r"^(?P<Y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})$"
SHAPES = (
    ISO,
    r"^(?P<x>\d{1,2})[-/](?P<y>\d{1,2})[-/](?P<Y>\d{4}|\d{2})$",
    r"^(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$",
    r"^(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<Y>\d{4}|\d{2})$",
    r"^(?P<Y>\d{4})[/. ](?P<m>\d{1,2})[/. ](?P<d>\d{1,2})$",
    r"(?i)^(?:\pL+\.?,? )?(?P<d>\d{1,2})(?:st|nd|rd|th|er|\.|º)?[ /-]?(?:of |de )?(?P<b>\pL{3,})\.?,?[ /-]?(?:de )?(?P<Y>\d{4}|\d{2})$",
    r"(?i)^(?:\pL+\.?,? )?(?P<b>\pL{3,})\.?[ /-](?P<d>\d{1,2})(?:st|nd|rd|th)?,?[ /-](?P<Y>\d{4}|\d{2})$",
    r"^(?P<Y>\d{4})[ /-](?P<b>\pL{3,})\.?[ /-](?P<d>\d{1,2})$",
)
TIME = r"(?i)[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?$"

MONTHS = {row["word"]: int(row["month"]) for row in rows("month_names")}

# What a strptime directive stands for as a regular expression; others are left to Python's own strptime.
DIRECTIVES = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<Y>\d{2})",
    "%m": r"(?P<m>\d{1,2})",
    "%d": r"(?P<d>\d{1,2})",
    "%b": r"(?P<b>\pL+)\.?",
    "%a": r"\pL+\.?",
    "%H": r"\d{1,2}",
    "%M": r"\d{1,2}",
    "%f": r"\d+",
    "%p": r"[ap]\.?m\.?",
    "%z": r"(?:Z|[+-]\d{2}:?\d{2})",
    "%Z": r"\pL*",
    "%%": "%",
}
SAME_AS = {"%-d": "%d", "%e": "%d", "%-m": "%m", "%B": "%b", "%h": "%b", "%A": "%a", "%I": "%H", "%S": "%M"}
LONG_FOR = {"%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%T": "%H:%M:%S", "%R": "%H:%M"}


def read_dates(text: pa.StringArray, format: str | None, pivot: int) -> pa.Date32Array:
    """The date of each tidied text, its time of day dropped; null where it is none.

    With a `format` (strptime) only that and ISO 8601 are dates. Without, a slashed date is read by itself and never by
    its neighbours: the month first if it can be one, else the day. Years of two digits up to the `pivot` are 2000 and
    later, the others before.

    >>> read_dates(pa.array(["04/03/1980", "25/12/80", "3 Apr 1980", "1980-02-30"]), None, 20).to_pylist()
    [datetime.date(1980, 4, 3), datetime.date(1980, 12, 25), datetime.date(1980, 4, 3), None]
    >>> read_dates(pa.array(["04/03/1980", "1980-03-04T00:00:00Z"]), "%d/%m/%Y", 20).to_pylist()
    [datetime.date(1980, 3, 4), datetime.date(1980, 3, 4)]
    """
    untimed = where(matches(text, ":"), text, lambda few: pc.replace_substring_regex(few, TIME, ""))
    if format is None:
        return by_shape(untimed, SHAPES, pivot)
    pattern = format_pattern(format)
    if pattern is None:
        return pc.coalesce(by_strptime(text, format), by_shape(untimed, (ISO,), pivot))
    return pc.coalesce(by_shape(text, (pattern,), pivot), by_shape(untimed, (pattern, ISO), pivot))


def by_shape(text: pa.StringArray, shapes: Sequence[str], pivot: int) -> pa.Date32Array:
    """The date of each text by the first shape that fits it; null where none does or there is no such day."""
    days, exists = np.zeros(len(text), np.int64), np.zeros(len(text), bool)
    open_ = np.flatnonzero(valid_mask(text))
    for shape in shapes:
        if not len(open_):
            break
        found = pc.extract_regex(text.take(pa.array(open_)), shape)
        fits = valid_mask(found)
        days[open_[fits]], exists[open_[fits]] = day_numbers(found.drop_null(), pivot)
        open_ = open_[~fits]
    return pa.array(days.astype(np.int32), pa.int32(), mask=~exists).cast(pa.date32())


def day_numbers(found: pa.StructArray, pivot: int) -> tuple[Integers, Mask]:
    """Days since 1970 of the parts of dates, and whether there is such a day."""
    part = {field.name: found.field(field.name) for field in found.type}
    year = full_year(part["Y"], pivot)
    if "x" in part:
        month, day = integers(part["x"]), integers(part["y"])
        month, day = np.where(month > 12, day, month), np.where(month > 12, month, day)
    else:
        month, day = (month_numbers(part["b"]) if "b" in part else integers(part["m"])), integers(part["d"])
    return days_since_1970(year, month, day)


def days_since_1970(year: Integers, month: Integers, day: Integers) -> tuple[Integers, Mask]:
    """Days since 1970, and whether there is such a day in the Gregorian calendar.

    >>> days_since_1970(np.array([1970, 1900]), np.array([1, 2]), np.array([2, 29]))[1].tolist()
    [True, False]
    """
    exists = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(exists, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, after = months.astype("datetime64[D]").astype(np.int64), (months + 1).astype("datetime64[D]").astype(np.int64)
    return first + day - 1, exists & (day <= after - first)


def full_year(text: pa.StringArray, pivot: int) -> Integers:
    """Years of four digits, or of two by the pivot."""
    year = integers(text)
    short = np.asarray(pc.binary_length(text)) == 2
    return np.where(short, year + np.where(year <= pivot, 2000, 1900), year)


def month_numbers(name: pa.StringArray) -> Integers:
    """Months by name in several languages; 0 for what is none."""
    coded = name.dictionary_encode()
    numbers = [MONTHS.get(word or "", 0) for word in fold(coded.dictionary).to_pylist()]
    return np.asarray(np.array(numbers, np.int64)[np.asarray(coded.indices)])


def integers(text: pa.StringArray) -> Integers:
    """Digits as numbers."""
    return np.asarray(text.cast(pa.int64()))


@cache
def format_pattern(format: str) -> str | None:
    """A strptime format as a shape; null where it has a directive that only Python's own strptime knows.

    Raises OnefoldError for a format that does not tell year, month and day.

    >>> format_pattern("%d/%m/%Y")
    '(?i)^(?P<d>\\\\d{1,2})/(?P<m>\\\\d{1,2})/(?P<Y>\\\\d{4})$'
    """
    pieces = [SAME_AS.get(p, p) for p in re.findall(r"%-?.|[^%]+|%", _spelled_out(format))]
    if any(p.startswith("%") and p not in DIRECTIVES for p in pieces):
        return None
    told = ["Y" if p == "%y" else p[1:] for p in pieces if p in ("%Y", "%y", "%m", "%b", "%d")]
    if sorted(told) not in (["Y", "d", "m"], ["Y", "b", "d"]):
        raise OnefoldError(f"format '{format}' does not tell year, month and day once each; write it like %d/%m/%Y.")
    return "(?i)^" + "".join(_piece_pattern(pieces, place) for place in range(len(pieces))) + "$"


def by_strptime(text: pa.StringArray, format: str) -> pa.Date32Array:
    """The date of each text by Python's strptime, for directives such as %j."""

    def read(one: str) -> str | None:
        try:
            return datetime.strptime(one, format).date().isoformat()
        except ValueError:
            return None

    return per_distinct(text, read).cast(pa.date32())


def _spelled_out(format: str) -> str:
    for short, long in LONG_FOR.items():
        format = format.replace(short, long)
    return re.sub(r"\s+", " ", format.strip())


def _piece_pattern(pieces: Sequence[str], place: int) -> str:
    """A number next to another without anything between has all its digits, or `3041980` would be the 30th."""
    pattern = DIRECTIVES.get(pieces[place], re.escape(pieces[place]))
    touches = any(neighbour.startswith("%") for neighbour in (*pieces[max(place - 1, 0) : place], *pieces[place + 1 : place + 2]))
    return pattern.replace("{1,2}", "{2}") if touches else pattern
