"""Onefold on a cleaned set: from one Parquet file to clusters, the whole process.

python -m benchmarks.ours FOLDER OUT    FOLDER has records.parquet and spec.json; OUT gets clusters.csv, pairs.parquet, report.json
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from benchmarks.cleaned import Cleaned
from benchmarks.rivals.watch import Stopwatch
from domain.settings import MatchSettings
from matching.assemble import assemble
from matching.block import Pairs, candidate_pairs, pair_budget
from matching.chance import Population
from matching.cluster import Clusters, Constraints
from matching.estimate import Believed, believe
from matching.forms import forms_of
from matching.labels import record_tickets
from matching.match import Scored, find_clusters, score_pairs
from matching.records import Records
from matching.standardise import SEPARATOR
from matching.train import train

KEPT = 0.01
"""Pairs of at least this probability are kept, to measure calibration with the truth afterwards."""
CANDIDATES_UP_TO = 2_000_000
"""Records up to which the candidate pairs are kept too, to measure what blocking missed."""


def main() -> None:
    """Run on one folder."""
    cleaned, out = Cleaned(Path(sys.argv[1])), Path(sys.argv[2])
    watch = Stopwatch()
    records = read(cleaned)
    watch.lap("read")
    forms = forms_of(records)
    population = Population(records.source, np.full(len(records.sources), cleaned.unique), records.sources)
    watch.lap("forms")
    model, pairs, patterns = train(forms, population)
    watch.lap("train")
    scored = score_pairs(pairs, patterns, model, population)
    watch.lap("score")
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    watch.lap("cluster")
    believed = believe(forms, model, scored, clusters, Constraints.none(), record_tickets(records))
    watch.lap("estimate")
    write_clusters(records, clusters, out / "clusters.csv")
    watch.lap("write")
    figures = {"threshold": MatchSettings().join, "candidate_pairs": pairs.candidates, **told(believed)}
    report = figures | {"stages": watch.stages, "process": watch.process(), "blocking": [asdict(key) for key in pairs.keys]}
    keep_pairs(records, scored, out)
    if len(records) <= CANDIDATES_UP_TO:
        keep_candidates(records, candidate_pairs(model.weighed(forms), population, model.plan, pair_budget(len(records))), out)
    (out / "report.json").write_text(json.dumps(report, indent=1))


def read(cleaned: Cleaned) -> Records:
    """The records as matching takes them."""
    table = pq.read_table(cleaned.records)
    attributes = cleaned.attributes()
    columns = {"source": table.column("source"), "key": table.column("record_id")}
    columns |= {a.name: pc.binary_join(table.column(a.name), SEPARATOR) if a.many else table.column(a.name) for a in attributes}
    columns |= {"record_id": pa.array(np.arange(len(table))), "modified": pa.nulls(len(table), pa.int64())}
    return assemble(pa.table(columns), attributes)


def told(believed: Believed | None) -> dict[str, Any]:
    """Precision and recall as the match believes them, without any label, and their intervals; as a run's report tells them."""
    if believed is None:
        return {}
    return {"believed_precision": believed.precision.estimate, "believed_recall": believed.recall.estimate, "believed": asdict(believed)}


def write_clusters(records: Records, clusters: Clusters, path: Path) -> None:
    """`source`, `record_id`, `cluster_id`."""
    source = pa.array(records.sources).take(pa.array(records.source))
    pacsv.write_csv(pa.table({"source": source, "record_id": records.keys, "cluster_id": clusters.label}), path)


def keep_pairs(records: Records, scored: Scored, out: Path) -> None:
    """What only the benchmark needs: scored pairs, as positions in the file of records, from 0."""
    kept = scored.probability >= KEPT
    table = positions(records, scored.pairs.left[kept], scored.pairs.right[kept])
    pq.write_table(table.append_column("match_probability", pa.array(scored.probability[kept])), out / "pairs.parquet")


def keep_candidates(records: Records, pairs: Pairs, out: Path) -> None:
    """The candidate pairs, hopeless ones among them."""
    pq.write_table(positions(records, pairs.left, pairs.right), out / "candidates.parquet")


def positions(records: Records, left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> pa.Table:
    """Pairs of records as positions in the file they were read from."""
    return pa.table({"left_row": records.ids[left], "right_row": records.ids[right]})


if __name__ == "__main__":
    main()
