"""Events: what each publication tells consumers, and that it tells all of it, in order, once it is seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from domain.decisions import Verdict
from domain.events import Event
from pipelines.steps import consolidate as steps
from pipelines.steps.events import pages
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.decisions import undo_decisions
from warehouse.outbox import stage_events
from warehouse.tables import outbox

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})
BILLING = drawn("no", {"7": "Ann", "8": "Dora"})


def peopled(organisation: Organisation) -> Organisation:
    """Ann Lee is known to both departments, everybody else to one."""
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING, kind="sql")
    return organisation


@pytest.fixture
def two_departments(organisation: Organisation) -> Organisation:
    """Their warehouse is an SQLite file."""
    return peopled(organisation)


@pytest.fixture
def on_each(organisation_on_each: Organisation) -> Organisation:
    """The same on each kind of database."""
    return peopled(organisation_on_each)


def events(organisation: Organisation, after: int = 0) -> list[Event]:
    """The published events after one; their numbers leave no gap."""
    with organisation.opened() as warehouse:
        found = [one for page in pages(warehouse, organisation.project().attributes, after, None) for one in page]
    assert [one.event_id for one in found] == list(range(after + 1, after + 1 + len(found)))
    return found


def number(golden_id: str) -> int:
    """C-00000012-3 is customer 12."""
    return int(golden_id.split("-")[1])


def told(organisation: Organisation, after: int = 0) -> list[str]:
    """The events as a picture: kind, golden number, the other one, records before > records after."""
    lines = []
    for one in events(organisation, after):
        other = f" {number(one.other_id)}" if one.other_id else ""
        sides = (" ".join(state.records) if state else "-" for state in (one.before, one.after))
        lines.append(f"{one.kind} {number(one.golden_id)}{other}: {' > '.join(sides)}")
    return lines


def without(picture: str, name: str) -> str:
    return "\n".join(line for line in picture.splitlines() if name not in line)


def test_the_first_publication_creates_every_customer(on_each: Organisation) -> None:
    """Four customers, each with their golden record as it is now."""
    on_each.run()
    assert told(on_each) == [
        "created 1: - > billing:7 crm:1",
        "created 2: - > billing:8",
        "created 3: - > crm:2",
        "created 4: - > crm:3",
    ]
    ann = events(on_each)[0]
    assert ann.after is not None
    assert ann.after.as_object() == {
        "values": {
            "given_name": "Ann",
            "family_name": "Lee",
            "email": "ann@lee.example",
            "birth_date": "1980-04-03",
            "city": "Leeds",
        },
        "other_values": {},
        "member_count": 2,
        "sources": ["billing", "crm"],
        "records": ["billing:7", "crm:1"],
    }
    assert (ann.run, ann.golden_id) == (1, on_each.golden("crm:1").golden_id)


@pytest.mark.parametrize("whole", [False, True], ids=["by the short cut", "doing the whole work"])
def test_a_run_on_unchanged_input_tells_nothing(two_departments: Organisation, whole: bool) -> None:
    """No event, and none is staged that waits to be seen. (Invariant 8)"""
    two_departments.run()
    before = two_departments.kept()["outbox"]
    two_departments.run(whole=whole)
    assert two_departments.kept()["outbox"] == before == 4


def test_a_value_that_changed_is_told_with_before_and_after(two_departments: Organisation) -> None:
    """Bob's e-mail: one event, with what it was and what it is."""
    two_departments.run()
    two_departments.department("crm", CRM.replace("bob@ray", "bobby@ray"))
    two_departments.run()
    assert told(two_departments, after=4) == ["changed 3: crm:2 > crm:2"]
    (bob,) = events(two_departments, after=4)
    assert bob.before is not None
    assert bob.after is not None
    assert (bob.before.values["email"], bob.after.values["email"]) == ("bob@ray.example", "bobby@ray.example")


def test_a_value_beside_the_golden_one_is_told_too(two_departments: Organisation) -> None:
    """Billing has another e-mail of Ann: the golden one stays, a consumer who writes to all of them hears of it."""
    two_departments.department("crm", CRM, trust=0.9)
    two_departments.run()
    two_departments.department("billing", BILLING.replace("ann@lee.example", "annie@home.example"), kind="sql")
    two_departments.run()
    (ann,) = events(two_departments, after=4)
    assert ann.kind == "changed"
    assert ann.before is not None
    assert ann.after is not None
    assert ann.before.values == ann.after.values
    assert (ann.before.other_values, ann.after.other_values) == ({}, {"email": ("annie@home.example",)})


def test_what_consumers_do_not_read_tells_nothing(two_departments: Organisation) -> None:
    """The row was touched, so it was seen later: the golden record has a new version, and no consumer has to do anything."""
    picture = drawn("id", {"1": "Ann", "2": "Bob"}, changed=["2026-01-01", "2026-01-02"])
    two_departments.department("crm", picture)
    two_departments.run()
    before = len(events(two_departments))
    two_departments.department("crm", picture.replace("2026-01-02", "2026-02-02"))
    assert two_departments.run()["merge"]["changed"] == 1
    assert events(two_departments, after=before) == []


def test_who_leaves_is_retired_and_who_returns_is_revived(two_departments: Organisation) -> None:
    """Cleo is deleted, and comes back."""
    two_departments.run()
    two_departments.department("crm", without(CRM, "Cleo"))
    two_departments.run()
    assert told(two_departments, after=4) == ["retired 4: crm:3 > -"]
    two_departments.department("crm", CRM)
    two_departments.run()
    assert told(two_departments, after=5) == ["revived 4: - > crm:3"]


def test_a_merger_tells_the_survivor_and_a_split_the_new_id_each_with_both_sides(on_each: Organisation) -> None:
    """Dora and Cleo are joined, Ann's records parted; then the joining is taken back. Who keeps the id changes, and that is told too."""
    on_each.run()
    on_each.decide("crm:3", Verdict.SAME, "billing:8")
    on_each.decide("billing:7", Verdict.DIFFERENT, "crm:1")
    on_each.run()
    assert told(on_each, after=4) == [
        "created 5: - > crm:1",
        "split 1 5: billing:7 crm:1 > billing:7",
        "merged 4 2: crm:3 > -",
        "changed 1: billing:7 crm:1 > billing:7",
        "changed 2: billing:8 > billing:8 crm:3",
    ]
    with on_each.opened() as warehouse, warehouse.begin() as connection:
        undo_decisions(connection, "crm:3 billing:8", "ruth", datetime(2026, 11, 23, tzinfo=UTC), "they are not")
    on_each.run()
    assert told(on_each, after=9) == [
        "revived 4: - > crm:3",
        "split 2 4: billing:8 crm:3 > billing:8",
        "changed 2: billing:8 crm:3 > billing:8",
    ]


def test_events_of_a_held_run_are_never_seen_and_their_numbers_are_used_again(two_departments: Organisation) -> None:
    """The gate is closed, then open: no gap, nothing twice. (Invariant 5)"""
    two_departments.run()
    two_departments.department("crm", without(CRM, "Cleo"))
    two_departments.settings["publish"] = {"max_count_change": 0.1}
    assert two_departments.run()["status"] == "held"
    assert len(events(two_departments)) == 4
    two_departments.settings.clear()
    two_departments.run()
    assert told(two_departments, after=4) == ["retired 4: crm:3 > -"]


def test_events_that_were_staged_and_not_published_are_not_seen(on_each: Organisation) -> None:
    """A run dies between staging its events and publishing: nobody has seen them, and the next run tells them. (Invariants 5, 9)"""
    on_each.run()
    on_each.department("crm", without(CRM, "Cleo"))
    with open_session(on_each.project()) as session:
        for source in session.project.sources:
            steps.pull(session, source)
        steps.match(session)
        steps.identify(session)
        steps.merge(session)
        assert stage_events(session.warehouse, session.run, session.project.attributes) == {"retired": 1}
        assert stage_events(session.warehouse, session.run, session.project.attributes) == {"retired": 1}
    with on_each.reading() as connection:
        assert connection.scalars(sa.select(outbox.c.event_id).order_by(outbox.c.event_id)).all() == [1, 2, 3, 4, 5]
    assert len(events(on_each)) == 4
    on_each.run()
    assert told(on_each, after=4) == ["retired 4: crm:3 > -"]


def test_a_first_run_that_dies_before_it_publishes_is_begun_anew(on_each: Organisation) -> None:
    """Its ids and its events are gone, and both are given again from the first number on. (Invariants 5, 9)"""
    with open_session(on_each.project()) as session:
        for source in session.project.sources:
            steps.pull(session, source)
        steps.match(session)
        steps.identify(session)
        steps.merge(session)
        assert stage_events(session.warehouse, session.run, session.project.attributes) == {"created": 4}
    assert events(on_each) == []
    on_each.run()
    assert [line.split(":")[0] for line in told(on_each)] == ["created 1", "created 2", "created 3", "created 4"]


def test_pages_come_to_the_same_as_one_reading(two_departments: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their size, and never more than asked for."""
    two_departments.run()
    whole = events(two_departments)
    monkeypatch.setattr("pipelines.steps.events.PAGE", 3)
    assert events(two_departments) == whole
    with two_departments.opened() as warehouse:
        attributes = two_departments.project().attributes
        assert [one for page in pages(warehouse, attributes, 1, 2) for one in page] == whole[1:3]


def test_the_states_of_events_chain_to_what_is_published(on_each: Organisation) -> None:
    """A consumer who only ever applies events holds what the golden table holds, step by step."""
    held: dict[str, object] = {}
    seen = 0
    acts = [
        lambda: None,
        lambda: on_each.department("crm", CRM.replace("Hull", "Bath")),
        lambda: on_each.decide("crm:1", Verdict.SAME, "crm:2"),
        lambda: on_each.department("billing", without(BILLING, "Dora"), kind="sql"),
        lambda: on_each.decide("crm:3", Verdict.SAME, "crm:2"),
        lambda: on_each.department("billing", BILLING, kind="sql"),
        lambda: on_each.decide("billing:7", Verdict.DIFFERENT, "crm:1"),
    ]
    for act in acts:
        act()
        on_each.run()
        for one in events(on_each, after=seen):
            seen = one.event_id
            assert one.before is None or one.kind == "split" or held[one.golden_id] == one.before.records
            held[one.golden_id] = one.after.records if one.after else None
        living = {id_: records for id_, records in held.items() if records}
        assert {str(number(id_)): " ".join(records) for id_, records in living.items()} == dict(
            line.split(" ", 1) for line in on_each.customers().splitlines()
        )
