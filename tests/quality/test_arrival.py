"""The arrival gate: each kind of check holds and fails in its own words."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.attributes import Status
from domain.checks import Check, CheckResult, GateReport, Severity
from quality import ArrivalBatch, arrival_gate

Arrive = Callable[..., GateReport]
Told = Callable[[GateReport, str], CheckResult]
CLOCK = datetime(2026, 3, 10, 2)

# kind, arguments, what is different in the batch, whether it holds, and what the operator reads as observed
CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool, str]] = [
    ("min_rows", {"value": 4}, {}, True, "4"),
    ("min_rows", {"value": 5}, {}, False, "4"),
    ("min_rows", {"value": 1}, {"email": ""}, False, "0"),
    ("max_drop", {"value": 0.2}, {"previous_rows": 5}, True, "20 % fewer (5 → 4)"),
    ("max_drop", {"value": 0.2}, {"previous_rows": 80}, False, "95 % fewer (80 → 4)"),
    ("max_drop", {"value": 0.2}, {"previous_rows": 2}, True, "100 % more (2 → 4)"),
    ("max_drop", {"value": 0.3}, {"previous_rows": 10, "email": "VVVVVVV"}, True, "30 % fewer (10 → 7)"),
    ("max_drop", {"value": 0}, {"previous_rows": None}, True, "first load"),
    ("max_surge", {"value": 1}, {"previous_rows": 2}, True, "100 % more (2 → 4)"),
    ("max_surge", {"value": 0.5}, {"previous_rows": 2}, False, "100 % more (2 → 4)"),
    ("max_surge", {"value": 0}, {"previous_rows": 4}, True, "no change (4 → 4)"),
    ("max_surge", {"value": 0}, {"previous_rows": None}, True, "first load"),
    ("complete", {"attribute": "email", "share": 0.5}, {}, True, "50 % (2 of 4)"),
    ("complete", {"attribute": "email", "share": 0.6}, {}, False, "50 % (2 of 4)"),
    ("complete", {"attribute": "email", "share": 0.6}, {"email": ""}, True, "no rows"),
    ("valid", {"attribute": "email", "share": 0.6}, {"email": "VVMMPPI"}, True, "66.67 % (2 of 3)"),
    ("valid", {"attribute": "email", "share": 0.7}, {"email": "VVMMPPI"}, False, "66.67 % (2 of 3)"),
    ("valid", {"attribute": "email", "share": 1}, {"email": "MPMP"}, True, "no values"),
    ("max_placeholders", {"attribute": "email", "share": 0.25}, {"email": "VPMI"}, True, "25 % (1 of 4)"),
    ("max_placeholders", {"attribute": "email", "share": 0.2}, {"email": "VPMI"}, False, "25 % (1 of 4)"),
    ("max_placeholders", {"attribute": "email", "share": 0.7}, {"email": "PPPPPPPVVV"}, True, "70 % (7 of 10)"),
    ("fresh_days", {"value": 3}, {"newest": CLOCK - timedelta(days=3)}, True, "last changed 3.0 days ago"),
    ("fresh_days", {"value": 3}, {"newest": CLOCK - timedelta(days=4)}, False, "last changed 4.0 days ago"),
    ("fresh_days", {"value": 3}, {"newest": CLOCK + timedelta(hours=6)}, True, "last changed 0.2 days after this run"),
    ("fresh_days", {"value": 3}, {"newest": CLOCK.replace(year=2126)}, False, "last changed 36,524.0 days after this run"),
    ("fresh_days", {"value": 3}, {"newest": None}, False, "no modification time is known"),
    ("max_quarantined", {"value": 0.5}, {"read": 8, "quarantined": 4}, True, "50 % (4 of 8)"),
    ("max_quarantined", {"value": 0.4}, {"read": 8, "quarantined": 4}, False, "50 % (4 of 8)"),
    ("max_quarantined", {"value": 0}, {"read": 0, "email": ""}, True, "no rows"),
]


@pytest.mark.parametrize(("kind", "arguments", "changes", "holds", "observed"), CASES)
def test_each_kind_says_what_it_saw(
    arrive: Arrive, told: Told, kind: str, arguments: dict[str, Any], changes: dict[str, Any], holds: bool, observed: str
) -> None:
    """A check holds or fails, and says in plain words what it saw."""
    result = told(arrive(Check(kind, arguments), **changes), f"{kind}: ")
    assert (result.passed, result.observed) == (holds, observed)


def test_a_check_reads_like_a_sentence(arrive: Arrive, told: Told) -> None:
    """What an operator reads: the check, what it expects, what was seen, how many rows fail."""
    result = told(arrive(Check("complete", {"attribute": "email", "share": 0.75})), "complete")
    assert (result.check, result.expected, result.failing) == ("complete: email at least 75 %", "at least 75 %", 2)


def test_a_closed_gate_names_the_checks_that_stop(arrive: Arrive) -> None:
    """Failed checks that stop close the gate and are its reason; a warning is neither. (Invariant 5)"""
    checks = (
        Check("min_rows", {"value": 100}),
        Check("max_drop", {"value": 0.2}),
        Check("complete", {"attribute": "email", "share": 0.9}, Severity.WARN),
    )
    report = arrive(*checks, previous_rows=80)
    assert report.closed
    assert report.reason == (
        "min_rows: at least 100, but observed 4; max_drop: at most 20 % fewer records, but observed 95 % fewer (80 → 4)"
    )


def test_a_warning_leaves_the_gate_open(arrive: Arrive) -> None:
    """A failed check that warns is told, and the batch goes on."""
    report = arrive(Check("min_rows", {"value": 100}, Severity.WARN))
    assert not report.closed
    assert [result.check for result in report.failed] == ["min_rows: at least 100"]


def test_a_missing_column_closes_the_gate_whatever_the_project_asks(arrive: Arrive, told: Told) -> None:
    """Mapped columns must be there; the missing are named, and never the found: without a header those are a customer's values."""
    report = arrive(expected_columns=("client_no", "dob", "e_mail"), found_columns=("client_no", "Zebediah Quux", "1980-04-03"))
    result = told(report, "columns_found")
    assert report.closed
    assert result.observed == "missing dob, e_mail; columns found: 3"
    assert "Zebediah" not in repr(report)


def test_columns_beyond_the_mapped_are_welcome(arrive: Arrive) -> None:
    """A department may add columns; names of any kind and repeated ones do no harm."""
    assert not arrive(expected_columns=("a", "a"), found_columns=("a", "b\x00", "b\x00", "<script>", "\ud800")).closed


def test_keys_are_unique_and_present_after_quarantine(arrive: Arrive, told: Told) -> None:
    """A key missing or repeated among the rows that go on is our own mistake, and closes the gate. (Invariant 1)"""
    report = arrive(key=["a", "a", None, "b"])
    assert report.closed
    assert told(report, "key_unique: no key missing").failing == 1
    assert told(report, "key_unique: no key repeated").failing == 2
    assert not arrive(key=["a", "A", "c", "b"]).closed


def test_an_attribute_that_the_batch_has_not_fails_by_name(arrive: Arrive, told: Told) -> None:
    """A check on an attribute that was not pulled cannot be asked, and what cannot be asked has not passed."""
    result = told(arrive(Check("complete", {"attribute": "phone", "share": 0})), "complete")
    assert (result.passed, result.observed) == (False, "could not be asked: there is no column 'phone'")


def test_a_check_that_makes_no_sense_fails_and_spoils_no_other(arrive: Arrive) -> None:
    """A kind that does not exist, or wrong arguments, close the gate: it never opens by mistake."""
    report = arrive(
        Check("min_row"), Check("max_cluster", {"value": 3}), Check("min_rows", {"value": "many"}), Check("min_rows", {"value": 1})
    )
    assert [result.observed for result in report.failed] == [
        "could not be asked: there is no such check at arrival",
        "could not be asked: there is no such check at arrival",
        "could not be asked: value is 'many'; it must be a whole number of 0 or more",
    ]
    assert report.results[-1].passed


def test_the_same_check_may_warn_early_and_stop_late(arrive: Arrive) -> None:
    """One kind twice, with two limits and two severities, are two checks."""
    early, late = Check("max_drop", {"value": 0.1}, Severity.WARN), Check("max_drop", {"value": 0.5})
    report = arrive(early, late, previous_rows=5)
    assert [(result.check, result.severity) for result in report.failed] == [("max_drop: at most 10 % fewer records", Severity.WARN)]


def test_times_with_and_without_a_zone_are_compared(arrive: Arrive, told: Told) -> None:
    """A time without a zone is UTC."""
    newest = datetime(2026, 3, 10, 2, tzinfo=timezone(timedelta(hours=-5)))
    result = told(arrive(Check("fresh_days", {"value": 1}), newest=newest, clock=datetime(2026, 3, 10, 19, tzinfo=UTC)), "fresh_days")
    assert result.observed == "last changed 0.5 days ago"


def test_a_column_that_changed_its_type_is_told_and_stops_nothing(arrive: Arrive, told: Told) -> None:
    """The types of then and now, in words; where none changed, that."""
    report = arrive(retyped={"born": ("date", "text"), "no": ("integer", "text")})
    result = told(report, "columns_typed")
    assert (result.passed, result.severity, report.closed) == (False, Severity.WARN, False)
    assert result.observed == "column 'born' was date and is text; column 'no' was integer and is text"
    assert told(arrive(), "columns_typed").observed == "all as before"


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(list(Status)), min_size=1, max_size=60), st.integers(0, 1000))
def test_shares_are_what_numpy_counts(statuses: list[Status], thousandths: int) -> None:
    """Complete, valid and placeholder counts equal a plain count, and a share exactly at its limit holds."""
    codes, limit = np.array(statuses), Fraction(thousandths, 1000)
    valid, invalid = int((codes == Status.VALID).sum()), int((codes == Status.INVALID).sum())
    placeholders = int((codes == Status.PLACEHOLDER).sum())
    batch = ArrivalBatch("crm", pa.table({"email_status": pa.array(codes, pa.int16())}), len(codes), len(codes), 0, CLOCK)
    asked = [Check(kind, {"attribute": "email", "share": thousandths / 1000}) for kind in ("complete", "valid", "max_placeholders")]
    complete, valid_share, placeholder_share = arrival_gate(asked, batch).results[-3:]
    assert (complete.failing, complete.passed) == (len(codes) - valid, Fraction(valid, len(codes)) >= limit)
    assert (valid_share.failing, valid_share.passed) == (invalid, valid >= limit * (valid + invalid))
    assert (placeholder_share.failing, placeholder_share.passed) == (placeholders, Fraction(placeholders, len(codes)) <= limit)
