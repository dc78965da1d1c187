"""The demo population as cleaned columns: what matching is given, without the warehouse in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from benchmarks.cleaned import Cleaned, write_cleaned
from connectors import open_source
from domain.sources import Source
from matching.standardise import standardise
from pipelines.demo import make_demo
from pipelines.project import Project, load_project
from pipelines.steps.rows import record_keys


def make_population(folder: Path, records: int, seed: int = 1) -> Cleaned:
    """Make a demo organisation of about `records` rows in `folder`, and keep its customers as cleaned columns beside it."""
    make_demo(folder / "demo", records, seed)
    project = load_project(folder / "demo")
    table = pa.concat_tables(table for source in project.sources for table in standard_tables(project, source))
    text = {name: pa.string() for name in ("source", "record_id", "entity_id")}
    truth = pacsv.read_csv(folder / "demo" / "truth.csv", convert_options=pacsv.ConvertOptions(column_types=text))
    table = table.filter(pa.array(once(table) & known(table, truth)))
    return write_cleaned(folder / "cleaned", table, list(project.attributes), truth)


def standard_tables(project: Project, source: Source) -> Iterator[pa.Table]:
    """The standard records of a source, batch by batch; rows without a key are left out, as a run refuses them."""
    connector = open_source(source, project.folder, os.environ)
    names = [a.name for a in project.attributes]
    for batch in connector.batches(source.columns):
        keys = record_keys(batch.rows, source.key)
        table = standardise(batch.rows, source, project.attributes).table().select(names)
        table = table.append_column("source", pa.array([source.name] * len(keys))).append_column("key", keys)
        yield table.filter(pc.is_valid(keys))


def once(table: pa.Table) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Rows whose record key occurs once: a run refuses the others, since nothing tells which row is right."""
    frame = table.select(["source", "key"]).to_pandas()
    return np.asarray(~frame.duplicated(keep=False))


def known(table: pa.Table, truth: pa.Table) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Rows of which the truth knows whose they are: the demo's rubbish (test entries, torn lines) is nobody's."""
    keys = pd.MultiIndex.from_frame(table.select(["source", "key"]).to_pandas())
    return np.asarray(keys.isin(pd.MultiIndex.from_frame(truth.select(["source", "record_id"]).to_pandas())))
