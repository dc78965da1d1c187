"""Splink on a cleaned set: train, block, predict, cluster. Runs in the rivals' own environment.

python splink_rival.py FOLDER OUT    FOLDER has records.parquet and spec.json; OUT gets clusters.csv, pairs.parquet, report.json
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import splink_settings as by_hand
from rules import Rule, RuleCounter
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from watch import Stopwatch

THRESHOLD = 0.95
"""The usual threshold of its guides."""
GRID = ("0.05", "0.1", "0.2", "0.3", "0.5", "0.7", "0.8", "0.9", "0.95", "0.99", "0.999", "0.9999", "0.99999", "0.999999")
"""Thresholds at which it clusters again, for the best one to be chosen with the truth."""
KEPT = 0.01
"""Pairs of at least this probability are kept."""
RANDOM_PAIRS = 1e6
"""Random pairs from which u is estimated: its default. Ten times as many took ten times as long and changed no figure by 0.002."""
RECALL = 0.7
"""Assumed share of the true pairs that the deterministic rules find, as in its guides."""
TRAINING_BLOCKS, TRAINING_PAIRS = 3, 1e6
"""Blocks for expectation maximisation, and the pairs above which a block is sampled."""
CANDIDATES_UP_TO = 2_000_000
"""Records up to which the candidate pairs are kept too."""


def main() -> None:
    """Run on one folder."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    spec = json.loads((folder / "spec.json").read_text())
    watch = Stopwatch()
    connection = duckdb.connect(config={"temp_directory": str(out / "spill")})
    columns = read(connection, folder / "records.parquet", spec)
    watch.lap("read")
    counter = RuleCounter(connection, spec["unique"])
    rules = counter.within_budget(by_hand.blocking_rules(columns))
    sure = next((rules for rules in by_hand.deterministic_rules(columns) if any(map(counter.pairs, rules))), [])
    training = counter.trainable(by_hand.training_rules(columns), TRAINING_BLOCKS)
    watch.lap("choose rules")
    linker, sources = linker_of(connection, columns, spec["unique"], rules)
    failed = train(linker, sure, training)
    watch.lap("train")
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    watch.lap("block")
    pairs = linker.inference.predict(threshold_match_probability=KEPT)
    watch.lap("predict")
    cluster(linker, pairs, sources, THRESHOLD, out / "clusters.csv")
    watch.lap("cluster")
    report = {"threshold": THRESHOLD, "stages": watch.stages, "process": watch.process()}
    report |= {"candidate_pairs": len(blocked.as_duckdbpyrelation())}
    report |= {"blocking": [" and ".join(rule) or "every pair" for rule in rules], "training": [" and ".join(rule) for rule in training]}
    report |= {"training_failed": failed}
    keep_pairs(connection, pairs, blocked, counter.records, out)
    if sources:
        (out / "grid").mkdir()
        for threshold in GRID:
            cluster(linker, pairs, sources, float(threshold), out / "grid" / f"{threshold}.csv")
    (out / "report.json").write_text(json.dumps(report, indent=1))


def read(connection: duckdb.DuckDBPyConnection, path: Path, spec: dict[str, Any]) -> list[by_hand.Column]:
    """Load the records as `cleaned`, the first of several values standing for all; the columns that can be compared."""
    many = ", ".join(f'"{column["name"]}"[1] as "{column["name"]}"' for column in spec["attributes"] if column["many"])
    rows = f"row_number() over () as unique_id, source as source_dataset, {f'* replace ({many})' if many else '*'}"
    words = "".join(f", {longest_word(c['name'])}" for c in spec["attributes"] if c["type"] in by_hand.WORDED)
    connection.execute(f"create table cleaned as select *{words} from (select {rows} from '{path}')")
    chosen = [column for column in spec["attributes"] if column["type"] not in by_hand.LEFT_OUT]
    counts = ", ".join(f'count(distinct "{column["name"]}")' for column in chosen)
    distinct = connection.sql(f"select {counts} from cleaned").fetchone() or ()
    return [column for column, values in zip(chosen, distinct, strict=True) if values > 1]


def longest_word(name: str) -> str:
    """A column with the longest word of another, to block on."""
    words = f"list_transform(string_split(lower(\"{name}\"), ' '), lambda word: {{'size': len(word), 'word': word}})"
    return f'list_max({words}).word as "{name}_longest"'


def linker_of(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[by_hand.Column], unique: bool, rules: Sequence[Rule]
) -> tuple[Linker, list[str]]:
    """Splink's linker, and the sources that hold nobody twice: those are linked, anything else is deduplicated as one table."""
    settings = SettingsCreator(
        link_type="link_only" if unique else "dedupe_only",
        comparisons=[by_hand.comparison(column) for column in columns],
        blocking_rules_to_generate_predictions=[block_on(*rule) if rule else {"blocking_rule": "1=1"} for rule in rules],
        retain_matching_columns=False,
        additional_columns_to_retain=["source", "record_id"],
    )
    api = DuckDBAPI(connection)
    if not unique:
        connection.execute("alter table cleaned drop source_dataset")
        return Linker(api.register("cleaned"), settings, log_level=logging.ERROR), []
    names = [row[0] for row in connection.sql("select distinct source from cleaned order by 1").fetchall()]
    for at, name in enumerate(names):
        connection.execute(f"create table cleaned_{at} as select * from cleaned where source = ?", [name])
    tables = [api.register(f"cleaned_{at}", dataset_display_name=name) for at, name in enumerate(names)]
    return Linker(tables, settings, log_level=logging.ERROR), names


def train(linker: Linker, sure: Sequence[Rule], rules: Sequence[Rule]) -> list[str]:
    """As its guides do: how many pairs there are to find, u from random pairs, m by expectation maximisation.

    On few records a block can drive a probability below what it can hold: such a block teaches nothing, and is returned.
    """
    if sure:
        linker.training.estimate_probability_two_random_records_match([block_on(*rule) for rule in sure], recall=RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS)
    failed, model = [], linker._settings_obj
    for rule in rules:
        prior = model._probability_two_random_records_match
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule), max_pairs=TRAINING_PAIRS)
        except ValueError:
            failed.append(" and ".join(rule))
            model._probability_two_random_records_match = prior  # A session that ends so leaves its own behind.
    return failed


def cluster(linker: Linker, pairs: Any, sources: Sequence[str], threshold: float, path: Path) -> None:
    """Connected components; where the sources hold nobody twice, its clustering that knows that."""
    if sources:
        found = linker.clustering.cluster_using_single_best_links(pairs, list(sources), threshold_match_probability=threshold)
    else:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=threshold)
    found.as_duckdbpyrelation().select("source, record_id, cluster_id").write_csv(str(path))


def keep_pairs(connection: duckdb.DuckDBPyConnection, pairs: Any, blocked: Any, records: int, out: Path) -> None:
    """What only the benchmark needs: scored and candidate pairs, as positions in the file of records, from 0."""
    scored = f"select unique_id_l - 1 as left_row, unique_id_r - 1 as right_row, match_probability from {pairs.physical_name}"
    connection.execute(f"copy ({scored}) to '{out / 'pairs.parquet'}' (format parquet)")
    if records <= CANDIDATES_UP_TO:
        row = "split_part(join_key_{}::varchar, '-__-', -1)::bigint - 1"
        made = f"select {row.format('l')} as left_row, {row.format('r')} as right_row from {blocked.physical_name}"
        connection.execute(f"copy ({made}) to '{out / 'candidates.parquet'}' (format parquet)")


if __name__ == "__main__":
    main()
