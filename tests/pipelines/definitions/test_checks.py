"""What Dagster is told of a gate."""

from __future__ import annotations

import dagster as dg
import pytest

from domain.checks import CheckResult, Gate, GateReport, Severity
from pipelines.definitions.checks import gate_result, unreadable_result

FOUND = "expected at least 50 %, observed 40 %"


def report(*results: tuple[Severity, bool]) -> GateReport:
    """A gate with checks of these severities that did or did not hold."""
    checks = (
        CheckResult(Gate.ARRIVAL, "crm", f"check {at}", severity, passed, "40 %", "at least 50 %", 0 if passed else 10)
        for at, (severity, passed) in enumerate(results)
    )
    return GateReport(Gate.ARRIVAL, "crm", tuple(checks))


@pytest.mark.parametrize(
    ("results", "passed", "severity", "sentence"),
    [
        (((Severity.STOP, True), (Severity.WARN, True)), True, "WARN", "Open: all 2 checks hold."),
        (
            ((Severity.STOP, True), (Severity.WARN, False)),
            False,
            "WARN",
            "Open, with warnings. check 1: expected at least 50 %, observed 40 %",
        ),
        (((Severity.STOP, False), (Severity.WARN, False)), False, "ERROR", "Closed. check 0, but observed 40 %"),
    ],
)
def test_a_gate_fails_as_an_error_only_where_it_is_closed(results, passed, severity, sentence):
    """A check that only warns fails with WARN, which blocks nothing; a closed gate fails with ERROR."""
    told = gate_result(report(*results), "arrival_gate")
    assert (told.passed, told.severity.value, told.description) == (passed, severity, sentence)


def test_the_worst_comes_first():
    """The table of a gate's checks starts with those that closed it."""
    told = gate_result(report((Severity.WARN, True), (Severity.WARN, False), (Severity.STOP, False)))
    assert [row.data["check"] for row in told.metadata["results"].records] == ["check 2", "check 1", "check 0"]
    assert told.metadata["rows that fail"].value == 20


def test_a_source_that_cannot_be_read_has_not_passed():
    """Nothing could be asked; the reason is the check's description, printable whatever a file is called."""
    told = unreadable_result("source 'crm': file 'a\x00b\ud800.csv' is not there.", "arrival_gate")
    assert (told.passed, told.severity, told.description) == (
        False,
        dg.AssetCheckSeverity.ERROR,
        "source 'crm': file 'a b .csv' is not there.",
    )
