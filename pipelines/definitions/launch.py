"""Launch: the job in this process, as `onefold run` does it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from domain.errors import OnefoldError
from pipelines.definitions.build import JOB, definitions
from pipelines.definitions.instance import LOCATION, MODULE, instance_folder, open_instance
from pipelines.definitions.ui import serve_ui
from pipelines.definitions.watch import Watch
from pipelines.project import load_project

__all__ = ["run_job", "serve_ui"]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Dagster's log lines are kept with the run, and do not fill the terminal."""


def run_job(project_folder: Path, progress: Callable[[str, int], None] | None = None, wait: float = 0.0) -> dict[str, Any]:
    """Run the job in this process, seen in the Dagster UI like any other run; returns the run's report.

    Raises what stopped the run: an OnefoldError, KeyboardInterrupt, or a bug's own error. A closed publication gate is not
    raised: the report's status is `held`.
    """
    project, watch = load_project(project_folder), Watch(progress, wait)
    with open_instance(instance_folder(project.folder, os.environ)) as instance:
        job = definitions(project, watch).resolve_job_def(JOB)
        run = instance.create_run_for_job(job, run_config=QUIET, remote_job_origin=origin())
        for _ in execute_run_iterator(InMemoryJob(job), run, instance):
            pass
        return outcome(watch, instance, run.run_id)


def origin() -> RemoteJobOrigin:
    """Where the web UI finds the job of a run that was not started there."""
    location = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(module_name=MODULE), LOCATION)
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), JOB)


def outcome(watch: Watch, instance: dg.DagsterInstance, run_id: str) -> dict[str, Any]:
    """What came of a run: its report, or what stopped it is raised."""
    if isinstance(watch.error, Exception):
        raise watch.error
    if watch.error:
        raise KeyboardInterrupt
    if watch.report is None:
        raise OnefoldError(f"Dagster did not start the run {run_id}: look at it in the web UI, or into {instance.root_directory}.")
    return watch.report
