"""The publication gate: what the staged golden tables must be, and what the project asks of them."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from domain.checks import Check, CheckResult, GateReport
from quality import CHECK_KINDS

Publish = Callable[..., GateReport]
Told = Callable[[GateReport, str], CheckResult]


def test_sound_tables_go_through(publish: Publish) -> None:
    """Three golden customers of four records pass everything that is always asked."""
    report = publish()
    assert not report.failed
    assert {result.check.split(":")[0] for result in report.results} == {
        name for name, kind in CHECK_KINDS.items() if kind.always and name not in {"columns_found", "columns_typed", "key_unique"}
    }


def test_nothing_to_publish_is_sound(publish: Publish) -> None:
    """No record at all is no mistake of the tables (a limit on the count would stop it)."""
    empty: dict[str, Any] = {"golden": [], "crosswalk": [], "redirects": [], "live_records": pa.array([], pa.int64()), "completeness": {}}
    assert not publish(Check("max_cluster", {"value": 5}), **empty).failed


# what is different in the tables, the one check that fails, its failing rows and what the operator reads
BROKEN: list[tuple[dict[str, Any], str, int, str]] = [
    (
        {"crosswalk": [(10, 1), (11, 1), (12, 2)], "golden": [(1, 2), (2, 1)], "redirects": []},
        "crosswalk_complete: every live record once",
        1,
        "1 of 4",
    ),
    (
        {"crosswalk": [(10, 1), (11, 1), (12, 2), (13, 3), (13, 2)], "golden": [(1, 2), (2, 2), (3, 1)]},
        "crosswalk_complete: every live record once",
        1,
        "1 of 4",
    ),
    ({"live_records": pa.array([10, 11, 12])}, "crosswalk_complete: only live records", 1, "1 of 4"),
    ({"golden": [(1, 2), (2, 1), (3, 1), (4, 0)]}, "no_orphan: every golden customer has a record", 1, "1 of 4"),
    ({"golden": [(1, 2), (2, 1)], "redirects": [(8, 1)]}, "no_orphan: every membership has a golden customer", 1, "1 of 4"),
    ({"golden": [(1, 3), (2, 1), (3, 1)]}, "members_counted", 1, "1 of 3"),
    ({"redirects": [(8, 1), (9, 7)]}, "no_dangling_redirect: every redirect leads to a golden customer", 1, "1 of 2"),
    ({"redirects": [(8, 1), (3, 1)]}, "no_dangling_redirect: no golden customer is redirected", 1, "1 of 2"),
    ({"decisions": 7, "decisions_broken": 2}, "decisions_kept", 2, "2 of 7 not kept"),
    ({"kept": "run 1 restored by ruth on 3 May 2026"}, "not_restored", 0, "run 1 restored by ruth on 3 May 2026"),
]


@pytest.mark.parametrize(("changes", "check", "failing", "observed"), BROKEN)
def test_broken_tables_are_held_back(publish: Publish, changes: dict[str, Any], check: str, failing: int, observed: str) -> None:
    """Each way to break the tables closes the gate, with one check that names it. (Invariants 1, 2, 3 and 5)"""
    report = publish(**changes)
    (result,) = report.failed
    assert report.closed
    assert result.check.startswith(check)
    assert (result.failing, result.observed) == (failing, observed)


def test_a_golden_id_twice_or_missing_is_held_back(publish: Publish, told: Told) -> None:
    """Two golden customers never have one id, and none is without. (Invariant 2)"""
    report = publish(golden=[(1, 2), (2, 1), (2, 1), (3, 1), (None, 1)])
    assert report.closed
    assert told(report, "golden_unique: no golden id missing").observed == "1 of 5"
    assert told(report, "golden_unique: no golden id repeated").observed == "2 of 4"


# kind, arguments, what is different, whether it holds, and what the operator reads
CASES: list[tuple[str, dict[str, Any], dict[str, Any], bool, str]] = [
    ("max_id_churn", {"value": 0.02}, {"churn": 0.02}, True, "2 %"),
    ("max_id_churn", {"value": 0.02}, {"churn": 0.021}, False, "2.1 %"),
    ("max_id_churn", {"value": 0}, {"churn": None}, True, "first publication"),
    ("max_id_churn", {"value": 1}, {"churn": float("nan")}, False, "nan %"),
    ("max_cluster", {"value": 2}, {}, True, "the largest 2"),
    ("max_cluster", {"value": 1}, {}, False, "1 larger, the largest 2"),
    ("max_count_change", {"value": 0.25}, {"customers_before": 4}, True, "25 % fewer (4 → 3)"),
    ("max_count_change", {"value": 0.4}, {"customers_before": 2}, False, "50 % more (2 → 3)"),
    ("max_count_change", {"value": 0}, {"customers_before": 3}, True, "no change (3 → 3)"),
    ("max_count_change", {"value": 0}, {"customers_before": None}, True, "first publication"),
    ("complete", {"attribute": "email", "share": 0.6}, {}, True, "60 %"),
    ("complete", {"attribute": "email", "share": 0.61}, {}, False, "60 %"),
    ("complete", {"attribute": "phone", "share": 0.1}, {}, False, "0 %"),
    ("completeness_drop", {"value": 0.05}, {"completeness_before": {"email": 0.65}}, True, "65 % → 60 %"),
    ("completeness_drop", {"value": 0.05}, {"completeness_before": {"email": 0.66}}, False, "66 % → 60 %"),
    ("completeness_drop", {"value": 0}, {"completeness_before": {"email": 0.5}}, True, "50 % → 60 %"),
    ("completeness_drop", {"value": 0}, {"completeness_before": {"phone": 0.5}}, True, "not published before"),
    ("completeness_drop", {"value": 0}, {"completeness_before": None}, True, "not published before"),
]


@pytest.mark.parametrize(("kind", "arguments", "changes", "holds", "observed"), CASES)
def test_each_kind_says_what_it_saw(
    publish: Publish, told: Told, kind: str, arguments: dict[str, Any], changes: dict[str, Any], holds: bool, observed: str
) -> None:
    """A check holds or fails, and says in plain words what it saw."""
    result = told(publish(Check(kind, arguments), **changes), f"{kind}: ")
    assert (result.passed, result.observed) == (holds, observed)
