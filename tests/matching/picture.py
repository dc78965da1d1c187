"""Small pictures of records, so that a test reads as what happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from domain.attributes import Attribute
from domain.sources import ColumnMap, Source
from matching.assemble import assemble
from matching.attribute_types import TYPES
from matching.records import Records
from matching.standardise import standardise


def attribute(name: str, kind: str | None = None, **options: object) -> Attribute:
    """An attribute of a type, with the type's own role and storage."""
    of_type = TYPES[kind or name]
    return Attribute(name, of_type.name, role=of_type.role, storage=of_type.storage, **options)  # type: ignore[arg-type]


def records(attributes: Sequence[Attribute], picture: str) -> Records:
    """Records from lines such as `crm:1 | Ann | Lee`, a cell for each attribute; `-` is missing, `;` parts several values."""
    lines = [[cell.strip() for cell in line.split("|")] for line in picture.strip().splitlines()]
    names = [a.name for a in attributes]
    columns = {name: [None if line[at + 1] in ("-", "") else line[at + 1] for line in lines] for at, name in enumerate(names)}
    return from_columns(attributes, [line[0] for line in lines], columns)


def from_columns(attributes: Sequence[Attribute], keys: Sequence[str], columns: dict[str, list[str | None]]) -> Records:
    """Records from raw texts by attribute; keys are `source:key`."""
    maps = tuple(ColumnMap(a.name, ((a.name,),), split=";" if a.many else None) for a in attributes)
    rows = pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()})
    table = standardise(rows, Source("any", "any", {}, ("key",), maps), attributes).table()
    sources, names = zip(*(key.split(":", 1) for key in keys), strict=True) if keys else ((), ())
    added = {
        "record_id": pa.array(np.arange(len(keys))),
        "source": pa.array(sources, pa.string()),
        "key": pa.array(names, pa.string()),
        "modified": pa.nulls(len(keys), pa.int64()),
    }
    for name, values in added.items():
        table = table.append_column(name, values)
    return assemble(table, attributes)
