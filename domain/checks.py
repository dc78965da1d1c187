"""Checks: what must hold before rows go on, and what came of asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """What a failed check does."""

    STOP = "stop"
    """Holds the source back, or closes the publication gate."""
    WARN = "warn"
    """Is reported, and nothing else."""


class Gate(StrEnum):
    """Where checks are asked."""

    ARRIVAL = "arrival"
    PUBLICATION = "publication"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    kind: str
    """An entry of the quality catalogue (`min_rows`, `complete`, ...) or a Great Expectations name."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.STOP


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check; counts only, never a customer's data."""

    gate: Gate
    subject: str
    """The source, or `golden_customer` and its like."""
    check: str
    """A sentence-like name: `complete: email at least 50 %`."""
    severity: Severity
    passed: bool
    observed: str
    expected: str
    failing: int = 0
    """Rows that fail it, where it is a check on rows."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """Every check of one gate and whether it lets the data through."""

    gate: Gate
    subject: str
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Checks that did not hold, warnings among them."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def closed(self) -> bool:
        """Whether a check that stops has failed."""
        return any(result.severity is Severity.STOP for result in self.failed)

    @property
    def reason(self) -> str:
        """The failed checks that stop, as one sentence; empty when the gate is open."""
        stops = [r for r in self.failed if r.severity is Severity.STOP]
        return "; ".join(f"{r.check}, but observed {r.observed}" for r in stops)
