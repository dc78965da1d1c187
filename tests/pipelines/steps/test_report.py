"""What a run says it came to."""

from __future__ import annotations

import json

import pytest

from domain.runs import RunStatus
from pipelines.steps.report import status_of
from tests.stories.organisation import Organisation
from warehouse.runs import last_reports

PEOPLE = "id | given_name | family_name | email\n1 | Ann | Lee | ann@lee.example\n2 | Bob | Ray | bob@ray.example\n3 | Cleo | Marsh | -"
OTHERS = "id | given_name | family_name | email\n1 | Ann | Lee | ann@lee.example\n2 | Bob | Ray | bob@ray.example"
TRUTH = "source,record_id,entity_id\ncrm,1,a\nbilling,1,a\ncrm,2,b\nbilling,2,b\ncrm,3,b\n"


@pytest.fixture
def crm(organisation: Organisation) -> Organisation:
    """Two departments, and a truth that knows better: Cleo is Bob."""
    organisation.department("crm", PEOPLE)
    organisation.department("billing", OTHERS)
    organisation.settings["truth"] = "truth.csv"
    return organisation


@pytest.mark.parametrize(
    ("parts", "error", "status"),
    [
        ({}, "", RunStatus.UNCHANGED),
        ({"publication": {"status": "published"}}, "", RunStatus.PUBLISHED),
        ({"publication": {"status": "held"}}, "", RunStatus.HELD),
        ({"publication": {"status": "published"}}, "it went wrong", RunStatus.FAILED),
        ({"held_by": "crm"}, "source 'crm': ...", RunStatus.HELD),
    ],
)
def test_a_run_ends_as_its_publication_did(parts: dict[str, object], error: str, status: RunStatus) -> None:
    """Without one nothing was to be done; an error outweighs all, but where a required source held the run."""
    assert status_of(parts, error) is status


def test_a_report_has_what_scripts_read(crm: Organisation) -> None:
    """Every figure is there, it is kept as it is told, and it is JSON."""
    report = crm.run()
    figures = {"status": "published", "read": 5, "accepted": 5, "quarantined": 0, "suppressed": 0, "records": 5, "golden_customers": 3}
    figures |= {"ids_minted": 3, "ids_merged": 0, "ids_split": 0, "ids_retired": 0, "values_changed": 0, "open_tasks": 0, "error": ""}
    assert {name: report[name] for name in figures} == figures
    assert report["seconds"] > 0
    assert report["peak_mb"] > 50
    assert set(report["seconds_by_step"]) == {"source crm", "source billing", "match", "identify", "merge", "gate", "publish"}
    with crm.reading() as connection:
        assert json.loads(json.dumps(report)) == last_reports(connection)[0].report


def test_accuracy_is_told_where_the_truth_is_known(crm: Organisation) -> None:
    """Two pairs found, both right, of four that there are."""
    (crm.folder / "truth.csv").write_text(TRUTH)
    assert crm.run()["accuracy"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667}


def test_a_truth_that_cannot_be_read_stops_no_run(crm: Organisation) -> None:
    """Empty, without a column, in no encoding, broken off: the run publishes or goes on, and its report says what is wrong."""
    for text in (b"", b"a,b\n1,2\n", b"source,record_id\ncrm,1\n", b"\xff\xfe\x00", b'source,record_id,entity_id\n"'):
        (crm.folder / "truth.csv").write_bytes(text)
        report = crm.run()
        assert report["status"] in ("published", "unchanged")
        assert "accuracy" not in report
        assert report["truth_problem"].startswith("the truth file 'truth.csv' cannot be read: ")


def test_a_run_that_did_nothing_still_counts_the_records(crm: Organisation) -> None:
    """Settled, with one source that cannot be read: its last good records count. (Invariant 5)"""
    crm.run()
    (crm.folder / "billing.csv").unlink()
    report = crm.run()
    assert (report["status"], report["records"], report["read"], report["sources_held"]) == ("unchanged", 5, 3, ["billing"])


def test_a_run_that_cannot_go_on_says_why(crm: Organisation) -> None:
    """Its error stands in its report, with how each source was: held by a required source, or failed. (Invariant 5)"""
    (crm.folder / "crm.csv").unlink()
    crm.sources["crm"]["required"] = True
    assert ended(crm, crm.failing_run()) == ("held", "held")
    crm.sources["crm"]["required"] = False
    (crm.folder / "billing.csv").unlink()
    assert ended(crm, crm.failing_run()) == ("failed", "held")


def ended(organisation: Organisation, sentence: str) -> tuple[str, str]:
    """How the last run ended, and how the crm was; the run's error is this sentence."""
    with organisation.reading() as connection:
        report = last_reports(connection)[0].report
    assert report is not None
    assert report["error"] == sentence
    return report["status"], report["sources"]["crm"]["state"]
