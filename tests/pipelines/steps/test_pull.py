"""What an incremental pull may leave out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import Connector, open_source
from domain.sources import Source
from pipelines.steps.pull import MARGIN, since_when
from warehouse.sources import Batch

PULLED = datetime(2026, 11, 20, 2, tzinfo=UTC)
BEFORE = Batch(3, "live", PULLED, None, {}, None)


def connector(kind: str) -> Connector:
    """A connector that is never opened."""
    connect = {"kind": "csv", "path": "a.csv"} if kind == "csv" else {"kind": "sql", "url": "sqlite:///a.db", "table": "t"}
    return open_source(Source("crm", "crm", connect, ("id",), ()), Path(), {})


def source(modified: str | None = "changed") -> Source:
    """A source with or without a modification time."""
    return Source("crm", "crm", {}, ("id",), (), modified=modified)


def micros(time: datetime) -> int:
    """Microseconds since 1970."""
    return round(time.timestamp() * 1e6)


def test_rows_are_read_from_a_while_before_the_newest() -> None:
    """The newest change known is of the first of November: what is older than the day before can be left out. (Invariant 6)"""
    newest = datetime(2026, 11, 1, 12, tzinfo=UTC)
    since = since_when(source(), connector("sql"), BEFORE, micros(newest))
    assert since is not None
    assert (since.column, since.after) == ("changed", newest - MARGIN)


def test_a_time_that_lies_ahead_of_the_last_pull_is_a_slip() -> None:
    """One row says it was changed in a hundred years; what is changed tomorrow is read all the same. (Invariant 6)"""
    since = since_when(source(), connector("sql"), BEFORE, micros(PULLED + timedelta(days=36_500)))
    assert since is not None
    assert since.after == PULLED - MARGIN


@pytest.mark.parametrize(
    ("modified", "kind", "before", "newest"),
    [
        (None, "sql", BEFORE, micros(PULLED)),
        ("changed", "csv", BEFORE, micros(PULLED)),
        ("changed", "sql", None, micros(PULLED)),
        ("changed", "sql", BEFORE, None),
    ],
    ids=["no modification time", "a file", "the first pull", "no time was ever read"],
)
def test_everything_is_read_where_nothing_tells_what_changed(
    modified: str | None, kind: str, before: Batch | None, newest: int | None
) -> None:
    """Then a pull leaves nothing out. (Invariant 6)"""
    assert since_when(source(modified), connector(kind), before, newest) is None
