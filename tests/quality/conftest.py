"""Small pictures of a batch and of a staged publication, good as they stand; a test says what is different."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from domain.attributes import Status
from domain.checks import Check, CheckResult, GateReport
from quality import ArrivalBatch, StagedPublication, arrival_gate, publication_gate

LETTERS = {"V": Status.VALID, "M": Status.MISSING, "I": Status.INVALID, "P": Status.PLACEHOLDER}


def drawn(picture: str) -> pa.Array:
    """Statuses as letters: V valid, M missing, I invalid, P a placeholder."""
    return pa.array([int(LETTERS[letter]) for letter in picture], pa.uint8())


def pairs(left: str, right: str, rows: list[tuple[int | None, int | None]]) -> pa.Table:
    """A table of two columns of numbers."""
    return pa.table({left: pa.array([a for a, _ in rows], pa.int64()), right: pa.array([b for _, b in rows], pa.int64())})


@pytest.fixture
def arrive() -> Callable[..., GateReport]:
    """Put checks to a batch of four records, `email="VVMI"`, changed as the test says."""

    def gate(*checks: Check, email: str = "VVMI", key: list[str | None] | None = None, **changes: Any) -> GateReport:
        columns: dict[str, Any] = {"email_status": drawn(email)} | ({} if key is None else {"key": key})
        given: dict[str, Any] = {"read": 4, "accepted": 4, "quarantined": 0, "clock": datetime(2026, 3, 10, 2)} | changes
        return arrival_gate(checks, ArrivalBatch("billing", pa.table(columns), **given))

    return gate


@pytest.fixture
def publish() -> Callable[..., GateReport]:
    """Put checks to three golden customers made of four records, changed as the test says."""

    def gate(*checks: Check, **changes: Any) -> GateReport:
        golden = changes.pop("golden", [(1, 2), (2, 1), (3, 1)])
        crosswalk = changes.pop("crosswalk", [(10, 1), (11, 1), (12, 2), (13, 3)])
        redirects = changes.pop("redirects", [(8, 1), (9, 3)])
        given: dict[str, Any] = {
            "golden": pairs("golden_number", "members", golden),
            "crosswalk": pairs("record_id", "golden_number", crosswalk),
            "live_records": pa.array([10, 11, 12, 13]),
            "redirects": pairs("golden_number", "target", redirects),
            "completeness": {"email": 0.6},
        }
        return publication_gate(checks, StagedPublication(**given | changes))

    return gate


@pytest.fixture
def told() -> Callable[[GateReport, str], CheckResult]:
    """The one result of a report whose check begins with these words."""

    def find(report: GateReport, words: str) -> CheckResult:
        (result,) = [result for result in report.results if result.check.startswith(words)]
        return result

    return find
