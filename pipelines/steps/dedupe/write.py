"""Write: clusters and scored pairs as files that appear when they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from domain.errors import OnefoldError
from matching.cluster import Clusters
from matching.match import Scored
from matching.records import Longs, Records
from matching.score import MICRO
from pipelines.steps.dedupe.prepare import Prepared
from pipelines.steps.export import writer
from pipelines.steps.formats import Format

LEAST = 0.01
"""Match probability from which a pair is written; below are strangers, by the million."""
PART = 500_000
"""Rows written at a time."""


def format_of(path: Path, option: str) -> Format:
    """The format that a file's ending says; an OnefoldError where it says none."""
    ending = path.suffix.removeprefix(".").lower()
    if ending not in (Format.CSV, Format.PARQUET):
        raise OnefoldError(f"{option}: '{path}' must end in .csv or .parquet.")
    return Format(ending)


def cluster_numbers(clusters: Clusters) -> Longs:
    """A number for each record's cluster, from 1, in the order of the clusters' first records."""
    return np.unique(clusters.label, return_inverse=True)[1].astype(np.int64) + 1


def cluster_table(prepared: Prepared, clusters: Clusters) -> pa.Table:
    """`source`, `record_id`, `cluster_id` and `match_probability` of every record, in the order of the inputs."""
    place = np.argsort(prepared.records.ids)
    added = {"cluster_id": cluster_numbers(clusters)[place], "match_probability": clusters.linkage[place]}
    table = prepared.names
    for name, values in added.items():
        table = table.append_column(name, pa.array(values))
    return table


def pair_table(records: Records, scored: Scored) -> pa.Table:
    """The candidate pairs from `LEAST` on, the left record being the first by source and key."""
    kept = np.flatnonzero(scored.probability >= LEAST)
    columns: dict[str, pa.Array] = {}
    for side, position in (("left", scored.pairs.left[kept]), ("right", scored.pairs.right[kept])):
        columns[f"{side}_source"] = pa.array(records.sources, pa.string()).take(pa.array(records.source[position]))
        columns[f"{side}_record_id"] = records.keys.take(pa.array(position))
    columns["match_probability"] = pa.array(scored.probability[kept])
    columns["related_probability"] = pa.array(scored.related[kept])
    columns["match_weight"] = pa.array(scored.weight[kept] / MICRO)
    return pa.table(columns)


def write(table: pa.Table, file: BinaryIO, format: Format) -> None:
    """Write a table to a file, part by part."""
    with writer(format, file, safe=False) as add:
        for start in range(0, max(len(table), 1), PART):
            add(table.slice(start, PART))
