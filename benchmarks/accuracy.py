"""Accuracy: every engine on every set, at its usual threshold, without labels."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.engines import Engine, MatchSet
from benchmarks.labelled import available, keep_labelled, maps
from benchmarks.measured import Measured, measure
from benchmarks.population import make_population
from benchmarks.process import EngineFailed
from benchmarks.tables import Report, figure
from benchmarks.zero import can_dedupe, keep_raw_cleaned, keep_raw_labelled

POPULATIONS = {"demo_1": (10_000, 1), "demo_2": (10_000, 2)}
"""Records and seed of the demo populations that are measured as labelled sets."""
HEADINGS = (
    *("set", "engine", "records", "precision", "recall", "F1", "best F1 (at)", "B-cubed F1", "blocking recall"),
    *("calibration error", "believed P / R", "candidate pairs", "s", "CPU s", "peak MB"),
)
NOTE = (
    "Without labels, the same defaults for all; Onefold cut at 0.5, Splink at 0.95, its usual threshold. `best F1 (at)`: the threshold is "
    "chosen with the truth. `believed P / R`: what the engine itself holds its precision and recall to be. Seconds and memory: the whole "
    "process, from the file of cleaned columns (without a map: from the raw rows) to the written clusters."
)


def set_names() -> list[str]:
    """Every set that can be measured here."""
    return [*(name for name in maps() if available(name)), *POPULATIONS]


@contextmanager
def prepared(name: str) -> Iterator[MatchSet]:
    """A set in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="onefold-bench-") as temporary:
        folder = Path(temporary)
        if name in POPULATIONS:
            cleaned = make_population(folder, *POPULATIONS[name])
            raw = keep_raw_cleaned(cleaned, folder / "raw") if can_dedupe() else None
        else:
            cleaned = keep_labelled(name, folder / "cleaned")
            raw = keep_raw_labelled(name, folder / "raw") if can_dedupe() else None
        yield MatchSet(name, cleaned, raw)


def measure_set(name: str, engines: Sequence[Engine]) -> list[Measured]:
    """Every engine that takes a set, on it; one that fails says so on stderr and is left out."""
    found = []
    with prepared(name) as one:
        for engine in engines:
            if not engine.takes(one):
                continue
            try:
                found.append(measure(engine, one))
            except EngineFailed as error:
                print(f"{engine.name} failed on {name}: {error}", file=sys.stderr)
    return found


def accuracy_report(measured: Sequence[Measured]) -> Report:
    """One row for each engine on each set."""
    disagreed = [one.set for one in measured if one.agreed is False]
    note = NOTE + (f" recordlinkage counts otherwise on: {', '.join(disagreed)}." if disagreed else CHECKED)
    return Report("Accuracy", HEADINGS, [row(one) for one in measured], note, words=2)


CHECKED = " Precision, recall and F1 are counted by recordlinkage as well and agree."


def row(one: Measured) -> tuple[str, ...]:
    """One engine on one set."""
    score = one.accuracy
    return (
        one.set,
        one.engine,
        f"{one.records:,}",
        *(figure(value) for value in (score.precision, score.recall, score.f1)),
        "–" if one.best is None else f"{one.best[0]:.3f} ({one.best[1]:g})",
        figure(score.b_cubed_f1),
        figure(one.blocking_recall),
        figure(one.calibration_error),
        "–" if one.believed is None else f"{one.believed[0]:.3f} / {one.believed[1]:.3f}",
        figure(one.pairs, 0),
        figure(one.ran.seconds, 1),
        figure(one.ran.cpu, 1),
        figure(one.ran.peak_mb, 0),
    )
