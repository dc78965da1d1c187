"""Date formats: whether a strptime format can be used."""

from __future__ import annotations

from datetime import datetime

from pipelines.project.words import quoted

SAMPLE = datetime(1987, 11, 23, 21, 43, 56)
PARTS = (("year", "%Y"), ("month", "%m"), ("day", "%d"))


def format_problem(format: str) -> str | None:
    """What is wrong with a date format; none where year, month and day can be read by it.

    >>> format_problem("%d/%m/%Y"), format_problem("%d.%m.%y %H:%M")
    (None, None)
    >>> format_problem("%d/%m")
    "'%d/%m' says no year (%Y); a date needs year, month and day"
    """
    try:
        read = datetime.strptime(SAMPLE.strftime(format), format)
    except (ValueError, UnicodeError):
        return f"{quoted(format)} is not a date format; it is written like %d/%m/%Y, with %Y, %m and %d for year, month and day"
    lacking = [f"{part} ({sign})" for part, sign in PARTS if getattr(read, part) != getattr(SAMPLE, part)]
    if lacking:
        return f"{quoted(format)} says no {' and no '.join(lacking)}; a date needs year, month and day"
    return None
