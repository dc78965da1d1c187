"""Schedules: the five fields of cron, as strictly as Dagster reads them."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from pipelines.project.words import nearest, quoted

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(WEEKDAYS)}),
)
LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def schedule_problem(text: str) -> str | None:
    """What is wrong with a cron schedule; none where it can run.

    >>> schedule_problem("0 2 * * *"), schedule_problem("*/15 8-18 * * mon-fri")
    (None, None)
    >>> schedule_problem("0 25 * * *")
    "hour: '25' is not within 0 to 23"
    """
    fields = text.lower().split()
    if len(fields) != len(FIELDS):
        return (
            f"{quoted(text)} has {len(fields)} fields; cron has five: minute, hour, day of the month, month, day of the week ('0 2 * * *')"
        )
    try:
        _, _, days, months, weekdays = (numbers(written, *field) for written, field in zip(fields, FIELDS, strict=True))
    except ValueError as problem:
        return str(problem)
    if weekdays is None and days and min(days) > max(LONGEST_MONTH[month - 1] for month in months or range(1, 13)):
        return f"{quoted(text)} never comes: no such month has a day {min(days)}"
    return None


def numbers(written: str, name: str, low: int, high: int, names: dict[str, int]) -> set[int] | None:
    """The numbers that a field stands for, none for a plain `*`; a ValueError says what is wrong."""
    if written == "*":
        return None
    found: set[int] = set()
    for part in written.split(","):
        match = re.fullmatch(r"(?:(\*)|([a-z0-9]{1,4})(?:-([a-z0-9]{1,4}))?)(?:/([0-9]{1,4}))?", part, re.ASCII)
        if not match or (match[4] and match[2] and not match[3]):
            raise ValueError(f"{name}: {quoted(part)} is not *, a number, a range (1-5) or a step (*/15)")
        first = low if match[1] else number(match[2], name, low, high, names)
        last = high if match[1] else number(match[3] or match[2], name, low, high, names)
        step = int(match[4] or 1)
        if first > last or not 1 <= step <= high:
            raise ValueError(f"{name}: {quoted(part)} runs backwards, or its step is not within 1 to {high}")
        found.update(range(first, last + 1, step))
    return found


def number(word: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    """One number of a field, or its name."""
    value = names.get(word, int(word) if word.isdecimal() else -1)
    if not low <= value <= high:
        raise ValueError(f"{name}: {quoted(word)} is not within {low} to {high}")
    return value


def timezone_problem(name: str) -> str | None:
    """What is wrong with the name of a time zone; none where it is known.

    >>> timezone_problem("Europe/Berln")
    "'Europe/Berln' is not a time zone; did you mean 'Europe/Berlin'?"
    """
    known = available_timezones()
    if name in known:
        return None
    near = nearest(name, sorted(known))
    return f"{quoted(name)} is not a time zone; " + (f"did you mean {quoted(near)}?" if near else "write it like Europe/Berlin or UTC")
