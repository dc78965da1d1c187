"""Pulls that read only what may have changed come to what pulls of everything come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipelines.steps.pull import pull_rows
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation, Rows, rows_of
from warehouse.quarantine import quarantined
from warehouse.records import live_records, raw_records
from warehouse.sources import go_live

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
TODAY = datetime.now(UTC).isoformat(timespec="seconds")
Change = Callable[[Rows], None]


def no_change(_: Rows) -> None:
    """Nothing changes."""


def a_newer_value(rows: Rows) -> None:
    """Bob's e-mail, with its time."""
    rows[1] |= {"email": "bobby@ray.example", "changed": TODAY}


def a_deleted_row(rows: Rows) -> None:
    """Cleo is gone."""
    del rows[2]


def a_new_row(rows: Rows) -> None:
    """Hal is new today."""
    rows.append(person("10", "Hal", TODAY))


def a_new_row_with_an_old_time(rows: Rows) -> None:
    """Ida was brought over from another system, with the time she was last changed there."""
    rows.append(person("11", "Ida", "2019-01-01T10:00:00"))


def a_key_given_twice(rows: Rows) -> None:
    """A second row says it is Ann's; the first has not changed."""
    rows.append(person("1", "Jon", TODAY))


def a_key_given_once_more_with_an_old_time(rows: Rows) -> None:
    """The same, and neither row is new by its time."""
    rows.append(person("1", "Jon", "2019-01-01T10:00:00"))


def a_repeated_key_put_right(rows: Rows) -> None:
    """One of the two rows of Egon's is deleted."""
    del rows[6]


def a_refused_row_put_right(rows: Rows) -> None:
    """The row without a name gets one."""
    rows[4] |= person("5", "Kim", TODAY)


def a_row_that_becomes_refused(rows: Rows) -> None:
    """Dora's row loses all that tells who she is."""
    rows[3] |= dict.fromkeys(("given_name", "family_name", "email", "birth_date", "city"), None) | {"changed": TODAY}


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
    no_change,
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


def told(organisation: Organisation, kind: str) -> list[dict[str, object]]:
    """A department for each change. Pulled, changed, pulled, pulled again, and once more after another change: what came of it."""
    rows = {change.__name__: rows_of(PEOPLE) for change in CHANGES}
    found: list[dict[str, object]] = []
    for step in ("first", "changed", "again", "later"):
        for change in CHANGES:
            {"changed": change, "later": a_newer_value}.get(step, no_change)(rows[change.__name__])
            organisation.department(change.__name__, rows[change.__name__], kind=kind)
        found += [{"step": step, **counts} for counts in pulled(organisation)]
    return found


def pulled(organisation: Organisation) -> list[dict[str, object]]:
    """Pull every department and let it go live, without matching: counts, and all that is live, raw and standardised, or in quarantine."""
    found: list[dict[str, object]] = []
    with open_session(organisation.project()) as session:
        for source in session.project.sources:
            counts = pull_rows(session, source).counts
            with session.warehouse.begin() as connection:
                go_live(connection, session.run, source.name, counts, session.run.started_at)
            live = [(row["key"], row["raw"]) for part in raw_records(session.warehouse, source.name) for row in part.to_pylist()]
            found.append({"of": source.name, "live": sorted(live), **{name: getattr(counts, name) for name in COUNTS}})
        standard = live_records(session.warehouse, session.project.attributes).drop_columns(["record_id"]).to_pylist()
        with session.warehouse.connect() as connection:
            rows = [row for row in quarantined(connection, limit=1000) if row.last_run == session.run.number]
    found.append({"standard": sorted(map(str, standard))})
    return [*found, {"refused": sorted((row.source, row.key or "", row.raw, row.reason, row.copies) for row in rows)}]


def test_an_incremental_pull_ends_where_a_whole_one_would(organisation: Organisation, tmp_path: Path) -> None:
    """A database is asked for what may have changed, a file is read whole: the same counts, records and quarantine. (Invariants 6, 7)"""
    (tmp_path / "whole").mkdir()
    of_database, of_files = told(organisation, "sql"), told(Organisation(tmp_path / "whole"), "csv")
    assert [a for a, b in zip(of_database, of_files, strict=True) if a != b] == []
    counts = [(found["read"], found["accepted"], found["quarantined"]) for found in of_database if found.get("of") == no_change.__name__]
    assert counts == [(9, 5, 4)] * 4


def test_a_database_is_asked_only_for_what_may_have_changed(organisation: Organisation) -> None:
    """Bob's e-mail is changed behind the back of his modification time: a pull that reads only what may have changed misses that."""
    rows = rows_of(PEOPLE)
    organisation.department("crm", rows, kind="sql")
    organisation.run()
    rows[1]["email"] = "bobby@ray.example"
    organisation.department("crm", rows, kind="sql")
    assert organisation.run()["sources"]["crm"]["changed"] == 0
