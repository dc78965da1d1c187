"""As of: which publication was in use at a run, on a date, or at a moment. The one rule by which everybody reads the past. (Invariant 10)

A run number stands for what was published when that run had ended; a date for the end of that day, in UTC; a moment, in UTC where
it names no zone, for itself.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.errors import OnefoldError
from warehouse.publications import Publication, publication_of, publications, published_run
from warehouse.tables import publication
from warehouse.tables import run as runs

RUN = re.compile(r"\d{1,9}")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FORMS = "a run number, a date such as 2026-03-01, or a moment such as 2026-03-01T14:30Z"


def publication_as_of(connection: sa.Connection, asked: str) -> Publication:
    """The publication that was in use as of a run, a date or a moment.

    Raises `OnefoldError` when that cannot be read, when there was no such run, and when nothing was published by then.
    """
    text = asked.strip()
    if RUN.fullmatch(text):
        _require_run(connection, int(text))
        found = publication_of(connection, published_run(connection, int(text)))
    else:
        found = _last_before(connection, moment_after(text))
    if found is None:
        raise OnefoldError(_nothing_yet(connection, f"run {int(text)}" if RUN.fullmatch(text) else text))
    return found


def moment_after(text: str) -> datetime:
    """The first moment that a date or a moment does not cover any more.

    >>> str(moment_after("2026-03-01")), str(moment_after("2026-03-01T14:30+02:00"))
    ('2026-03-02 00:00:00+00:00', '2026-03-01 12:30:00.000001+00:00')
    """
    try:
        if DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC) + timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise OnefoldError(f"'{text}' is no point in time: give {FORMS}.") from None


def _last_before(connection: sa.Connection, moment: datetime) -> Publication | None:
    run: Any = connection.scalar(sa.select(sa.func.max(publication.c.run)).where(publication.c.published_at < moment))
    return None if run is None else publication_of(connection, int(run))


def _require_run(connection: sa.Connection, number: int) -> None:
    last = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(runs.c.number), 0)))
    if not 1 <= number <= (last or 0):
        raise OnefoldError(f"there is no run {number}: " + (f"the last is run {last}." if last else "run `onefold run` first."))


def _nothing_yet(connection: sa.Connection, asked: str) -> str:
    every = publications(connection)
    if not every:
        return "nothing has been published yet: run `onefold run` first."
    first = f"run {every[0].run}, {every[0].published_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"nothing was published as of {asked}: the first publication is that of {first}."
