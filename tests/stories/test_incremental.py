"""Pulls that read only what may have changed come to what pulls of everything come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.organisation import Organisation, Rows, rows_of

PEOPLE = """
    id | given_name | family_name | email              | birth_date | city  | changed
    1  | Ann        | Lee         | ann@lee.example    | 1980-04-03 | Leeds | 2026-01-01T10:00:00
    2  | Bob        | Ray         | bob@ray.example    | 1975-01-30 | York  | 2026-01-01T10:00:00
    3  | Cleo       | Marsh       | cleo@far.example   | 1991-12-12 | Hull  | 2026-01-01T10:00:00
    4  | Dora       | Pike        | dora@pike.example  | 1966-06-06 | Bath  | 2026-01-01T10:00:00
    5  | -          | -           | -                  | -          | -     | 2026-01-01T10:00:00
    6  | Egon       | Frost       | egon@frost.example | 1958-09-21 | Dover | 2026-01-01T10:00:00
    6  | Egon       | Frost       | egon@frost.example | 1958-09-21 | Dover | 2026-01-01T10:00:00
    -  | Fay        | Stone       | fay@stone.example  | 1949-02-11 | Truro | 2026-01-01T10:00:00
    9  | Gus        | Wade        | gus@wade.example   | 1988-03-17 | Ripon | 2026-06-01T10:00:00
"""
Change = Callable[[Rows], None]


def nothing(_: Rows) -> None:
    """Nothing changes."""


def a_newer_value(rows: Rows) -> None:
    """Bob's e-mail, with its time."""
    rows[1] |= {"email": "bobby@ray.example", "changed": "2026-07-01T10:00:00"}


def a_deleted_row(rows: Rows) -> None:
    """Cleo is gone."""
    del rows[2]


def a_new_row(rows: Rows) -> None:
    """Hal is new today."""
    rows.append(person("10", "Hal", "2026-07-01T10:00:00"))


def a_new_row_with_an_old_time(rows: Rows) -> None:
    """Ida was brought over from another system, with the time she was last changed there."""
    rows.append(person("11", "Ida", "2019-01-01T10:00:00"))


def a_key_given_twice(rows: Rows) -> None:
    """A second row says it is Ann's; the first has not changed."""
    rows.append(person("1", "Jon", "2026-07-01T10:00:00"))


def a_key_given_once_more_with_an_old_time(rows: Rows) -> None:
    """The same, and neither row is new by its time."""
    rows.append(person("1", "Jon", "2019-01-01T10:00:00"))


def a_repeated_key_put_right(rows: Rows) -> None:
    """One of the two rows of Egon's is deleted."""
    del rows[6]


def a_refused_row_put_right(rows: Rows) -> None:
    """The row without a name gets one."""
    rows[4] |= person("5", "Kim", "2026-07-01T10:00:00")


def a_row_that_becomes_refused(rows: Rows) -> None:
    """Dora's row loses all that tells who she is."""
    rows[3] |= dict.fromkeys(("given_name", "family_name", "email", "birth_date", "city"), None) | {"changed": "2026-07-01T10:00:00"}


def a_time_in_the_future(rows: Rows) -> None:
    """Gus' clock was wrong by a century; later changes are seen all the same."""
    rows[8] |= {"changed": "2126-06-01T10:00:00"}


def a_row_without_a_time(rows: Rows) -> None:
    """Ann moved, and nobody noted when."""
    rows[0] |= {"city": "Wells", "changed": None}


def another_row_without_a_key(rows: Rows) -> None:
    """One more that has no key, and an old time."""
    rows.append({**person("12", "Lou", "2019-01-01T10:00:00"), "id": None})


def person(key: str, name: str, changed: str) -> dict[str, str | None]:
    """Somebody of that name."""
    return {
        "id": key,
        "given_name": name,
        "family_name": f"{name}son",
        "email": f"{name.lower()}@home.example",
        "birth_date": "1970-07-07",
        "city": "Wells",
        "changed": changed,
    }


CHANGES = [
    nothing,
    a_newer_value,
    a_deleted_row,
    a_new_row,
    a_new_row_with_an_old_time,
    a_key_given_twice,
    a_key_given_once_more_with_an_old_time,
    a_repeated_key_put_right,
    a_refused_row_put_right,
    a_row_that_becomes_refused,
    a_time_in_the_future,
    a_row_without_a_time,
    another_row_without_a_key,
]
COUNTS = ("read", "accepted", "quarantined", "new", "changed", "unchanged", "vanished")


def told(organisation: Organisation, change: Change, kind: str) -> list[object]:
    """Pulled, changed, pulled, pulled again, and once more after another change: what came of it each time."""
    rows = rows_of(PEOPLE)
    found: list[object] = []
    for step in (nothing, change, nothing, a_newer_value):
        step(rows)
        organisation.department("crm", rows, kind=kind)
        source = organisation.run()["sources"]["crm"]
        refused = sorted((row.key or "", row.raw, row.reason, row.copies) for row in organisation.quarantined("crm"))
        found.append({name: source[name] for name in COUNTS} | {"refused": refused, "seen": organisation.everything()})
    return found


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_an_incremental_pull_ends_where_a_whole_one_would(organisation: Organisation, change: Change, tmp_path: Path) -> None:
    """A database is asked for what may have changed, a file is read whole: the same counts, quarantine and customers. (Invariants 6, 7)"""
    (tmp_path / "whole").mkdir()
    assert told(organisation, change, "sql") == told(Organisation(tmp_path / "whole"), change, "csv")
