"""Onefold without being told anything: `onefold dedupe` on the raw rows of a set.

A set's rows are given as one CSV file a source, named after it, with the columns as they come and `record_id` for the key;
nothing says what a column means, nor which sources are free of duplicates.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.cleaned import Cleaned
from benchmarks.labelled import read

ONEFOLD = "from pipelines.cli import main; main()"
"""The `onefold` command, of the code that is measured."""
TOLD = ("source", "cluster_id", "entity_id")
"""Columns that are not given: the file's name tells the source."""


@cache
def can_dedupe() -> bool:
    """Whether this Onefold has `onefold dedupe`."""
    return find_spec("pipelines.steps.dedupe") is not None


def zero_command(raw: Path, out: Path) -> list[str]:
    """The command that matches every CSV file in `raw` with every other, and writes `clusters.csv` into `out`."""
    files = sorted(map(str, raw.glob("*.csv")))
    return [sys.executable, "-c", ONEFOLD, "dedupe", *files, "--out", str(out / "clusters.csv")]


def keep_raw_labelled(name: str, folder: Path) -> Path:
    """The rows of a labelled set as they come."""
    return keep_raw(read(name, "records"), folder)


def keep_raw_cleaned(cleaned: Cleaned, folder: Path) -> Path:
    """The columns of a cleaned set without their meaning; several values of a cell as one text."""
    table = pq.read_table(cleaned.records)
    for at, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            table = table.set_column(at, field.name, pc.binary_join(table.column(field.name), "; "))
    return keep_raw(table.to_pandas(), folder)


def keep_raw(rows: pd.DataFrame, folder: Path) -> Path:
    """Rows as one CSV file a source."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, own in rows.groupby("source"):
        own.drop(columns=[column for column in TOLD if column in own]).dropna(axis=1, how="all").to_csv(
            folder / f"{source}.csv", index=False
        )
    return folder
