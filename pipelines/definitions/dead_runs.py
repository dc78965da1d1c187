"""Dead runs: a run whose process was killed still runs for Dagster, and would hold up its queue for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from domain.errors import OnefoldError
from pipelines.project import Project

if TYPE_CHECKING:
    from warehouse.database import Warehouse

GOING = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
RECENT = 100
SENTENCE = "Its process was killed: whoever holds the warehouse's lock now has found it free. Run again; that finishes the work."


def end_dead_runs(instance: dg.DagsterInstance, warehouse: Warehouse, but: str | None = None) -> list[str]:
    """Tell Dagster of runs that have died; returns their ids. The caller holds the warehouse's lock, for the run `but`.

    Only runs that have once held the lock are meant: one that is about to ask for it has not died.
    """
    from warehouse.runs import last_reports

    going = [run for run in instance.get_runs(dg.RunsFilter(statuses=GOING)) if run.run_id != but]
    if not going:
        return []
    with warehouse.connect() as connection:
        ours = {row.id for row in last_reports(connection, RECENT)}
    dead = [run for run in going if run.run_id in ours]
    for run in dead:
        instance.report_run_failed(run, SENTENCE)
    return [run.run_id for run in dead]


def end_dead_runs_if_idle(instance: dg.DagsterInstance, project: Project) -> list[str]:
    """The same while no run holds the lock; nothing where one does, or where the warehouse cannot be opened: the next run will tell."""
    if not instance.get_runs(dg.RunsFilter(statuses=GOING), limit=1):
        return []
    from pipelines.steps.session import open_project_warehouse
    from warehouse.lock import run_lock

    try:
        with open_project_warehouse(project) as warehouse, run_lock(warehouse):
            return end_dead_runs(instance, warehouse)
    except OnefoldError:
        return []
