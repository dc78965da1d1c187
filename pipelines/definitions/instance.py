"""Instance: where Dagster keeps its runs, events and schedules: a folder of the project's, with our settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from domain.errors import OnefoldError

FOLDER = ".dagster"
"""The instance's folder in a project."""
MODULE, LOCATION = "pipelines.definitions", "onefold"
"""What Dagster loads, and what it calls that; pyproject.toml says the same."""
SETTINGS = """\
telemetry:
  enabled: false
nux:
  enabled: false

# A run locks the warehouse: the next one waits in the queue instead of failing.
concurrency:
  runs:
    max_concurrent_runs: 1

# What libraries print while an asset is made is not kept: a warning may quote a customer. (Invariant 11)
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager

# Runs and their events are kept; what the scheduler and sensors note each time they look is not kept for ever.
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 7
      success: 90
      failure: 90
"""
"""What `dagster.yaml` in the repository's root says too."""


def instance_folder(project: Path, environment: Mapping[str, str]) -> Path:
    """DAGSTER_HOME, else the project's own folder `.dagster`; made if need be, and given our settings if it has none."""
    named = environment.get("DAGSTER_HOME")
    folder = Path(named).expanduser() if named else project.resolve() / FOLDER
    if not folder.is_absolute():
        raise OnefoldError(f"DAGSTER_HOME is '{folder}', which is no absolute path: give it one.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "dagster.yaml"
        if not settings.exists():
            settings.write_text(SETTINGS, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OnefoldError(f"Dagster's folder {folder} cannot be written: {reason}. Make room there, or set DAGSTER_HOME.") from error
    return folder


def open_instance(folder: Path) -> dg.DagsterInstance:
    """Dagster's instance in a folder; close it by `with`."""
    return dg.DagsterInstance.from_config(str(folder))
