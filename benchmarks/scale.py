"""Scale: one file of cleaned columns to clusters, the whole process, at growing sizes, beside Splink with comparable blocking."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.engines import Engine, MatchSet
from benchmarks.measured import Measured, measure
from benchmarks.population import make_population
from benchmarks.process import EngineFailed
from benchmarks.tables import Report, figure

CHEAP, REPEATS = 100_000, 3
"""Up to so many records, each engine runs so many times and the median counts."""
HEADINGS = (
    *("records", "engine", "precision", "recall", "F1", "best F1 (at)", "largest cluster", "blocking recall", "candidate pairs"),
    *("s", "times Onefold", "CPU s", "times Onefold", "peak MB", "stages, s"),
)
NOTE = (
    "The demo population, seed 1, as one Parquet file of cleaned columns; every engine in a process of its own, from its start to the "
    "written clusters, with as many candidate pairs as its own budget of about twenty a record gives. Medians of three runs up to "
    "100,000 records. On a machine with other work, processor seconds tell more than seconds."
)


def measure_scale(records: int, engines: Sequence[Engine]) -> list[list[Measured]]:
    """The runs of each engine at one size, the engines taking turns; one that fails says so on stderr and is left out."""
    with tempfile.TemporaryDirectory(prefix="onefold-bench-") as folder:
        one = MatchSet(f"{records:,}", make_population(Path(folder), records))
        runs: dict[str, list[Measured]] = {}
        for turn in range(REPEATS if records <= CHEAP else 1):
            for engine in engines:
                try:
                    runs.setdefault(engine.name, []).append(measure(engine, one, thresholds=turn == 0))
                except EngineFailed as error:
                    print(f"{engine.name} failed at {records:,} records: {error}", file=sys.stderr)
    return [found for found in runs.values() if found]


def scale_report(sizes: Sequence[Sequence[Sequence[Measured]]]) -> Report:
    """One row for each engine at each size; the ratios are to the first engine."""
    rows = [row(runs, size[0]) for size in sizes for runs in size]
    return Report("Scale", HEADINGS, rows, NOTE, words=2)


def row(runs: Sequence[Measured], first: Sequence[Measured]) -> tuple[str, ...]:
    """One engine at one size."""
    one, score = runs[0], runs[0].accuracy
    seconds, cpu = took(runs, "seconds"), took(runs, "cpu")
    return (
        f"{one.records:,}",
        one.engine,
        *(figure(value) for value in (score.precision, score.recall, score.f1)),
        "–" if one.best is None else f"{one.best[0]:.3f} ({one.best[1]:g})",
        figure(one.largest, 0),
        figure(one.blocking_recall),
        figure(one.pairs, 0),
        figure(seconds, 1),
        figure(seconds / took(first, "seconds"), 2),
        figure(cpu, 1),
        figure(cpu / took(first, "cpu"), 2),
        figure(took(runs, "peak_mb"), 0),
        ", ".join(f"{stage} {spent:.1f}" for stage, spent in one.ran.report.get("stages", {}).items()),
    )


def took(runs: Sequence[Measured], what: str) -> float:
    """The median of `seconds`, `cpu` or `peak_mb` over runs."""
    return float(median(getattr(one.ran, what) for one in runs))
