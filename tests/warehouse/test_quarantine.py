"""Refused rows."""

from __future__ import annotations

import json

import pyarrow as pa

from domain.runs import BatchCounts
from warehouse.quarantine import quarantine_count, quarantine_rows, quarantined, refuse_again, refused_rows, uncount, waiting_rows
from warehouse.sources import go_live


def refused(*rows: tuple) -> pa.Table:
    columns = {"row_number": pa.int64(), "key": pa.string(), "raw": pa.string(), "reason": pa.string(), "attribute": pa.string()}
    return pa.table({name: pa.array([row[at] for row in rows], type_) for at, (name, type_) in enumerate(columns.items())})


GARBAGE = refused(
    (3, None, '{"id": null}', "its key is missing", None),
    (4, None, '{"id": null}', "its key is missing", None),
    (9, "7", '{"id": "7"}', "its key is repeated", None),
    (12, "8", '{"tel": "x"}', "no telephone", "phone"),
)


def test_a_refused_row_keeps_its_raw_values_and_its_reason(story):
    """Every refused row is counted and can be read as it came. (Invariant 7)"""
    run = story.begin("crm")
    assert quarantine_rows(story.warehouse, run, "crm", GARBAGE) == 4
    with story.warehouse.connect() as connection:
        rows = quarantined(connection, "crm")
        assert quarantine_count(connection, run.number, "crm") == 3
        assert quarantined(connection, "billing") == []
    assert [(row.key, row.reason, row.copies) for row in rows] == [
        (None, "its key is missing", 2),
        ("7", "its key is repeated", 1),
        ("8", "no telephone", 1),
    ]
    assert json.loads(rows[1].raw) == {"id": "7"}


def test_the_same_refusal_is_kept_once(story):
    """Rows that are refused in every run are not piled up; each run counts its own. (Invariants 7, 8)"""
    first = story.begin("crm")
    quarantine_rows(story.warehouse, first, "crm", GARBAGE)
    second = story.begin("crm")
    quarantine_rows(story.warehouse, second, "crm", GARBAGE.slice(1, 1))
    quarantine_rows(story.warehouse, second, "crm", GARBAGE.slice(0, 1))
    with story.warehouse.connect() as connection:
        rows = quarantined(connection)
        assert quarantine_count(connection, second.number, "crm") == 2
    assert len(rows) == 3
    assert (rows[0].copies, rows[0].first_run, rows[0].last_run, rows[0].row_number) == (2, first.number, second.number, 3)
    assert rows[1].last_run == first.number


def test_rows_that_are_still_refused_without_being_read_again_are_counted_again(story):
    """The first run refused four rows, the second reads one of them anew and knows that the others are still there. (Invariants 6, 7)"""
    first = story.begin("crm")
    quarantine_rows(story.warehouse, first, "crm", GARBAGE)
    second = story.begin("crm")
    quarantine_rows(story.warehouse, second, "crm", GARBAGE.slice(2, 1))
    waiting = waiting_rows(story.warehouse, second, "crm", first.number)
    assert [(row["key"], row["copies"]) for row in waiting.to_pylist()] == [(None, 2)]
    assert len(waiting_rows(story.warehouse, second, "crm", second.number)) == 0
    refuse_again(story.warehouse, second, waiting.column("quarantine_id"))
    with story.warehouse.connect() as connection:
        assert quarantine_count(connection, second.number, "crm") == 3


def test_refused_rows_are_told_by_reason_without_what_they_hold(story):
    """Most rows first, the first known numbers of each reason; refused values and earlier runs are left out. (Invariant 11)"""
    first = story.begin("crm")
    quarantine_rows(story.warehouse, first, "crm", refused((1, "0", "{}", "was refused before", None)))
    second = story.begin("crm")
    again = [(row, "7", f'{{"id": "7", "row": {row}}}', "its key is repeated", None) for row in (0, 30, 20, 40, 10)]
    quarantine_rows(story.warehouse, second, "crm", pa.concat_tables([GARBAGE.slice(0, 2), GARBAGE.slice(3, 1), refused(*again)]))
    with story.warehouse.connect() as connection:
        told = [(rows.reason, rows.rows, rows.count) for rows in refused_rows(connection, second.number, "crm")]
    assert told == [("its key is repeated", (10, 20, 30), 5), ("its key is missing", (4,), 2)]


def test_a_pull_that_starts_over_counts_from_nothing(story):
    """What it refused so far is counted once in the end, and the rows of other sources as before. (Invariant 7)"""
    run = story.begin("crm", "billing")
    for name in ("crm", "billing"):
        quarantine_rows(story.warehouse, run, name, GARBAGE)
    uncount(story.warehouse, run, "crm")
    quarantine_rows(story.warehouse, run, "crm", GARBAGE)
    with story.warehouse.connect() as connection:
        assert [quarantine_count(connection, run.number, name) for name in ("crm", "billing")] == [3, 3]


def test_a_refused_row_may_hold_anything(story):
    """A NUL, quotes, a script and ten megabytes are no reason to lose a row. (Invariant 7)"""
    run = story.begin("crm")
    raw = json.dumps({"a": "\0'\"<script>" + "x" * 10_000_000})
    quarantine_rows(story.warehouse, run, "crm", refused((1, "k\0k", raw, "not\0decoded", None)))
    with story.warehouse.connect() as connection:
        (row,) = quarantined(connection)
    assert (row.key, row.reason, row.raw) == ("k␀k", "not␀decoded", raw)


def test_the_doctor_counts_refused_rows(story):
    """A pull whose counts do not add up, or whose refused rows are not in the quarantine, is told. (Invariant 7)"""
    story.whole_run({"crm": "1 Ann - -"}, "1 crm:1")
    run = story.begin("crm")
    quarantine_rows(story.warehouse, run, "crm", GARBAGE)
    with story.warehouse.begin() as connection:
        go_live(connection, run, "crm", BatchCounts("crm", 4, 1, 3, 0, 0, 0, 1, 0), run.started_at)
    assert story.violations() == []
    with story.warehouse.begin() as connection:
        go_live(connection, run, "crm", BatchCounts("crm", 9, 1, 5, 0, 0, 0, 1, 0), run.started_at)
    assert story.violations() == [
        "1 pulls have lost rows between reading and accepting them",
        "1 pulls have refused rows that the quarantine does not hold",
    ]
