"""The demo organisation, the whole way: from eighteen sources to the published golden table; again unchanged, and with 1 % changed."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.changes import change_rows
from benchmarks.tables import Report

COMMAND = ("-c", "from pipelines.cli import main; main()", "run", "--json", "--project")


@dataclass(frozen=True, slots=True)
class OrganisationRun:
    """One `onefold run` on a demo organisation, in a process of its own."""

    records: int
    what: str
    """`full`, `unchanged` or `1 % changed`."""
    seconds: float
    """By the clock, the start of the program included."""
    cpu_seconds: float
    peak_mb: float
    f1: float
    steps: tuple[tuple[str, float], ...]
    """Seconds of each step by the clock, all sources together; what the report's figures and Dagster take is not in them."""


def measure_organisation(records: int, seed: int = 1) -> list[OrganisationRun]:
    """Make the organisation in a temporary folder and run it: all anew, with nothing changed, with every hundredth record changed."""
    from pipelines.demo import make_demo

    with tempfile.TemporaryDirectory() as folder:
        make_demo(Path(folder) / "demo", records, seed)
        return measure_project(Path(folder) / "demo", records)


def measure_project(project: Path, records: int) -> list[OrganisationRun]:
    """The three runs on a demo that was not run before."""
    runs = [run_once(project, records, "full"), run_once(project, records, "unchanged")]
    change_rows(project)
    return [*runs, run_once(project, records, "1 % changed")]


def organisation_report(runs: Sequence[OrganisationRun]) -> Report:
    """One row for each run."""
    headings = ("records", "run", "s", "CPU s", "peak MB", "F1", "steps, s")
    return Report("The demo organisation, the whole way: sources to published golden table", headings, [row(run) for run in runs])


def row(run: OrganisationRun) -> tuple[str, ...]:
    """One run."""
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in run.steps)
    return (
        f"{run.records:,}",
        run.what,
        f"{run.seconds:.1f}",
        f"{run.cpu_seconds:.1f}",
        f"{run.peak_mb:,.0f}",
        f"{run.f1:.3f}",
        steps,
    )


def run_once(project: Path, records: int, what: str) -> OrganisationRun:
    """One run."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *COMMAND, str(project)], capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    report: dict[str, Any] = json.loads(done.stdout)
    return OrganisationRun(records, what, seconds, cpu, report["peak_mb"], report["accuracy"]["f1"], steps_of(report["seconds_by_step"]))


def steps_of(seconds: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """The steps' seconds, those of all sources as one."""
    sources = sum(took for name, took in seconds.items() if name.startswith("source "))
    return ("sources", sources), *((name, took) for name, took in seconds.items() if not name.startswith("source "))
