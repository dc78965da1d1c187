"""Quality: what came of the gates' checks, kept for each run; a closed gate leaves its report too. (Invariant 5)"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from domain.checks import CheckResult, Gate, GateReport, Severity
from domain.runs import Run
from warehouse.tables import quality_result

RESULT = ("observed", "expected", "failing", "passed")


def save_report(connection: sa.Connection, run: Run, report: GateReport, recorded_at: datetime) -> None:
    """Keep a gate's report; one that the run has kept for the same gate and subject is replaced."""
    table = quality_result.c
    same = sa.and_(table.run == run.number, table.gate == report.gate, table.subject == report.subject)
    connection.execute(quality_result.delete().where(same))
    rows = [_row(run, place, result, recorded_at) for place, result in enumerate(report.results)]
    if rows:
        connection.execute(quality_result.insert(), rows)


def _row(run: Run, position: int, result: CheckResult, recorded_at: datetime) -> dict[str, Any]:
    where = {"run": run.number, "gate": result.gate, "subject": result.subject, "position": position, "recorded_at": recorded_at}
    return {**where, "name": result.check, "severity": result.severity, **{name: getattr(result, name) for name in RESULT}}


def reports(connection: sa.Connection, run: int) -> list[GateReport]:
    """All reports of a run: arrival before publication, subjects by name."""
    table = quality_result.c
    order = (table.gate, table.subject, table.position)
    rows = connection.execute(sa.select(quality_result).where(table.run == run).order_by(*order)).all()
    grouped = groupby(rows, key=lambda row: (row.gate, row.subject))
    return [GateReport(Gate(gate), subject, tuple(map(_result, results))) for (gate, subject), results in grouped]


def _result(row: sa.Row[Any]) -> CheckResult:
    found = {name: getattr(row, name) for name in RESULT}
    return CheckResult(Gate(row.gate), row.subject, row.name, Severity(row.severity), **found)
