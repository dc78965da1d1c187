"""What is held back, what goes on without it, and what stops a run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from domain.checks import Gate
from tests.stories.organisation import Organisation, Rows
from warehouse.quality import reports
from warehouse.tasks import task_counts


def people(count: int, name: str = "Ann") -> Rows:
    """So many different people."""
    return [
        {
            "id": str(number),
            "given_name": name,
            "family_name": f"Lee{chr(97 + number)}",
            "email": f"{name}{number}@lee.example".lower(),
            "birth_date": f"19{60 + number}-04-03",
            "city": "Leeds",
        }
        for number in range(count)
    ]


def publish(organisation: Organisation) -> Organisation:
    """Ten customers of the crm, ten of billing, published."""
    organisation.department("crm", people(10))
    organisation.department("billing", people(10, "Bob"))
    organisation.run()
    return organisation


@pytest.fixture
def two_departments(organisation: Organisation) -> Organisation:
    """Published in an SQLite file."""
    return publish(organisation)


def cannot_be_read(organisation: Organisation) -> None:
    """The file is gone."""
    (organisation.folder / "crm.csv").unlink()


def has_lost_most_rows(organisation: Organisation) -> None:
    """One row of ten is left, and the project file says nothing of that."""
    organisation.department("crm", people(1))


def breaks_off(organisation: Organisation) -> None:
    """The last row has an open quote: nothing after it can be told."""
    with (organisation.folder / "crm.csv").open("a") as file:
        file.write('10,"Ann,Leek,ann10@lee.example,1970-04-03,Leeds\n')


@pytest.mark.parametrize("trouble", [cannot_be_read, has_lost_most_rows, breaks_off], ids=lambda trouble: trouble.__name__)
def test_a_held_source_keeps_its_last_good_data_and_the_others_publish(
    two_departments: Organisation, trouble: Callable[[Organisation], None]
) -> None:
    """The crm is held, with a reason and the date of its data; billing's news are published; repaired, it is live again. (Invariant 5)"""
    before = two_departments.customers()
    trouble(two_departments)
    two_departments.department("billing", people(10, "Rob"))
    report = two_departments.run()
    crm = report["sources"]["crm"]
    assert (report["status"], report["sources_held"], report["values_changed"]) == ("published", ["crm"], 20)
    assert crm["reason"].startswith("source 'crm': ")
    assert crm["data_as_of"] < report["sources"]["billing"]["data_as_of"]
    assert two_departments.customers() == before
    assert two_departments.values("billing:3")["given_name"] == "Rob"
    two_departments.department("crm", people(10))
    assert (two_departments.run()["status"], two_departments.customers()) == ("unchanged", before)


def test_a_required_source_that_is_held_stops_the_run(two_departments: Organisation) -> None:
    """The run fails with the reason, and the last publication stays, billing's news or not. (Invariant 5)"""
    two_departments.department("crm", people(10), required=True)
    two_departments.run()
    before, seen = two_departments.kept()["publication"], two_departments.everything()
    cannot_be_read(two_departments)
    two_departments.department("billing", people(10, "Rob"))
    sentence = two_departments.failing_run()
    assert sentence.startswith("source 'crm': file 'crm.csv' does not exist")
    assert two_departments.everything() == seen
    assert two_departments.kept()["publication"] == before
    two_departments.department("crm", people(10))
    assert two_departments.run()["values_changed"] == 20


def test_a_closed_publication_gate_leaves_the_last_publication_in_place(organisation_on_each: Organisation) -> None:
    """Ten customers more than allowed: held, with the gate's report and a task; allowed, the next run publishes. (Invariant 5)"""
    two_departments = publish(organisation_on_each)
    seen = two_departments.everything()
    two_departments.settings["publish"] = {"max_count_change": 0.25}
    two_departments.department("shop", people(10, "Cleo"))
    report = two_departments.run()
    assert (report["status"], report["golden_customers"]) == ("held", 20)
    assert "max_count_change" in report["publication"]["reason"]
    assert two_departments.everything() == seen
    with two_departments.reading() as connection:
        found = [gate for gate in reports(connection, report["run"]) if gate.gate is Gate.PUBLICATION]
        assert [gate.closed for gate in found] == [True]
        assert task_counts(connection)["closed_gate"] == 1
    assert two_departments.run()["status"] == "held"  # it is asked anew, and not passed by
    two_departments.settings = {}
    report = two_departments.run()
    assert (report["status"], report["golden_customers"], report["open_tasks"]) == ("published", 30, 0)


@pytest.mark.parametrize(
    ("expect", "observed"),
    [
        ({"min_rows": 50}, "min_rows: at least 50, but observed 9"),
        ({"complete": {"email": 0.9}}, "complete: email at least 90 %"),
        ({"fresh_days": 30}, "fresh_days: changed within 30 days, but observed last changed"),
        ({"max_quarantined": 0.05}, "max_quarantined: at most 5 % of the rows read"),
        ({"ExpectColumnValuesToBeInSet": {"column": "city", "value_set": ["York"]}}, "ExpectColumnValuesToBeInSet"),
    ],
)
def test_a_check_of_the_project_file_holds_its_source(organisation: Organisation, expect: dict[str, object], observed: str) -> None:
    """Whatever is asked, the source is held by its first failing check, and the reason says which. (Invariant 5)"""
    rows: Rows = [{**row, "changed": "2020-01-01"} for row in people(10)]
    rows[0] |= dict.fromkeys(("given_name", "family_name", "email", "birth_date", "city"), None)
    rows[1] |= {"email": "none@none.com"}
    organisation.department("crm", rows, expect=expect)
    organisation.department("billing", people(10, "Bob"))
    report = organisation.run()
    assert report["sources"]["crm"]["reason"].startswith(f"source 'crm': {observed}")
    assert report["sources"]["crm"]["reason"].endswith("Correct the source, or sources.crm.expect where this is right.")


@pytest.mark.parametrize(
    "expect",
    [{"fresh_days": 30}, {"ExpectColumnValuesToBeInSet": {"column": "city", "value_set": ["Leeds"]}}, {"complete": {"email": 1}}],
)
def test_a_check_that_holds_lets_its_source_through(organisation: Organisation, expect: dict[str, object]) -> None:
    """Changed tomorrow by a clock of another zone, all in Leeds, all with an e-mail."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    organisation.department("crm", [{**row, "changed": now} for row in people(3)], expect=expect)
    assert organisation.run()["sources_held"] == []


def test_half_of_a_source_may_go_unless_the_project_says_otherwise(organisation: Organisation) -> None:
    """Five of ten go; then all but one, which the project file allows."""
    organisation.department("crm", people(10))
    organisation.run()
    organisation.department("crm", people(5))
    assert organisation.run()["golden_customers"] == 5
    organisation.department("crm", people(1))
    assert organisation.run()["sources_held"] == ["crm"]
    organisation.department("crm", people(1), expect={"max_drop": 1})
    assert organisation.run()["golden_customers"] == 1
