"""Build: everything Dagster shows of a project."""

from __future__ import annotations

import dagster as dg

from pipelines.definitions.dead_runs import end_dead_runs_if_idle
from pipelines.definitions.golden import later_assets, publication_check
from pipelines.definitions.run import RUN, run_resource
from pipelines.definitions.sources import source_asset
from pipelines.definitions.watch import Watch
from pipelines.project import Project

JOB, SCHEDULE = "consolidate", "nightly"


def definitions(project: Project, watch: Watch | None = None) -> dg.Definitions:
    """The project's assets, checks, job and schedule; who runs the job here can `watch` it."""
    from pipelines.steps.session import code_fingerprint

    version = code_fingerprint()
    job = consolidate_job()
    return dg.Definitions(
        assets=[*(source_asset(source, version) for source in project.sources), *later_assets(project, version)],
        asset_checks=[publication_check()],
        jobs=[job],
        schedules=[nightly(project, job)] if project.schedule else [],
        resources={RUN: run_resource(project, watch or Watch())},
        executor=dg.in_process_executor,  # one process holds the run's session: see `run`
    )


def consolidate_job() -> dg.UnresolvedAssetJobDefinition:
    """The whole way."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        description="The whole way: pull every source, match, identify, merge, ask the gate, publish.",
        executor_def=dg.in_process_executor,
    )


def nightly(project: Project, job: dg.UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """The project's schedule. It is started by hand, once: a project that is being set up should not run by itself."""

    @dg.schedule(
        name=SCHEDULE,
        job=job,
        cron_schedule=str(project.schedule),
        execution_timezone=project.timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=f"Runs the job {JOB} at '{project.schedule}' ({project.timezone}), as the project file says. "
        "To start it, turn it on here or under Automation; it stays on.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        end_dead_runs_if_idle(context.instance, project)
        return dg.RunRequest()

    return tick
