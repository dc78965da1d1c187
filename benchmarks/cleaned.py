"""Cleaned data on disk: one Parquet file of standardised columns, what the columns mean, and the truth beside it.

Every engine, ours and the rivals', is given the same `records.parquet` and `spec.json`, and no engine is given `truth.parquet`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from domain.attributes import Attribute, Role, Storage
from matching.standardise import SEPARATOR


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

    def attributes(self) -> list[Attribute]:
        """The attributes, in order."""
        told = json.loads(self.spec.read_text())["attributes"]
        known = {"name", "type", "many", "region"}
        return [
            Attribute(role=Role(a["role"]), storage=Storage(a["storage"]), **{key: a[key] for key in known})
            for a in told
        ]

    def count(self) -> int:
        """How many records there are."""
        return int(pq.read_metadata(self.records).num_rows)


def write_cleaned(folder: Path, table: pa.Table, attributes: list[Attribute], truth: pa.Table, unique: bool = False) -> Cleaned:
    """Keep standard records: `table` has `source`, `key` and the attributes as `matching.standardise` makes them."""
    folder.mkdir(parents=True, exist_ok=True)
    cleaned = Cleaned(folder)
    columns = {"source": table.column("source"), "record_id": table.column("key")}
    for a in attributes:
        columns[a.name] = pc.split_pattern(table.column(a.name), SEPARATOR) if a.many else table.column(a.name)
    pq.write_table(pa.table(columns), cleaned.records)
    pq.write_table(truth.select(["source", "record_id", "entity_id"]), cleaned.truth)
    cleaned.spec.write_text(json.dumps({"unique": unique, "attributes": [asdict(a) for a in attributes]}, indent=1))
    return cleaned
