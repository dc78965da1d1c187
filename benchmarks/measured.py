"""One engine on one set: run it, and hold what it found against the truth."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from benchmarks.cleaned import Labels
from benchmarks.crosscheck import agrees
from benchmarks.engines import Engine, MatchSet
from benchmarks.process import Ran, run
from benchmarks.thresholds import best_threshold
from matching.evaluate import Accuracy, accuracy

BINS = 10
BETWEEN = (0.05, 0.99)
"""Probabilities over which calibration is measured: pairs that are neither sure nor hopeless."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it."""

    set: str
    engine: str
    records: int
    accuracy: Accuracy
    """At the engine's usual threshold."""
    largest: int
    """Records of the largest cluster."""
    best: tuple[float, float] | None
    """The best F1 over thresholds chosen with the truth, and the threshold."""
    blocking_recall: float | None
    """Share of the true pairs that any key catches."""
    calibration_error: float | None
    """Mean distance of probability and truth, in bins of equal count; none where few pairs lie between."""
    agreed: bool | None
    """Whether recordlinkage's measures are ours; none where it is not asked."""
    ran: Ran

    @property
    def believed(self) -> tuple[float, float] | None:
        """Precision and recall as the engine itself believes them, without labels."""
        told = self.ran.report
        return (told["believed_precision"], told["believed_recall"]) if "believed_precision" in told else None

    @property
    def pairs(self) -> int | None:
        """Candidate pairs."""
        return self.ran.report.get("candidate_pairs")


def measure(engine: Engine, one: MatchSet, thresholds: bool = True) -> Measured:
    """Run an engine on a set in a process of its own; EngineFailed where it fails."""
    with tempfile.TemporaryDirectory(prefix="onefold-bench-") as folder:
        out = Path(folder)
        ran = run(engine.command(one, out), out)
        entity, found = one.cleaned.entities(), one.cleaned.clusters(out / "clusters.csv")
        score = accuracy(found, entity)
        scored = thresholds and engine.thresholds and (out / "pairs.parquet").exists()
        return Measured(
            set=one.name,
            engine=engine.name,
            records=len(entity),
            accuracy=score,
            largest=int(np.unique(found, return_counts=True)[1].max(initial=0)),
            best=best_threshold(one.cleaned, entity, out) if scored else None,
            blocking_recall=blocking_recall(out / "candidates.parquet", entity, score.true_pairs),
            calibration_error=calibration_of(out / "pairs.parquet", entity),
            agreed=agrees(score, found, entity),
            ran=ran,
        )


def blocking_recall(path: Path, entity: Labels, true_pairs: int) -> float | None:
    """Share of the true pairs among the candidate pairs of a file; none without the file."""
    if not path.exists():
        return None
    caught = 0
    for batch in pq.ParquetFile(path).iter_batches(1_000_000):
        left, right = (batch.column(name).to_numpy() for name in ("left_row", "right_row"))
        caught += int((entity[left] == entity[right]).sum())
    return caught / max(true_pairs, 1)


def calibration_of(path: Path, entity: Labels) -> float | None:
    """The calibration error of a file of scored pairs; none without the file."""
    if not path.exists():
        return None
    table = pq.read_table(path)
    left, right = (table.column(name).to_numpy() for name in ("left_row", "right_row"))
    return calibration_error(table.column("match_probability").to_numpy(), entity[left] == entity[right])


def calibration_error(probability: npt.NDArray[np.float64], true: npt.NDArray[np.bool_]) -> float | None:
    """Expected calibration error over the pairs that are neither sure nor hopeless, in bins of equal count; none where they are few."""
    between = np.flatnonzero((probability >= BETWEEN[0]) & (probability <= BETWEEN[1]))
    if len(between) < 10 * BINS:
        return None
    parts = np.array_split(between[np.argsort(probability[between], kind="stable")], BINS)
    return float(sum(len(part) * abs(probability[part].mean() - true[part].mean()) for part in parts) / len(between))
