"""Runs that follow each other: nothing changed, something changed, somebody left, somebody came back."""

from __future__ import annotations

import pytest

from domain.errors import UnknownRecord
from domain.records import RecordKey
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.migrate import downgrade, upgrade
from warehouse.records import raw_record

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})
BILLING = drawn("no", {"7": "Ann", "8": "Dora"})


@pytest.fixture
def two_departments(organisation_on_each: Organisation) -> Organisation:
    """Ann Lee is known to both departments, everybody else to one."""
    organisation_on_each.department("crm", CRM)
    organisation_on_each.department("billing", BILLING, kind="sql")
    return organisation_on_each


def test_a_first_run_publishes(two_departments: Organisation) -> None:
    """Five records of four customers; the report says so. (Invariants 1, 2)"""
    report = two_departments.run()
    told = ("status", "read", "accepted", "quarantined", "records", "golden_customers", "ids_minted", "sources_held", "error")
    assert [report[name] for name in told] == ["published", 5, 5, 0, 5, 4, 4, [], ""]
    assert two_departments.customers() == "1 billing:7 crm:1\n2 billing:8\n3 crm:2\n4 crm:3"
    assert two_departments.values("crm:1") == {
        "given_name": "Ann",
        "family_name": "Lee",
        "email": "ann@lee.example",
        "birth_date": "1980-04-03",
        "city": "Leeds",
    }


@pytest.mark.parametrize("whole", [False, True], ids=["by the short cut", "doing the whole work"])
def test_a_run_on_unchanged_input_changes_nothing(two_departments: Organisation, whole: bool) -> None:
    """No new id, no history row, no event, no publication; and the run says so. (Invariant 8)"""
    two_departments.run()
    before, seen = two_departments.kept(), two_departments.customers()
    report = two_departments.run(whole=whole)
    assert (report["status"], report["ids_minted"], report["values_changed"]) == ("unchanged", 0, 0)
    assert ("match" in report) is whole
    assert two_departments.kept() == before
    assert two_departments.customers() == seen


def test_a_changed_value_is_published_and_the_old_one_stays_readable(two_departments: Organisation) -> None:
    """Bob's e-mail changes: the golden value and its provenance follow, the rest is as it was, and so is the past. (Invariants 4, 10)"""
    first = two_departments.run()["run"]
    two_departments.department("crm", CRM.replace("bob@ray", "bobby@ray"))
    report = two_departments.run()
    assert (report["status"], report["values_changed"], report["ids_minted"]) == ("published", 1, 0)
    assert two_departments.values("crm:2")["email"] == "bobby@ray.example"
    assert two_departments.origins("crm:2")["email"] == "crm:2"
    assert two_departments.values("crm:2", run=first)["email"] == "bob@ray.example"
    with two_departments.reading() as connection:
        assert raw_record(connection, RecordKey("crm", "2"), first).raw["email"] == "bob@ray.example"
        assert raw_record(connection, RecordKey("crm", "2")).raw["email"] == "bobby@ray.example"


def test_a_record_that_vanishes_leaves_and_comes_back_as_the_same_customer(two_departments: Organisation) -> None:
    """Cleo is deleted: her golden record is retired. She returns: the same record number, the same golden id. (Invariants 2, 10)"""
    first = two_departments.run()["run"]
    before = two_departments.golden("crm:3")
    two_departments.department("crm", "\n".join(line for line in CRM.splitlines() if "Cleo" not in line))
    report = two_departments.run()
    assert (report["ids_retired"], report["golden_customers"], report["sources"]["crm"]["vanished"]) == (1, 3, 1)
    assert two_departments.number("crm:3") is None
    assert two_departments.answer(before.golden_id).state == "retired"
    assert two_departments.golden("crm:3", run=first).golden_id == before.golden_id
    with two_departments.reading() as connection, pytest.raises(UnknownRecord):
        raw_record(connection, RecordKey("crm", "3"))

    two_departments.department("crm", CRM)
    report = two_departments.run()
    assert (report["ids_minted"], report["ids_revived"]) == (0, 1)
    after = two_departments.golden("crm:3")
    assert (after.golden_id, after.values) == (before.golden_id, before.values)
    assert two_departments.kept()["record"] == 5


def test_a_department_that_is_taken_out_of_the_project_leaves_its_customers(two_departments: Organisation) -> None:
    """Without billing Dora is nobody's customer; declared again, everything is as it was. (Invariants 1, 2, 10)"""
    two_departments.run()
    seen, block = two_departments.customers(), two_departments.sources.pop("billing")
    assert two_departments.run()["ids_retired"] == 1
    assert two_departments.customers() == "1 crm:1\n3 crm:2\n4 crm:3"
    two_departments.sources["billing"] = block
    two_departments.run()
    assert two_departments.customers() == seen


def test_a_file_that_is_as_it_was_is_not_read_again(organisation: Organisation) -> None:
    """Its counts are those of the last reading, refused rows among them; one row more or another key, and it is read. (Invariant 7)"""
    drawn = "id | given_name | email | other\n1 | Ann | ann@lee.example | 8\n2 | Bob | bob@ray.example | 9\n2 | Bo | bo@x.example | 7"
    organisation.department("crm", drawn)
    first = organisation.run()
    again = organisation.run()
    assert again["status"] == "unchanged"
    assert [again[name] for name in ("read", "accepted", "quarantined")] == [first[name] for name in ("read", "accepted", "quarantined")]
    assert first["quarantined"] == 2
    assert len(organisation.quarantined("crm")) == 2
    organisation.department("crm", drawn, key="other")
    by_other = organisation.run()
    assert (by_other["read"], by_other["accepted"]) == (3, 3)
    organisation.department("crm", drawn + "\n3 | Cid | cid@fox.example | 6")
    assert organisation.run()["read"] == 4


def test_a_match_that_was_lost_is_made_anew(two_departments: Organisation) -> None:
    """After a migration down and up again nothing is known of pairs and clusters: all is matched, not only what changed. (Invariant 6)"""
    two_departments.run()
    before = two_departments.customers()
    with two_departments.opened() as warehouse, warehouse.begin() as connection:
        downgrade(connection, "0004")
        upgrade(connection)
    two_departments.department("crm", drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora"}))
    found = two_departments.run()
    assert found["match"]["trained"] is False
    assert found["match"]["matched_again"] is None
    assert two_departments.customers() == before.replace("billing:8", "billing:8 crm:4")
