"""Onefold on a cleaned set: from one Parquet file to clusters, the whole process.

  python -m benchmarks.ours FOLDER OUT    FOLDER has records.parquet and spec.json; OUT gets clusters.csv, pairs.parquet, report.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.cleaned import Cleaned
from domain.settings import MatchSettings
from matching.assemble import assemble
from matching.chance import Population
from matching.cluster import Clusters, Constraints
from matching.forms import forms_of
from matching.match import Scored, find_clusters, score_pairs
from matching.records import Records
from matching.standardise import SEPARATOR
from matching.train import train

KEPT = 0.01
"""Pairs of at least this probability are kept, to measure calibration with the truth afterwards."""


def main() -> None:
    """Run on one folder."""
    began = time.perf_counter()
    cleaned, out = Cleaned(Path(sys.argv[1])), Path(sys.argv[2])
    seconds: dict[str, float] = {}

    def lap(stage: str) -> None:
        seconds[stage] = time.perf_counter() - began - sum(seconds.values())

    records = read(cleaned)
    lap("read")
    forms = forms_of(records)
    population = Population(records.source, np.full(len(records.sources), cleaned.unique))
    lap("forms")
    model, pairs, patterns = train(forms, population)
    lap("train")
    scored = score_pairs(pairs, patterns, model)
    lap("score")
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    lap("cluster")
    write_clusters(records, clusters, out / "clusters.csv")
    lap("write")
    report = {
        "threshold": MatchSettings().join,
        "seconds": seconds,
        "wall": time.perf_counter() - began,
        "cpu": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "candidate_pairs": len(pairs),
        "blocking": [asdict(key) for key in pairs.keys],
    } 
    keep_pairs(records, scored, out / "pairs.parquet")
    (out / "report.json").write_text(json.dumps(report, indent=1))


def read(cleaned: Cleaned) -> Records:
    """The records as matching takes them."""
    table = pq.read_table(cleaned.records)
    attributes = cleaned.attributes()
    columns = {"source": table.column("source"), "key": table.column("record_id")}
    columns |= {a.name: pc.binary_join(table.column(a.name), SEPARATOR) if a.many else table.column(a.name) for a in attributes}
    columns |= {"record_id": pa.array(np.arange(len(table))), "modified": pa.nulls(len(table), pa.int64())}
    return assemble(pa.table(columns), attributes)


def write_clusters(records: Records, clusters: Clusters, path: Path) -> None:
    """`source`, `record_id`, `cluster_id`."""
    source = pa.array(records.sources).take(pa.array(records.source))
    pacsv.write_csv(pa.table({"source": source, "record_id": records.keys, "cluster_id": clusters.label}), path)


def keep_pairs(records: Records, scored: Scored, path: Path) -> None:
    """The scored pairs as positions in the file of records, from 0."""
    kept = scored.probability >= KEPT
    left, right = records.ids[scored.pairs.left[kept]], records.ids[scored.pairs.right[kept]]
    pq.write_table(pa.table({"left_row": left, "right_row": right, "match_probability": scored.probability[kept]}), path)


if __name__ == "__main__":
    main()
