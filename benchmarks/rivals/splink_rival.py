"""Splink on a cleaned set: train, predict, cluster. Runs in the rivals' own environment.

  python splink_rival.py FOLDER OUT    FOLDER has records.parquet and spec.json; OUT gets clusters.csv, pairs.parquet, report.json
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import splink
import splink_settings as by_hand
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLD = 0.95
"""The usual threshold of its guides."""
KEPT = 0.01
"""Pairs of at least this probability are kept, to find the best threshold with the truth afterwards."""
RANDOM_PAIRS = 1e6
"""Random pairs from which u is estimated: its default."""
RECALL = 0.7
"""Assumed share of the true pairs that the deterministic rules find, as in its guides."""
TRAINING_PAIRS = 1e6
"""Training blocks with more pairs are sampled."""
OVERLAP = 3
"""Rules find the same pairs again and again: so many are counted for each that is new."""
EVERY_PAIR = 1e6
"""So few pairs are all scored."""


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str):  # type: ignore[no-untyped-def]  # noqa: ANN204
        began = time.perf_counter()
        yield
        self.seconds[stage] = time.perf_counter() - began


def main() -> None:
    """Run on one folder."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    spec = json.loads((folder / "spec.json").read_text())
    watch, began = Stopwatch(), time.perf_counter()
    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect()
    columns = read(connection, folder / "records.parquet", spec)
    with watch("choosing rules"):
        counted = Counted(connection, spec["unique"])
        rules = counted.within_budget(by_hand.blocking_rules(columns))
        training = counted.trainable(by_hand.training_rules(columns))
    linker = linker_of(connection, columns, spec["unique"], rules)
    with watch("train"):
        train(linker, columns, training)
    with watch("predict"):
        pairs = linker.inference.predict(threshold_match_probability=KEPT)
    with watch("cluster"):
        clusters = cluster(linker, connection, pairs, spec["unique"])
    clusters.as_duckdbpyrelation().select("source, record_id, cluster_id").write_csv(str(out / "clusters.csv"))
    report = {
        "versions": {"splink": splink.__version__, "duckdb": duckdb.__version__},
        "threshold": THRESHOLD,
        "seconds": watch.seconds,
        "wall": time.perf_counter() - began,
        "cpu": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "candidate_pairs": counted.scored(rules),
        "blocking": [" and ".join(rule) or "every pair" for rule in rules],
        "training": [" and ".join(rule) for rule in training],
    }
    keep_pairs(connection, pairs, spec["unique"], out / "pairs.parquet")
    (out / "report.json").write_text(json.dumps(report, indent=1))


def read(connection: duckdb.DuckDBPyConnection, path: Path, spec: dict[str, Any]) -> list[by_hand.Column]:
    """Load the records as `cleaned`; the columns that can be compared."""
    many = ", ".join(f'"{column["name"]}"[1] as "{column["name"]}"' for column in spec["attributes"] if column["many"])
    chosen = f"* replace ({many})" if many else "*"
    rows = f"select row_number() over () as unique_id, source as source_dataset, {chosen} from '{path}'"
    connection.execute(f"create table cleaned as {rows}")
    chosen = [column for column in spec["attributes"] if column["type"] not in by_hand.LEFT_OUT]
    return [column for column in chosen if connection.sql(f'select count("{column["name"]}") from cleaned').fetchone()[0]]


class Counted:
    """Counts the pairs of rules, as its guides advise before any is used."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, unique: bool) -> None:
        self.connection = connection
        self.budget = float(sys.argv[3]) if len(sys.argv) > 3 else 20
        self.unique = unique
        self.records = self.one("select count(*) from cleaned")
        inner = "select sum(n * (n - 1) / 2) from (select count(*) n from cleaned group by source)"
        self.every = self.records * (self.records - 1) / 2 - (self.one(inner) if unique else 0)

    def one(self, query: str) -> float:
        """A figure."""
        return float(self.connection.sql(query).fetchone()[0] or 0)

    def pairs(self, rule: by_hand.Rule) -> float:
        """Pairs that a rule makes."""
        keys, known = ", ".join(rule), " and ".join(f"{part} is not null" for part in rule)
        whole = f"select sum(n * (n - 1) / 2) from (select count(*) n from cleaned where {known} group by {keys})"
        inner = f"select sum(n * (n - 1) / 2) from (select count(*) n from cleaned where {known} group by {keys}, source)"
        return self.one(whole) - (self.one(inner) if self.unique else 0)

    def within_budget(self, rules: Sequence[by_hand.Rule]) -> list[by_hand.Rule]:
        """The rules whose pairs, in order, come to no more than Onefold's budget: 20 a record, and at least two million."""
        if self.every <= EVERY_PAIR:
            return [()]
        left, taken = OVERLAP * max(2e6, self.budget * self.records), []
        for rule in dict.fromkeys(rules):
            made = self.pairs(rule)
            if 0 < made <= left:
                taken.append(rule)
                left -= made
        return taken

    def trainable(self, rules: Sequence[by_hand.Rule]) -> list[by_hand.Rule]:
        """The first three rules with enough pairs to learn from."""
        return [rule for rule in dict.fromkeys(rules) if self.pairs(rule) >= 30][:3]

    def scored(self, rules: Sequence[by_hand.Rule]) -> int:
        """Different pairs that all rules together make."""
        if rules == [()]:
            return int(self.every)
        sides = "l.source <> r.source and l.unique_id <> r.unique_id" if self.unique else "true"
        joins = [
            f"select l.unique_id a, r.unique_id b from cleaned l join cleaned r on {equal(rule)} and l.unique_id < r.unique_id and {sides}"
            for rule in rules
        ]
        return int(self.one(f"select count(*) from ({' union '.join(joins)})"))


def equal(rule: by_hand.Rule) -> str:
    """The SQL of a rule."""
    import sqlglot

    return " and ".join(f"{qualified(sqlglot, part, 'l')} = {qualified(sqlglot, part, 'r')}" for part in rule)


def qualified(sqlglot: Any, part: str, side: str) -> str:
    """An expression on the columns of one side."""
    tree = sqlglot.parse_one(part, dialect="duckdb")
    for column in list(tree.find_all(sqlglot.exp.Column)):
        column.set("table", sqlglot.exp.to_identifier(side))
    return str(tree.sql(dialect="duckdb"))


def linker_of(connection: duckdb.DuckDBPyConnection, columns: Sequence[by_hand.Column], unique: bool, rules: Sequence[by_hand.Rule]) -> Linker:
    """Splink's linker: tables that hold nobody twice are linked, one table is deduplicated."""
    blocking: list[Any] = [block_on(*rule) if rule else {"blocking_rule": "1=1"} for rule in rules]
    settings = SettingsCreator(
        link_type="link_only" if unique else "dedupe_only",
        comparisons=[by_hand.comparison(column) for column in columns],
        blocking_rules_to_generate_predictions=blocking,
        retain_matching_columns=False,
        additional_columns_to_retain=["source", "record_id"],
    )
    api = DuckDBAPI(connection)
    if not unique:
        connection.execute("alter table cleaned drop source_dataset")
        return Linker(api.register("cleaned"), settings, log_level=logging.ERROR)
    names = [name for (name,) in connection.sql("select distinct source from cleaned order by 1").fetchall()]
    for at, name in enumerate(names):
        connection.execute(f"create table cleaned_{at} as select * from cleaned where source = ?", [name])
    tables = [api.register(f"cleaned_{at}", dataset_display_name=name) for at, name in enumerate(names)]
    return Linker(tables, settings, log_level=logging.ERROR)


def train(linker: Linker, columns: Sequence[by_hand.Column], rules: Sequence[by_hand.Rule]) -> None:
    """As its guides do: how many pairs there are, u from random pairs, m by expectation maximisation."""
    sure = [block_on(*rule) for rule in by_hand.deterministic_rules(columns)]
    linker.training.estimate_probability_two_random_records_match(sure, recall=RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS)
    for rule in rules:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule), max_pairs=TRAINING_PAIRS)


def cluster(linker: Linker, connection: duckdb.DuckDBPyConnection, pairs: Any, unique: bool) -> Any:
    """Connected components; where sources hold nobody twice, its clustering that knows that."""
    if not unique:
        return linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=THRESHOLD)
    names = [name for (name,) in connection.sql("select distinct source from cleaned order by 1").fetchall()]
    return linker.clustering.cluster_using_single_best_links(pairs, names, threshold_match_probability=THRESHOLD)


def keep_pairs(connection: duckdb.DuckDBPyConnection, pairs: Any, unique: bool, path: Path) -> None:
    """The scored pairs as positions in the file of records, from 0."""
    query = f"select unique_id_l - 1 as left_row, unique_id_r - 1 as right_row, match_probability from {pairs.physical_name}"
    connection.execute(f"copy ({query}) to '{path}' (format parquet)")


if __name__ == "__main__":
    main()
