"""The demo organisation, the whole way: from eighteen sources to the published golden table, and once more."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.tables import Report

ONE_RUN = """
import json, sys
from pathlib import Path
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import open_session

with open_session(load_project(Path(sys.argv[1]))) as session:
    json.dump(consolidate(session), sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class OrganisationRun:
    """Two runs on one demo organisation, the second with nothing changed; each in a process of its own."""

    records: int
    seconds: float
    peak_mb: float
    f1: float
    second_seconds: float
    slowest: tuple[tuple[str, float], ...]
    """The steps that took longest, in seconds."""


def measure_organisation(records: int, seed: int = 1) -> OrganisationRun:
    """Make the organisation in a temporary folder and run it twice."""
    from pipelines.demo import make_demo

    with tempfile.TemporaryDirectory() as folder:
        make_demo(Path(folder) / "demo", records, seed)
        first, second = (run_once(Path(folder) / "demo") for _ in range(2))
    steps = sorted(first["seconds_by_step"].items(), key=lambda step: -step[1])[:4]
    return OrganisationRun(records, first["seconds"], first["peak_mb"], first["accuracy"]["f1"], second["seconds"], tuple(steps))


def organisation_report(runs: Sequence[OrganisationRun]) -> Report:
    """One row for each size."""
    headings = ("records", "s", "peak MB", "F1", "second run, s", "slowest steps, s")
    return Report("The demo organisation, the whole way: sources to published golden table", headings, [row(run) for run in runs])


def row(run: OrganisationRun) -> tuple[str, ...]:
    """One size."""
    slowest = ", ".join(f"{name} {seconds:.1f}" for name, seconds in run.slowest)
    return f"{run.records:,}", f"{run.seconds:.1f}", f"{run.peak_mb:,.0f}", f"{run.f1:.3f}", f"{run.second_seconds:.1f}", slowest


def run_once(project: Path) -> dict[str, Any]:
    """One run's report."""
    done = subprocess.run([sys.executable, "-c", ONE_RUN, str(project)], capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report
