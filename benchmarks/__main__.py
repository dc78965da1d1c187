"""Measure every labelled set and the demo organisation, print one table, and keep it in benchmarks/RESULTS.md."""

from __future__ import annotations

import argparse
import os
import platform
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import Measured, measure
from benchmarks.labelled import FOLDER, load, maps
from benchmarks.organisation import OrganisationRun, measure_organisation

RESULTS = Path(__file__).parent / "RESULTS.md"
SET_HEADINGS = (
    "set",
    "records",
    "precision",
    "recall",
    "F1",
    "B-cubed F1",
    "blocking recall",
    "calibration error",
    "same pairs: fitted / true",
    "s",
)
RUN_HEADINGS = ("records", "seconds", "peak MB", "F1", "second run, s", "slowest steps")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sets", nargs="*", help="labelled sets; all by default")
    parser.add_argument("--records", type=int, nargs="*", default=[20_000], help="sizes of the demo organisation to run the whole way")
    parser.add_argument("--no-keep", action="store_true", help="leave RESULTS.md as it is")
    asked = parser.parse_args()
    console = Console(width=160)
    if not FOLDER.is_dir():
        console.print(f"The labelled sets are not in {FOLDER}: they are left out.")
    measured = [measure(load(name)) for name in asked.sets or maps() if (FOLDER / name).is_dir()]
    runs = [measure_organisation(size) for size in asked.records]
    show(console, "Labelled sets, matched without labels, cut at 0.5", SET_HEADINGS, [set_row(found) for found in measured])
    show(console, "The demo organisation, the whole way: sources to published golden table", RUN_HEADINGS, [run_row(run) for run in runs])
    if not asked.no_keep:
        keep(measured, runs)


def set_row(found: Measured) -> tuple[str, ...]:
    """One labelled set as a row."""
    score = found.accuracy
    figures = [f"{value:.3f}" for value in (score.precision, score.recall, score.f1, score.b_cubed_f1, found.blocking_recall)]
    error = "too few" if found.calibration_error is None else f"{found.calibration_error:.3f}"
    return (
        found.name,
        f"{found.records:,}",
        *figures,
        error,
        f"{found.expected_same:,.0f} / {found.true_candidates:,}",
        f"{found.seconds:.1f}",
    )


def run_row(run: OrganisationRun) -> tuple[str, ...]:
    """One run of the demo organisation as a row."""
    slowest = ", ".join(f"{name} {seconds:.1f}" for name, seconds in run.slowest)
    return (f"{run.records:,}", f"{run.seconds:.1f}", f"{run.peak_mb:,.0f}", f"{run.f1:.3f}", f"{run.second_seconds:.1f}", slowest)


def show(console: Console, title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table."""
    table = Table(title=title)
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="left" if at == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def keep(measured: list[Measured], runs: list[OrganisationRun]) -> None:
    """Write RESULTS.md."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {date.today():%d %B %Y}"
    parts = [
        "# Results\n",
        f"Made by `make bench` on {machine}. The machine is shared: times are a rank, not a promise.\n",
        "## Labelled sets, matched without labels, cut at 0.5\n",
        markdown(SET_HEADINGS, [set_row(found) for found in measured]),
        "## The demo organisation, the whole way\n",
        markdown(RUN_HEADINGS, [run_row(run) for run in runs]),
    ]
    RESULTS.write_text("\n".join(parts))


def markdown(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [headings, ("---",) + ("---:",) * (len(headings) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
