"""Tables of the kinds that people bring are understood without a map, and their records found."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import pytest

from pipelines.steps.dedupe import Asked, DedupeReport, dedupe
from tests.pipelines.steps.dedupe.made_sets import MADE

LEAST = {"firms": 0.88, "placed_firms": 0.93}
"""F1 that is reached at least; 0.98 where nothing is said. A list of firms' names alone has twins that nothing tells apart."""
MEANINGS = Path(__file__).parents[3] / "cases" / "column_meanings.csv"


def matched(kind: str, folder: Path) -> tuple[DedupeReport, float]:
    """What the command says of a made set, and its F1."""
    rng = random.Random(7)
    made = MADE[kind](rng)
    out = folder / "clusters.csv"
    report = dedupe(Asked(tuple(made.write(folder, rng)), out))
    with out.open(encoding="utf-8") as file:
        rows = [(row["cluster_id"], made.entity[row["source"], row["record_id"]]) for row in csv.DictReader(file)]
    assert len(rows) == len(made.entity)
    right, found, true = (pairs(Counter(part)) for part in (rows, [row[0] for row in rows], [row[1] for row in rows]))
    return report, 2 * right / (found + true)


def pairs(counts: Counter[object]) -> float:
    """Pairs within groups."""
    return sum(count * (count - 1) / 2 for count in counts.values())


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_of_table_is_matched_without_a_map(kind, tmp_path):
    """Every column means what the table of meanings says, and the records of one entity come together."""
    report, f1 = matched(kind, tmp_path)
    found = {one.column: one.attribute or "" for one in report.findings}
    with MEANINGS.open(encoding="utf-8", newline="") as file:
        meant = {row["column"]: row["attribute"] for row in csv.DictReader(file) if row["set"] == kind}
    assert found == meant
    assert f1 >= LEAST.get(kind, 0.98)
