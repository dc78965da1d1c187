"""A customer asks to be forgotten. (Invariants 7 and 10 yield to it, and to nothing else.)"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from domain.decisions import Verdict
from domain.errors import OnefoldError, UnknownGoldenId
from pipelines.steps import erase as step
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation, check_sound
from tests.stories.whole import every_row, holding, in_files
from warehouse.audit import broken, record_act
from warehouse.tables import audit_payload, outbox, pin, steward_task

KEY = "a key that nobody can guess"
ATTRIBUTES = {
    "given_name": {"type": "given_name"},
    "family_name": {"type": "family_name"},
    "email": {"type": "email", "many": True},
    "phone": {"type": "phone", "many": True, "region": "US"},
    "birth_date": {"type": "date_of_birth"},
    "city": {"type": "city"},
}
CRM = """
    id            | given_name | family_name | email              | phone          | birth_date | city
    zoe@quill.net | Zoe        | Quillfeather| zoe@quill.net      | (206) 555-0142 | 1980-04-03 | Leeds
    2             | Max        | Quillfeather| max@quill.net      | (206) 555-0142 | 1979-11-30 | Leeds
    3             | Bob        | Ray         | bob@ray.example    | (312) 555-0188 | 1975-01-30 | York
    4             | Cleo       | Marsh       | cleo@far.example   | (415) 555-0111 | 1991-12-12 | Hull
"""
BILLING = """
    no | given_name | family_name | email              | phone          | birth_date | city
    77 | Zoe        | Quillfeather| zoe@quill.net      | (206) 555-0142 | 1980-04-03 | Leeds
    78 | Dora       | Pike        | dora@pike.example  | (617) 555-0133 | 1966-06-06 | Bath
    79 | Bob        | Ray         | bob@ray.example    | (312) 555-0188 | 1975-01-30 | York
    80 | -          | -           | -                  | -              | -          | -
"""
DISTINCTIVE = ("zoe", "zoe@quill.net", "zquill@old.example", "crm:zoe@quill.net", "1980-04-03")
OF_BOTH = "quillfeather"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the hashes."""
    monkeypatch.setenv("ERASURE_KEY", KEY)


def peopled(organisation: Organisation) -> Organisation:
    """Zoe in two departments, once under another e-mail, with a decision, a pin, a task, an act and a refused row; and Max, her husband."""
    organisation.attributes = {name: dict(spec) for name, spec in ATTRIBUTES.items()}
    organisation.settings = {"erase": {"key": "${ERASURE_KEY}"}}
    organisation.department("crm", CRM.replace("zoe@quill.net      |", "zquill@old.example |", 1))
    organisation.department("billing", BILLING, kind="sql")
    organisation.run()
    organisation.department("crm", CRM)
    organisation.decide("crm:zoe@quill.net", Verdict.SAME, "billing:77")
    organisation.decide("crm:2", Verdict.DIFFERENT, "crm:zoe@quill.net")
    organisation.decide("crm:3", Verdict.SAME, "billing:79")
    organisation.run()
    number, golden_id = organisation.number("billing:77"), organisation.golden("billing:77").golden_id
    now = datetime(2026, 11, 22, tzinfo=UTC)
    signed = {"steward": "ruth", "decided_at": now, "reason": "zoe said so", "group_id": "g1"}
    with organisation.opened() as warehouse, warehouse.begin() as connection:
        connection.execute(pin.insert().values(pin_id=1, golden_number=number, attribute="city", value="Zoe's town", **signed))
        task = {"task_id": 900, "kind": "note", "state": "done", "value": 1.0, "created_run": 1}
        connection.execute(steward_task.insert().values(subject="crm:zoe@quill.net · crm:3", payload={"left": "crm:zoe@quill.net"}, **task))
        record_act(connection, now, "ruth", "pin", golden_id, {"value": "Zoe's town"})
        record_act(connection, now, "ruth", "note", "run 1", {"other": "Bob's town"})
    return organisation


@pytest.fixture
def people(organisation: Organisation) -> Organisation:
    """On SQLite."""
    return peopled(organisation)


@pytest.fixture
def people_on_each(organisation_on_each: Organisation) -> Organisation:
    """On each kind of database."""
    return peopled(organisation_on_each)


def erase(organisation: Organisation, golden_id: str) -> step.Erased:
    """An erasure, and the question whether any invariant is broken after it."""
    project = organisation.project()
    with open_session(project) as session:
        found = step.erase(session, golden_id, "ruth", "art. 17")
    with organisation.opened() as warehouse:
        check_sound(warehouse, project)
    return found


def kept(organisation: Organisation, *texts: str) -> dict[str, list[str]]:
    """Where the warehouse holds some texts."""
    with organisation.reading() as connection:
        return holding(connection, *texts)


def rows_of_others(organisation: Organisation, numbers: set[int], records: set[int]) -> set[str]:
    """What is kept in versions of all golden customers and records but some."""
    with organisation.reading() as connection:
        tables = {"source_record", "standard_record", "golden_version", "golden_contact", "crosswalk", "cluster_member", "record"}
        return {
            f"{table} {sorted(row.items(), key=str)}"
            for table, row in every_row(connection)
            if table in tables and row.get("golden_number") not in numbers and row.get("record_id") not in records
        }


def numbers_of(organisation: Organisation, *keys: str) -> set[int]:
    """The record numbers of some record keys."""
    with organisation.reading() as connection:
        statement = sa.text("SELECT s.name || ':' || r.key, r.record_id FROM record r JOIN source s ON s.source_id = r.source_id")
        known: dict[str, int] = dict(connection.execute(statement).tuples().all())
    return {known[key] for key in keys}


def test_nothing_of_an_erased_customer_is_left_and_all_of_the_others_is(people_on_each: Organisation) -> None:
    """Zoe, in every table and every version; Max, who shares her name, telephone and town, is as he was. (Invariants 7 and 10)"""
    number, golden_id = people_on_each.number("billing:77"), people_on_each.golden("billing:77").golden_id
    before = kept(people_on_each, *DISTINCTIVE, OF_BOTH)
    assert all(before.values())
    assert {"source_record.raw", "standard_record.email", "golden_contact.value"} <= {
        *before["zoe@quill.net"],
        *before["zquill@old.example"],
    }
    assert {"decision.left_key", "decision.group_id", "pin.value", "steward_task.subject", "audit_payload.payload"} <= {
        *before["zoe"],
        *before["crm:zoe@quill.net"],
    }
    records = numbers_of(people_on_each, "crm:zoe@quill.net", "billing:77")
    others = rows_of_others(people_on_each, {number or 0}, records)
    found = erase(people_on_each, golden_id)
    assert (found.holding.records, found.finished, found.holding.look_alikes) == ({"billing": 1, "crm": 1}, True, ())
    assert kept(people_on_each, *DISTINCTIVE) == {text: [] for text in DISTINCTIVE}
    assert rows_of_others(people_on_each, {number or 0}, records) == others
    assert people_on_each.values("crm:2")["phone"] == "+12065550142"


def test_an_erased_id_says_that_it_is_gone_and_so_do_those_that_led_to_it(people_on_each: Organisation) -> None:
    """Also as of a run before; consumers are told, and the proof says who did it and why. (Invariant 2)"""
    people_on_each.decide("crm:4", Verdict.SAME, "billing:77")
    cleo, zoe = people_on_each.golden("crm:4").golden_id, people_on_each.golden("billing:77").golden_id
    people_on_each.run()
    keeper = people_on_each.golden("crm:4").golden_id
    assert keeper in (cleo, zoe)
    erase(people_on_each, cleo)
    for golden_id in (cleo, zoe):
        assert (people_on_each.answer(golden_id).state, people_on_each.answer(golden_id).successors) == ("erased", ())
        assert people_on_each.answer(golden_id, run=1).state == "erased"
    assert not any(kept(people_on_each, "zoe", "cleo", "marsh").values())
    with people_on_each.reading() as connection:
        told = connection.execute(sa.select(outbox.c.kind, outbox.c.golden_number).order_by(outbox.c.event_id.desc()).limit(2)).all()
        assert {row.kind for row in told} == {"erased"}
        (proof,) = connection.execute(sa.text("SELECT erased_by, reason, records FROM erasure"))
        assert tuple(proof) == ("ruth", "art. 17", 3)
    with pytest.raises(UnknownGoldenId, match=r"is gone: the customer was erased, and nothing of them is kept\.$"):
        erase(people_on_each, zoe)


def test_the_log_of_acts_verifies_after_an_erasure(people_on_each: Organisation) -> None:
    """What exactly was done to Zoe is gone, that it was done is not; and what was done to others can be read."""
    erase(people_on_each, people_on_each.golden("billing:77").golden_id)
    with people_on_each.reading() as connection:
        assert broken(connection) == []
        payloads = connection.scalars(sa.select(audit_payload.c.payload)).all()
        assert {"other": "Bob's town"} in payloads
        assert {"value": "Zoe's town"} not in payloads


def test_who_comes_with_the_next_load_is_turned_away(people_on_each: Organisation) -> None:
    """Nothing changes: the departments still have Zoe, nothing of her rows is kept, and they are counted. (Invariants 7, 8)"""
    erase(people_on_each, people_on_each.golden("billing:77").golden_id)
    before = people_on_each.kept()
    report = people_on_each.run()
    assert (report["status"], report["suppressed"], report["read"]) == ("unchanged", 2, 8)
    assert people_on_each.kept() == before
    assert not any(kept(people_on_each, *DISTINCTIVE).values())
    whole = people_on_each.run(whole=True)
    assert (whole["status"], whole["suppressed"]) == ("unchanged", 2)
    assert people_on_each.kept() == before


SHOP = """
    nr | given_name | family_name | email              | phone          | birth_date | city
    a  | ZOE        | quillfeather| -                  | 206-555-0142   | 1980-04-03 | Bath
    b  | Zoe        | Quillfeather| zoe@new.example    | -              | 1980-04-03 | Bath
    c  | Max        | Quillfeather| max@quill.net      | (206) 555-0142 | 1979-11-30 | Leeds
    d  | Ines       | Blau        | -                  | (206) 555-0142 | 1999-09-09 | Hull
"""


def test_a_whole_identity_is_turned_away_a_part_of_it_is_a_task_and_a_spouse_is_neither(people_on_each: Organisation) -> None:
    """A new department: Zoe, her namesake of the same day, her husband, and who has her number now. (Invariant 7)"""
    erase(people_on_each, people_on_each.golden("billing:77").golden_id)
    people_on_each.department("shop", SHOP)
    report = people_on_each.run()
    assert (report["sources"]["shop"]["suppressed"], report["sources"]["shop"]["accepted"]) == (1, 3)
    with people_on_each.reading() as connection:
        tasks = connection.execute(sa.select(steward_task.c.payload).where(steward_task.c.kind == "perhaps_erased")).scalars().all()
    assert [task["record"] for task in tasks] == ["shop:b"]
    assert people_on_each.number("shop:c") == people_on_each.number("crm:2")
    assert people_on_each.number("shop:d") not in (None, people_on_each.number("crm:2"))
    again = people_on_each.run()
    assert (again["status"], again["sources"]["shop"]["suppressed"]) == ("unchanged", 1)


@pytest.mark.parametrize(
    ("row", "suppressed", "asked"),
    [
        ("zoe@quill.net | Zoe | Hart | z@h.example | - | 1980-04-03 | York", 3, []),
        ("zoe@quill.net | Zoe | - | - | - | - | York", 3, []),
        ("zoe@quill.net | Ulf | Quillfeather | u@q.example | - | 2001-01-01 | York", 2, ["crm:zoe@quill.net"]),
        ("zoe@quill.net | Ulf | Berg | u@q.example | - | - | York", 2, ["crm:zoe@quill.net"]),
    ],
    ids=["married", "little is told", "her son", "a stranger"],
)
def test_a_key_is_hers_until_it_is_plainly_another_s(people: Organisation, row: str, suppressed: int, asked: list[str]) -> None:
    """The row under Zoe's key says something else now: it is hers still, or somebody else's and a steward is told. (Invariant 7)"""
    erase(people, people.golden("billing:77").golden_id)
    people.department("shop", SHOP)
    lines = [row if line.strip().startswith("zoe@") else line for line in CRM.strip().splitlines()]
    people.department("crm", "\n".join(line.strip() for line in lines))
    assert people.run()["suppressed"] == suppressed
    with people.reading() as connection:
        found = connection.execute(sa.select(steward_task.c.payload).where(steward_task.c.kind == "perhaps_erased")).scalars().all()
    assert sorted(task["record"] for task in found) == sorted(["shop:b", *asked])


def test_a_row_that_cannot_be_kept_is_not_put_into_quarantine_either(people: Organisation) -> None:
    """Zoe's row comes twice, and once without anything that identifies: nothing of it is kept, and all rows are counted. (Invariant 7)"""
    erase(people, people.golden("billing:77").golden_id)
    zoe = CRM.strip().splitlines()[1]
    people.department("crm", f"{CRM.rstrip()}\n{zoe}\n".replace("    ", ""))
    people.department(
        "billing",
        BILLING.replace("77 | Zoe        | Quillfeather| zoe@quill.net      | (206) 555-0142 | 1980-04-03 |", "77 | - | - | - | - | - |"),
        kind="sql",
    )
    assert people.run()["suppressed"] == 3
    assert not any(kept(people, *DISTINCTIVE).values())
    assert [row.key for row in people.quarantined("billing")] == ["80"]


def test_who_lifts_the_suppression_lets_the_customer_in_under_a_new_id(people_on_each: Organisation) -> None:
    """Zoe signs up again: a new golden id, for the old one was given for ever to who she was then. (Invariant 2)"""
    golden_id = people_on_each.golden("billing:77").golden_id
    erase(people_on_each, golden_id)
    with people_on_each.opened() as warehouse:
        assert step.lift_suppression(warehouse, golden_id, "ruth", "she asked") > 2
        with pytest.raises(OnefoldError, match="is not suppressed"):
            step.lift_suppression(warehouse, golden_id, "ruth", "she asked")
    assert people_on_each.run()["suppressed"] == 0
    assert people_on_each.golden("billing:77").golden_id not in (None, golden_id)
    assert people_on_each.answer(golden_id).state == "erased"


def test_the_file_itself_holds_nothing_of_who_was_erased(people: Organisation) -> None:
    """Not in free pages, not in gaps, not in the log beside it."""
    texts = ("zoe", "zoe@quill.net", "zquill@old.example", "1980-04-03")
    database = people.folder / "warehouse.db"
    assert in_files(database, *texts) == list(texts)
    erase(people, people.golden("billing:77").golden_id)
    assert in_files(database, *texts) == []
    assert in_files(database, "max@quill.net", "+12065550142") == ["max@quill.net", "+12065550142"]


@pytest.mark.parametrize("set_to", [None, "short", "another key that nobody can guess"], ids=["none", "too short", "another"])
def test_without_the_key_nobody_is_erased_and_no_erased_customer_comes_back(
    people: Organisation, monkeypatch: pytest.MonkeyPatch, set_to: str | None
) -> None:
    """The run says which key is missing, and lets nobody in."""
    erase(people, people.golden("billing:77").golden_id)
    monkeypatch.delenv("ERASURE_KEY")
    if set_to:
        monkeypatch.setenv("ERASURE_KEY", set_to)
    people.department("shop", SHOP)
    assert people.failing_run().startswith("erase.key: ")
    with pytest.raises(OnefoldError, match=r"^erase\.key: "):
        erase(people, people.golden("crm:3").golden_id)
    assert not any(kept(people, *DISTINCTIVE).values())


def test_a_run_after_an_erasure_ends_where_one_over_everything_would(people: Organisation, tmp_path: Path) -> None:
    """What changed is matched against what is left, as if the customer had never been. (Invariant 6)"""
    erase(people, people.golden("billing:77").golden_id)
    people.department("billing", BILLING.replace("dora@pike", "dora@new"), kind="sql")
    assert people.run()["match"]["matched_again"] is not None
    (tmp_path / "anew").mkdir()
    anew = Organisation(tmp_path / "anew", attributes=people.attributes)
    without = [line for line in CRM.strip().splitlines() if "zoe" not in line.lower()]
    anew.department("crm", "\n".join(line.strip() for line in without))
    rest = [line for line in BILLING.replace("dora@pike", "dora@new").strip().splitlines() if "Zoe" not in line]
    anew.department("billing", "\n".join(line.strip() for line in rest), kind="sql")
    anew.run()
    anew.decide("crm:3", Verdict.SAME, "billing:79")
    anew.run()
    seen: list[Any] = [one.everything()["golden_crosswalk"] for one in (people, anew)]
    assert seen[0] == seen[1]


def test_an_incremental_pull_counts_those_it_turned_away_and_reads_no_more_for_it(people: Organisation) -> None:
    """The shop tells when its rows changed: what an incremental pull leaves out is counted, Zoe's row among it. (Invariant 7)"""
    erase(people, people.golden("billing:77").golden_id)
    shop = SHOP.strip().splitlines()
    dated = "\n".join(f"{line.strip()} | {day}" for line, day in zip(shop, ["changed", *["2026-01-01"] * 3, "2026-03-01"], strict=True))
    people.department("shop", dated, kind="sql")
    people.run()
    people.department("shop", dated.replace("Hull", "Bath").replace("2026-03-01", "2026-03-02"), kind="sql")
    report = people.run()["sources"]["shop"]
    assert [report[name] for name in ("read", "suppressed", "changed", "unchanged")] == [4, 1, 1, 2]
