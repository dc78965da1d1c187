"""recordlinkage's expectation-conditional-maximisation classifier on a cleaned set. Runs in the rivals' own environment.

python recordlinkage_rival.py FOLDER OUT    FOLDER has records.parquet and spec.json; OUT gets clusters.csv, pairs.parquet, report.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import recordlinkage
import splink_settings as by_hand
from rules import Rule, RuleCounter
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from watch import Stopwatch

LIKE = 0.85
"""Similarity from which two texts agree; the classifier knows agreement and disagreement."""
EXACT = ("date_of_birth", "phone", "email", "postcode", "identifier", "national_id", "gender", "region", "category", "number")


def main() -> None:
    """Run on one folder."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    spec = json.loads((folder / "spec.json").read_text())
    watch = Stopwatch()
    rows = read(folder / "records.parquet", spec)
    columns = [c for c in spec["attributes"] if c["type"] not in by_hand.LEFT_OUT and rows[c["name"]].nunique() > 1]
    watch.lap("read")
    candidates = block(rows, columns, spec["unique"])
    watch.lap("block")
    levels = compared(columns).compute(candidates, rows)
    watch.lap("compare")
    classifier = recordlinkage.ECMClassifier(binarize=0.5)
    links = classifier.fit_predict(levels)
    probability = classifier.prob(levels)
    links = one_to_one(links, probability) if spec["unique"] else links
    watch.lap("classify")
    rows.assign(cluster_id=components(links, len(rows)))[["source", "record_id", "cluster_id"]].to_csv(out / "clusters.csv", index=False)
    watch.lap("cluster")
    report = {"threshold": 0.5, "candidate_pairs": len(candidates), "stages": watch.stages, "process": watch.process()}
    keep_pairs(candidates, np.asarray(probability), out)
    (out / "report.json").write_text(json.dumps(report, indent=1))


def read(path: Path, spec: dict[str, Any]) -> pd.DataFrame:
    """The records, the first of several values standing for all."""
    rows = pd.read_parquet(path)
    for column in spec["attributes"]:
        if column["many"]:
            rows[column["name"]] = rows[column["name"]].str[0]
    return rows


def block(rows: pd.DataFrame, columns: Sequence[by_hand.Column], unique: bool) -> pd.MultiIndex:
    """Every pair where they are few, else those of the rules on whole columns that Splink blocks by, within the same budget."""
    connection = duckdb.connect()
    connection.register("cleaned", rows)
    whole = [rule for rule in by_hand.blocking_rules(columns) if all(part in rows for part in rule)]
    found = pairs_of(rows, RuleCounter(connection, unique).within_budget(whole))
    if not unique:
        return found
    source = rows["source"].to_numpy()
    return found[source[found.get_level_values(0)] != source[found.get_level_values(1)]]


def pairs_of(rows: pd.DataFrame, rules: Sequence[Rule]) -> pd.MultiIndex:
    """Pairs of records by rules, each once; the empty rule makes every pair."""
    indexer = recordlinkage.Index()
    for rule in rules:
        indexer.block(list(rule)) if rule else indexer.full()
    return indexer.index(rows)


def compared(columns: Sequence[by_hand.Column]) -> recordlinkage.Compare:
    """How the columns are compared, by type."""
    compare = recordlinkage.Compare()
    for column in columns:
        name = column["name"]
        if column["type"] in EXACT:
            compare.exact(name, name, label=name)
        else:
            compare.string(name, name, method="jarowinkler", threshold=LIKE, label=name)
    return compare


def one_to_one(links: pd.MultiIndex, probability: pd.Series) -> pd.MultiIndex:
    """Where the sources hold nobody twice, each record's surest link that is still free."""
    return recordlinkage.OneToOneLinking().compute(probability.loc[links].sort_values(ascending=False, kind="stable").index)


def components(links: pd.MultiIndex, count: int) -> np.ndarray[Any, Any]:
    """Connected components as labels."""
    left, right = links.get_level_values(0), links.get_level_values(1)
    return np.asarray(connected_components(coo_matrix((np.ones(len(links)), (left, right)), shape=(count, count)), directed=False)[1])


def keep_pairs(candidates: pd.MultiIndex, probability: np.ndarray[Any, Any], out: Path) -> None:
    """What only the benchmark needs: scored and candidate pairs, as positions in the file of records, from 0."""
    table = pd.DataFrame({"left_row": candidates.get_level_values(0), "right_row": candidates.get_level_values(1)})
    table.to_parquet(out / "candidates.parquet", index=False)
    kept = probability >= 0.01
    table[kept].assign(match_probability=probability[kept]).to_parquet(out / "pairs.parquet", index=False)


if __name__ == "__main__":
    main()
