"""Checks: a gate's report as Dagster's asset check."""

from __future__ import annotations

import dagster as dg

from domain.checks import CheckResult, GateReport, Severity
from pipelines.definitions.labels import readable

ARRIVAL, PUBLICATION = "arrival_gate", "publication_gate"


def gate_result(report: GateReport, name: str | None = None) -> dg.AssetCheckResult:
    """A gate as a check: failed with ERROR where it is closed, with WARN where checks failed that only warn."""
    failed = report.failed
    return dg.AssetCheckResult(
        check_name=name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if report.closed else dg.AssetCheckSeverity.WARN,
        description=readable(sentence(report)),
        metadata={
            "checks": len(report.results),
            "failed": len(failed),
            "rows that fail": sum(result.failing for result in failed),
            "results": dg.MetadataValue.table([row(result) for result in worst_first(report)], SCHEMA),
        },
    )


def unreadable_result(reason: str, name: str) -> dg.AssetCheckResult:
    """The check of a source that could not be read, so that nothing could be asked."""
    return dg.AssetCheckResult(check_name=name, passed=False, severity=dg.AssetCheckSeverity.ERROR, description=readable(reason))


def sentence(report: GateReport) -> str:
    """What the gate says, for people."""
    if report.closed:
        return f"Closed. {report.reason}"
    warnings = "; ".join(f"{r.check}: expected {r.expected}, observed {r.observed}" for r in report.failed)
    return f"Open, with warnings. {warnings}" if warnings else f"Open: all {len(report.results)} checks hold."


def worst_first(report: GateReport) -> list[CheckResult]:
    """Failed checks that stop, then those that warn, then those that hold."""
    return sorted(report.results, key=lambda result: (result.passed, result.severity is not Severity.STOP))


SCHEMA = dg.TableSchema(
    [
        dg.TableColumn("check"),
        dg.TableColumn("holds", type="bool"),
        dg.TableColumn("severity"),
        dg.TableColumn("expected"),
        dg.TableColumn("observed"),
        dg.TableColumn("failing", type="int", description="Rows that fail it"),
    ]
)


def row(result: CheckResult) -> dg.TableRecord:
    """One check of a gate."""
    return dg.TableRecord(
        {
            "check": readable(result.check),
            "holds": result.passed,
            "severity": str(result.severity),
            "expected": readable(result.expected),
            "observed": readable(result.observed),
            "failing": result.failing,
        }
    )
