"""Whole runs over time: what is staged, what is seen, and what is kept."""

from __future__ import annotations

from datetime import timedelta
from inspect import cleandoc

import pytest

from domain.checks import CheckResult, Gate, GateReport, Severity
from domain.errors import UnknownRecord, WarehouseError
from domain.records import RecordKey
from domain.runs import BatchCounts, RunStatus
from warehouse import records, runs, sources, staging
from warehouse.contacts import contacts_of
from warehouse.golden import Held, golden_count, golden_record, values_held
from warehouse.ledger import holder, published_crosswalk
from warehouse.quality import reports, save_report

CRM = """
    1  Ann  ann@a.org;a@b.org  1980-04-03
    2  Bob  bob@a.org          -
"""
BILLING = """
    7  Anne  ann@a.org  1980-04-03
"""
TOGETHER = """
    1  crm:1 billing:7
    2  crm:2
"""
PUBLISHED = cleandoc("""
    1 Ann billing:7 crm:1
    2 Bob crm:2
""")


def first_run(story):
    return story.whole_run({"crm": CRM, "billing": BILLING}, TOGETHER)


def test_what_a_run_publishes_is_seen(story):
    """Records that were pulled, merged and published can be read with their members. (Invariants 1, 4)"""
    first_run(story)
    assert story.live() == cleandoc("""
        billing:7 Anne
        crm:1 Ann
        crm:2 Bob
    """)
    assert story.golden() == PUBLISHED
    assert story.violations() == []


def test_a_golden_value_says_where_it_came_from(story):
    """The golden record names the record, the rule and which of its values was chosen. (Invariant 4)"""
    first_run(story)
    with story.warehouse.connect() as connection:
        ann = golden_record(connection, story.attributes, 1)
        assert golden_record(connection, story.attributes, 3) is None
    assert (ann.golden_id, ann.member_count, ann.sources) == ("G1", 2, ("billing", "crm"))
    email = ann.values["email"]
    assert (email.value, email.record, email.rule, email.position) == ("ann@a.org", RecordKey("crm", "1"), "most_recent", 0)
    assert ann.values["birth_date"].value.isoformat() == "1980-04-03"


def test_a_killed_run_leaves_the_publication_readable_and_the_next_one_finishes(story):
    """What a killed run staged is never seen, and is gone when the next run starts. (Invariants 5, 9)"""
    first_run(story)
    before = story.rows()
    killed = story.begin("crm", "billing")
    story.stage(killed, "crm", "1 Annabel ann@a.org 1980-04-03\n3 Cy - -")  # changed, new, and 2 vanished; then killed
    assert story.golden() == PUBLISHED
    assert story.live() == "billing:7 Anne\ncrm:1 Ann\ncrm:2 Bob"
    assert story.rows() != before

    again = story.begin("crm", "billing")
    assert again.number == killed.number + 1
    assert story.rows() == before
    with story.warehouse.connect() as connection:
        assert runs.run_report(connection, killed.number).status is RunStatus.FAILED
    story.pull(again, "crm", "1 Annabel ann@a.org 1980-04-03\n3 Cy - -")
    story.merge(again, "1 crm:1 billing:7\n3 crm:3")
    story.publish(again)
    assert story.golden() == "1 Annabel billing:7 crm:1\n3 Cy crm:3"
    assert story.violations() == []


def test_a_run_killed_before_publishing_leaves_no_trace_in_the_ledger(story):
    """Golden customers that were staged and not published vanish, and their numbers are free again. (Invariants 5, 9)"""
    first_run(story)
    before = story.rows()
    killed = story.begin("crm", "billing")
    story.merge(killed, "2 crm:2\n3 crm:1 billing:7")
    assert story.golden() == PUBLISHED
    assert story.rows() != before
    story.begin("crm", "billing")
    assert story.rows() == before
    assert story.golden() == PUBLISHED


def test_a_run_killed_right_after_publishing_did_publish(story):
    """A run that published and was killed before it said so is not called failed. (Invariant 9)"""
    run = first_run(story)
    late = story.begin("crm", "billing")
    with story.warehouse.begin() as connection:
        runs.publish(connection, late)
    story.begin("crm", "billing")
    with story.warehouse.connect() as connection:
        assert [row.status for row in runs.last_reports(connection)][1:] == [RunStatus.PUBLISHED, RunStatus.PUBLISHED]
        assert runs.published_run(connection) == late.number == run.number + 1


def test_a_run_on_unchanged_input_writes_nothing(story):
    """Staging the same rows twice adds no version, no state, no event. (Invariant 8)"""
    first_run(story)
    before = story.rows()
    again = story.begin("crm", "billing")
    counts = story.pull(again, "crm", CRM)
    assert (counts.new, counts.changed, counts.unchanged, counts.vanished) == (0, 0, 2, 0)
    changes = story.merge(again, TOGETHER)
    assert not any(change.any for change in changes)
    assert story.rows() == before


def test_staging_twice_in_one_run_is_staging_once(story):
    """A step that is repeated within its run replaces what it staged before."""
    first_run(story)
    run = story.begin("crm", "billing")
    story.pull(run, "crm", "1 Ann ann@a.org 1980-04-03")
    story.merge(run, "1 crm:1\n5 billing:7")
    once = story.rows()
    story.merge(run, "1 crm:1\n5 billing:7")
    assert story.rows() == once


def test_any_past_state_can_be_read(story):
    """Source records, golden records and memberships are readable as of every past run. (Invariant 10)"""
    first = first_run(story)
    second = story.whole_run({"crm": "1 Annabel - 1980-04-03", "billing": BILLING}, "1 crm:1\n3 billing:7")
    assert story.golden() == "1 Annabel crm:1\n3 Anne billing:7"
    assert story.golden(first.number) == PUBLISHED
    with story.warehouse.connect() as connection:
        annabel, bob = RecordKey("crm", "1"), RecordKey("crm", "2")
        assert records.raw_record(connection, annabel).raw[0] == "Annabel"
        assert records.raw_record(connection, annabel, first.number).raw[0] == "Ann"
        assert records.raw_record(connection, bob, first.number).raw[0] == "Bob"
        assert golden_count(connection, first.number) == golden_count(connection) == 2
        assert (holder(connection, RecordKey("billing", "7"), first.number), holder(connection, RecordKey("billing", "7"))) == (1, 3)
        assert [c.value for c in contacts_of(connection, 1, first.number)] == ["a@b.org", "ann@a.org"]
        assert contacts_of(connection, 1, second.number) == []
        ids = [records.raw_record(connection, annabel).record_id]
        then = records.standard_values(connection, story.attributes, ids, first.number).to_pylist()
        assert [(row["key"], row["given_name"], row["email"]) for row in then] == [("1", "Ann", "ann@a.org\x1fa@b.org")]
        assert records.standard_values(connection, story.attributes, ids).to_pylist()[0]["given_name"] == "Annabel"
        with pytest.raises(UnknownRecord, match="crm:2 is live"):
            records.raw_record(connection, bob)
    assert story.violations() == []


def test_a_held_source_keeps_its_last_good_data(story):
    """A batch that is held is never seen, also not by later runs that read the past. (Invariant 5)"""
    first = first_run(story)
    run = story.begin("crm", "billing")
    counts = story.stage(run, "crm", "9 Zed - -")
    with story.warehouse.begin() as connection:
        sources.hold(connection, run, "crm", counts, "lost 90 % of its rows")
    assert story.live() == "billing:7 Anne\ncrm:1 Ann\ncrm:2 Bob"
    third = story.begin("crm", "billing")
    with story.warehouse.connect() as connection:
        crm = next(state for state in sources.source_states(connection) if state.name == "crm")
        history = sources.batch_history(connection, "crm")
        with pytest.raises(UnknownRecord):
            records.raw_record(connection, RecordKey("crm", "9"), run.number)
    assert (crm.state, crm.live_run, crm.held_reason) == ("held", first.number, "lost 90 % of its rows")
    assert crm.data_as_of == first.started_at
    assert [(batch.run, batch.state) for batch in history] == [(run.number, "held"), (first.number, "live")]
    story.pull(third, "crm", CRM)
    assert story.live() == "billing:7 Anne\ncrm:1 Ann\ncrm:2 Bob"
    with story.warehouse.connect() as connection:
        assert sources.source_states(connection)[1].state == "live"


def test_a_pull_that_failed_is_told(story):
    """A source that could not be read is held with the reason, and has no counts."""
    run = story.begin("crm")
    with story.warehouse.begin() as connection:
        sources.land(connection, run, "crm", run.started_at, {"id": "TEXT"})
        sources.hold(connection, run, "crm", None, "file 'crm.csv' is not there")
        batch = sources.batch_history(connection, "crm")[0]
        state = sources.source_states(connection)[0]
    assert (batch.state, batch.counts, batch.reason, batch.columns) == ("failed", None, "file 'crm.csv' is not there", {"id": "TEXT"})
    assert (state.state, state.live_run, state.owner) == ("held", 0, "crm department")


def test_a_source_that_is_declared_no_longer_does_not_count(story):
    """Records of a removed department are kept, and are live no more until it is declared again."""
    first_run(story)
    story.begin("crm")
    assert story.live() == "crm:1 Ann\ncrm:2 Bob"
    story.begin("crm", "billing")
    assert story.live() == "billing:7 Anne\ncrm:1 Ann\ncrm:2 Bob"


def test_a_record_that_comes_back_keeps_its_number(story):
    """A key that vanished is still known, without content, and is the same record when it returns."""
    story.whole_run({"crm": CRM}, "1 crm:1\n2 crm:2")
    run = story.begin("crm")
    story.pull(run, "crm", "2 Bob bob@a.org -")
    known = {row["key"]: row for row in staging.live_keys(story.warehouse, "crm").to_pylist()}
    assert (known["1"]["live"], known["1"]["content_hash"], known["2"]["live"]) == (False, None, True)
    assert len(known["2"]["content_hash"]) == 16
    back = story.begin("crm")
    counts = story.pull(back, "crm", CRM)
    assert (counts.new, counts.unchanged) == (1, 1)
    assert {row["key"]: row["record_id"] for row in staging.live_keys(story.warehouse, "crm").to_pylist()} == {
        key: row["record_id"] for key, row in known.items()
    }


def test_keys_found_repeated_late_are_withdrawn(story):
    """Rows of a key that turns out to be repeated are taken back; the record's last good version stays live. (Invariant 7)"""
    first_run(story)
    run = story.begin("crm", "billing")
    story.stage(run, "crm", "1 Eve eve@a.org -\n2 Bob bob@a.org -\n3 New - -")
    staging.withdraw(story.warehouse, run, "crm", ["1", "3"])
    with story.warehouse.begin() as connection:
        sources.go_live(connection, run, "crm", BatchCounts("crm", 2, 1, 1, 0, 0, 0, 1, 0), run.started_at)
    assert story.live() == "billing:7 Anne\ncrm:1 Ann\ncrm:2 Bob"


def test_a_batch_can_be_pulled_again_within_its_run(story):
    """What was staged for a source is taken back as a whole, that of other sources stays."""
    run = story.begin("crm", "billing")
    story.stage(run, "crm", CRM)
    story.pull(run, "billing", BILLING)
    staging.unstage(story.warehouse, run, "crm")
    story.pull(run, "crm", "2 Bob - -")
    assert story.live() == "billing:7 Anne\ncrm:2 Bob"


def test_the_gate_sees_a_batch_as_it_would_be_live(story):
    """Statuses are those of all records of the source once the staged batch went live: new, changed and unchanged, not vanished."""
    first_run(story)
    run = story.begin("crm", "billing")
    story.stage(run, "crm", "1 Ann - -\n3 - c@a.org -")
    found = staging.statuses(story.warehouse, run, "crm", story.attributes).to_pylist()
    told = sorted((row["given_name_status"], row["email_status"], row["birth_date_status"]) for row in found)
    assert told == [(0, 1, 0), (1, 0, 0)]


def test_a_key_that_no_index_takes_is_refused(story):
    """A record key of megabytes is an error that names the source, on both databases alike."""
    run = story.begin("crm")
    with pytest.raises(WarehouseError, match="source 'crm': a record key of 2000 bytes is too long, 1000 is the most"):
        story.stage(run, "crm", f"{'k' * 2000} Ann - -")


def test_a_run_that_was_replaced_cannot_publish(story):
    """A run that another has taken over from neither goes live nor publishes: what it staged is gone. (Invariant 5)"""
    slow = story.begin("crm")
    counts = story.stage(slow, "crm", CRM)
    story.begin("crm")
    with pytest.raises(WarehouseError, match="run 1 has ended"), story.warehouse.begin() as connection:
        sources.go_live(connection, slow, "crm", counts, slow.started_at)
    with pytest.raises(WarehouseError, match="run 1 has ended"), story.warehouse.begin() as connection:
        runs.publish(connection, slow)
    assert story.live() == ""


def test_a_closed_gate_leaves_its_report(story):
    """The report of a gate that held a publication back is kept, and the last publication stays. (Invariant 5)"""
    first_run(story)
    run = story.begin("crm", "billing")
    story.merge(run, "1 crm:1\n2 crm:2\n3 billing:7")
    failed = CheckResult(Gate.PUBLICATION, "golden_customer", "id churn at most 2 %", Severity.STOP, False, "33 %", "2 %", 1)
    report = GateReport(Gate.PUBLICATION, "golden_customer", (failed,))
    with story.warehouse.begin() as connection:
        save_report(connection, run, report, run.started_at)
        save_report(connection, run, report, run.started_at)
        runs.finish_run(connection, run, RunStatus.HELD, run.started_at + timedelta(minutes=1), {"held": report.reason})
    story.begin("crm", "billing")
    with story.warehouse.connect() as connection:
        assert reports(connection, run.number) == [report]
        row = runs.run_report(connection, run.number)
    assert (row.status, row.report) == (RunStatus.HELD, {"held": report.reason})
    assert row.fingerprints["code"] == "c0de"
    assert story.golden() == PUBLISHED


def test_the_crosswalk_is_told_in_words(story):
    """Consumers and exports read source, key and golden id."""
    first_run(story)
    told = sorted(tuple(row.values()) for row in published_crosswalk(story.warehouse).to_pylist())
    assert told == [("billing", "7", "G1"), ("crm", "1", "G1"), ("crm", "2", "G2")]


def test_completeness_is_counted_by_the_database(story):
    """How many golden customers there are, and what share has a value of each attribute: published, and as a run has staged it."""
    story.whole_run({"crm": "1 Ann ann@a.org 1980-04-03\n2 Bob - -"}, "1 crm:1\n2 crm:2")
    run = story.begin("crm")
    story.pull(run, "crm", "1 Ann ann@a.org 1980-04-03\n2 Bob bob@b.org -")
    story.merge(run, "1 crm:1\n2 crm:2")
    with story.warehouse.connect() as connection:
        published, staged = values_held(connection, story.attributes), values_held(connection, story.attributes, run.number)
    assert published == Held(2, {"given_name": 1.0, "email": 0.5, "birth_date": 0.5})
    assert staged == Held(2, {"given_name": 1.0, "email": 1.0, "birth_date": 0.5})


def test_nothing_published_holds_nothing(story):
    """Of no customers, every share is whole."""
    story.begin("crm")
    with story.warehouse.connect() as connection:
        assert values_held(connection, story.attributes) == Held(0, {"given_name": 1.0, "email": 1.0, "birth_date": 1.0})
