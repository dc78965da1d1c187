"""Run: a run of Dagster's is a run of ours: one session, with its lock and its number, from the first asset to the last.

Dagster opens a resource once in each process that executes assets, when the first begins, and closes it when the last has
ended, however it ended. The executor is the in-process one, so there is one process, and the resource spans the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.definitions.dead_runs import end_dead_runs
from pipelines.definitions.watch import Watch, told
from pipelines.project import Project

if TYPE_CHECKING:
    from domain.sources import Source
    from pipelines.steps.ingest import IngestReport
    from pipelines.steps.session import Session

RUN = "onefold"
"""Key of the resource."""
STEPS = ("match", "identity", "merge")
"""What a run notes of each step between the sources and the gate, in their order."""


@dataclass
class RunInProgress:
    """The run that assets belong to."""

    session: Session
    watch: Watch

    @cached_property
    def settled(self) -> bool:
        """Whether all that follows the sources has nothing to do; asked once, when they have been pulled. (Invariant 8)"""
        from pipelines.steps.consolidate import is_settled

        return is_settled(self.session)

    @cached_property
    def published_run(self) -> int:
        """The run that published the golden customers in use; asked once, before this run publishes."""
        from warehouse.runs import published_run

        with self.session.warehouse.connect() as connection:
            return published_run(connection)

    def catch_up(self, before: str | None = None) -> list[str]:
        """Do the steps before one (without one: all) that this run has not done, because their assets were not selected."""
        from pipelines.steps import consolidate as steps

        do = {"match": steps.match, "identity": steps.identify, "merge": steps.merge}
        noted = steps.noted(self.session)
        missing = [name for name in STEPS[: STEPS.index(before) if before else None] if name not in noted]
        for name in missing:
            do[name](self.session)
        return missing

    def stop_if_required(self, source: Source, found: IngestReport) -> None:
        """Note that the run has failed where a source is held without which it shall not go on; the source's check stops it."""
        from domain.errors import GateClosed
        from pipelines.steps.consolidate import stop_if_required

        try:
            stop_if_required(self.session, source, found)
        except GateClosed as error:
            self.watch.stopped(error)


def run_resource(project: Project, watch: Watch) -> dg.ResourceDefinition:
    """The resource that is the run."""

    @dg.resource(description="The run: the project's warehouse, locked for it, and its number.")
    def run(context: dg.InitResourceContext) -> Iterator[RunInProgress]:
        from pipelines.steps.session import open_session

        instance, run_id = running_on(context)
        watch.report, watch.error = None, None
        with watch.explaining(), open_session(project, run_id, watch.wait) as session:
            end_dead_runs(instance, session.warehouse, but=run_id)
            yield RunInProgress(session, watch)
            watch.report = report = ended(session, watch)
            instance.add_run_tags(run_id, {"onefold/run": str(session.run.number), "onefold/status": str(report["status"])})

    return run


def running_on(context: dg.InitResourceContext) -> tuple[dg.DagsterInstance, str]:
    """Dagster's instance and the run's id, which are there in a run."""
    assert context.instance is not None
    assert context.run_id is not None
    return context.instance, context.run_id


def ended(session: Session, watch: Watch) -> dict[str, object]:
    """End the run once, whatever came of it."""
    from pipelines.steps.consolidate import conclude

    return conclude(session, told(watch.error) if watch.error else "")
