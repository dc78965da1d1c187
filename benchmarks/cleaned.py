"""Cleaned data on disk: one Parquet file of standardised columns, what the columns mean, and the truth beside it.

Every engine, ours and the rivals', is given the same `records.parquet` and `spec.json`, and no engine is given `truth.parquet`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from domain.attributes import Attribute, Role, Storage
from matching.standardise import SEPARATOR

KEY = ["source", "record_id"]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A folder that holds one set."""

    folder: Path

    @property
    def records(self) -> Path:
        """`source`, `record_id` and a column for each attribute; a `many` attribute is a list of texts."""
        return self.folder / "records.parquet"

    @property
    def spec(self) -> Path:
        """What the columns mean, and whether the sources are free of duplicates."""
        return self.folder / "spec.json"

    @property
    def truth(self) -> Path:
        """`source`, `record_id`, `entity_id`."""
        return self.folder / "truth.parquet"

    @property
    def unique(self) -> bool:
        """Whether each source is known to hold nobody twice."""
        return bool(json.loads(self.spec.read_text())["unique"])

    def __len__(self) -> int:
        return int(pq.read_metadata(self.records).num_rows)

    def attributes(self) -> list[Attribute]:
        """The attributes, in order."""
        told = json.loads(self.spec.read_text())["attributes"]
        return [Attribute(a["name"], a["type"], Role(a["role"]), Storage(a["storage"]), many=a["many"], region=a["region"]) for a in told]

    def keys(self) -> pd.MultiIndex:
        """Source and record id of each record, in the order of the file."""
        return pd.MultiIndex.from_frame(pq.read_table(self.records, columns=KEY).to_pandas())

    def entities(self) -> Labels:
        """Who each record is; one that the truth does not know is somebody of its own."""
        return labels(pq.read_table(self.truth).to_pandas(), "entity_id", self.keys())

    def clusters(self, path: Path) -> Labels:
        """The clusters of a CSV file as labels of the records; one that the file lacks is a cluster of its own."""
        return labels(pd.read_csv(path, dtype=str, keep_default_na=False, usecols=[*KEY, "cluster_id"]), "cluster_id", self.keys())


def labels(told: pd.DataFrame, column: str, keys: pd.MultiIndex) -> Labels:
    """A number for each record, equal where `column` is; the first row of a record counts, and one without any gets its own."""
    told = told.drop_duplicates(KEY)
    place = pd.MultiIndex.from_frame(told[KEY]).get_indexer(keys)
    codes = np.concatenate((pd.factorize(told[column])[0], [-1])).astype(np.int64)[place]
    codes[codes < 0] = len(told) + np.arange(int((codes < 0).sum()))
    return codes


def write_cleaned(folder: Path, table: pa.Table, attributes: list[Attribute], truth: pa.Table, unique: bool = False) -> Cleaned:
    """Keep standard records: `table` has `source`, `key` and the attributes as `matching.standardise` makes them."""
    folder.mkdir(parents=True, exist_ok=True)
    cleaned = Cleaned(folder)
    columns = {"source": table.column("source"), "record_id": table.column("key")}
    for a in attributes:
        columns[a.name] = pc.split_pattern(table.column(a.name), SEPARATOR) if a.many else table.column(a.name)
    pq.write_table(pa.table(columns), cleaned.records)
    pq.write_table(truth.select([*KEY, "entity_id"]), cleaned.truth)
    cleaned.spec.write_text(json.dumps({"unique": unique, "attributes": [asdict(a) for a in attributes]}, indent=1))
    return cleaned
