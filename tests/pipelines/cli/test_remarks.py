"""Remarks: what an operator is told to look at, and nothing of what the rows hold."""

from __future__ import annotations

import json

from pipelines.cli.check import tell
from pipelines.cli.outcome import headline
from pipelines.cli.remarks import MOST_LINES, tell_some
from pipelines.steps.check import ProjectCheck
from pipelines.steps.status import standing
from tests.stories.organisation import Organisation

RECORDS = """
    id | given_name | family_name | email           | birth_date
    1  | Ann        | Lee         | ann@lee.example | 45/45/45
    2  | Bob        | Moss        | bob@moss.example| 45/45/45
    2  | Rob        | Moss        | rob@moss.example| 45/45/45
    -  | Secretname | Nokey       | no@key.example  | 45/45/45
    5  | Eve        | Hill        | -               | 1980-01-02
"""


def with_slips(tmp_path) -> Organisation:
    """A department with a repeated key, a missing key, dates that are none, and too few e-mails; another cannot be read."""
    organisation = Organisation(tmp_path)
    organisation.department("crm", RECORDS, expect={"warn": {"complete": {"email": 0.9}}})
    organisation.department("lost", RECORDS)
    (tmp_path / "lost.csv").unlink()
    organisation.run()
    return organisation


def test_status_names_refused_rows_warnings_and_invalid_values(onefold, tmp_path) -> None:
    """A line for each, with row numbers and without any value. (Invariants 7, 11)"""
    with_slips(tmp_path)
    told = onefold("status", "--project", tmp_path).stdout
    assert "crm: 2 rows refused, their key is repeated; nothing tells which row is right; rows 2, 3\n" in told
    assert "crm: 1 row refused, its key is missing (id); row 4\n" in told
    assert "crm: warning, 50 % (1 of 2) (complete: email at least 90 %)" in told
    assert "crm: 1 of 2 values of birth_date are invalid; set its format in map.birth_date\n" in told
    assert "Secretname" not in told


def test_scripts_get_the_remarks_in_full(onefold, tmp_path) -> None:
    """As three lists. (Invariants 7, 11)"""
    with_slips(tmp_path)
    told = json.loads(onefold("status", "--project", tmp_path, "--json").stdout)
    repeated, missing = told["quarantined_rows"]
    assert missing == {"source": "crm", "reason": "its key is missing (id)", "rows": [4], "count": 1}
    assert (repeated["rows"], repeated["count"]) == ([2, 3], 2)
    assert [(warning["source"], set(warning)) for warning in told["warnings"]] == [("crm", {"source", "check", "expected", "observed"})]
    assert told["invalid_values"] == [{"source": "crm", "attribute": "birth_date", "invalid": 1, "values": 2, "is_date": True}]


def test_the_headline_counts_the_sources_that_have_data(tmp_path) -> None:
    """Of two sources one was never read."""
    organisation = with_slips(tmp_path)
    with organisation.opened() as warehouse:
        after = standing(warehouse, organisation.project())
    report = {"status": "published", "golden_customers": 2, "records": 2, "seconds": 1.0, "peak_mb": 9.0}
    assert headline(report, after).startswith("Published 2 golden customers from 2 records of 1 source (")


def test_of_many_remarks_the_rest_is_counted(capsys) -> None:
    """A handful of lines, and how many more there are."""
    tell_some([f"line {number}" for number in range(MOST_LINES + 3)], "warnings")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == MOST_LINES + 1
    assert lines[-1].startswith("and 3 more warnings")


def test_a_remark_that_asks_ends_with_its_question_mark(capsys, tmp_path) -> None:
    """And any other with a full stop."""
    organisation = with_slips(tmp_path)
    tell(organisation.project(), ProjectCheck("small", (), (), ("crm: x; is it the right column?", "crm: y")))
    told = capsys.readouterr().out
    assert "Look at crm: x; is it the right column?\n" in told
    assert "Look at crm: y.\n" in told
