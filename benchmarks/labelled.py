"""The labelled sets: their records in our words, and who is who."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import yaml

from domain.attributes import Attribute
from domain.sources import ColumnMap, Source
from matching.assemble import assemble
from matching.attribute_types import TYPES
from matching.records import Records
from matching.roles import role_of
from matching.standardise import standardise

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "benchmarks"
PARTS = {"full_name": ("given_name", "family_name", "organisation"), "address": ("street", "city", "region", "postcode")}
MAPS = Path(__file__).parent / "maps.yaml"


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """One set, standardised."""

    name: str
    records: Records
    entity: npt.NDArray[np.int64]
    """Who each record is."""
    unique: bool
    """Whether its sources are free of duplicates."""


def maps() -> dict[str, dict[str, Any]]:
    """What the columns of each set mean."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(MAPS.read_text())
    return found


def load(name: str) -> LabelledSet:
    """A labelled set by its folder's name; FileNotFoundError where the data are not there."""
    spec = dict(maps()[name])
    unique = bool(spec.pop("unique", False))
    attributes = attributes_of(spec)
    rows, truth = read(name, "records"), read(name, "truth")
    table = standardise(pa.Table.from_pandas(rows, preserve_index=False), source_of(name, spec), attributes).table()
    added = {
        "source": pa.array(rows["source"]),
        "key": pa.array(rows["record_id"]),
        "record_id": pa.array(np.arange(len(rows))),
        "modified": pa.nulls(len(rows), pa.int64()),
    }
    for column, values in added.items():
        table = table.append_column(column, values)
    records = assemble(table, attributes)
    known = truth.set_index(["source", "record_id"])["entity_id"]
    keys = pd.MultiIndex.from_arrays([np.array(records.sources)[records.source], records.keys.to_pylist()])
    return LabelledSet(name, records, pd.factorize(known.reindex(keys).to_numpy())[0].astype(np.int64), unique)


def read(name: str, what: str) -> pd.DataFrame:
    """A file of a set, every cell as text, empty ones as null."""
    plain = FOLDER / name / f"{what}.csv"
    path = plain if plain.exists() else plain.with_suffix(".csv.gz")
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False).replace({"": None})


def attributes_of(spec: dict[str, dict[str, Any]]) -> list[Attribute]:
    """The attributes a map declares, the parts of whole names and addresses among them."""
    kinds = {name: told["type"] for name, told in spec.items() if "type" in told}
    for told in spec.values():
        kinds |= {part: part for part in PARTS.get(told.get("as", ""), ()) if part not in kinds.values()}
    roles = {kind: role_of(kind, set(kinds.values())) for kind in kinds.values()}
    return [
        Attribute(name, kind, roles[kind], TYPES[kind].storage, region=spec.get(name, {}).get("region")) for name, kind in kinds.items()
    ]


def source_of(name: str, spec: dict[str, dict[str, Any]]) -> Source:
    """The set as a source."""
    columns = [
        ColumnMap(target, (tuple(told.get("columns", [told.get("column")])),), read_as=told.get("as")) for target, told in spec.items()
    ]
    return Source(name, "benchmarks", {}, ("record_id",), tuple(columns))
