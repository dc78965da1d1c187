"""Assemble: standard records as the warehouse gives them become the columns that matching works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from matching.records import NO_TIME, Column, Records
from matching.standardise import SEPARATOR


def assemble(table: pa.Table, attributes: Sequence[Attribute]) -> Records:
    """Records from a table with `record_id`, `source`, `key`, `modified` and a column for each attribute, in any order."""
    table = table.combine_chunks()
    order = pc.sort_indices(table.select(["source", "key"]), sort_keys=[("source", "ascending"), ("key", "ascending")])
    table = table.take(order)
    source = pc.dictionary_encode(one(table, "source"))
    names = source.dictionary.to_pylist()
    return Records(
        ids=one(table, "record_id").to_numpy().astype(np.int64),
        sources=tuple(names),
        source=source.indices.to_numpy().astype(np.int32),
        keys=one(table, "key"),
        modified=one(table, "modified").cast(pa.int64()).fill_null(NO_TIME).to_numpy(),
        columns={a.name: encode_many(a, one(table, a.name)) if a.many else encode_one(a, one(table, a.name)) for a in attributes},
    )


def one(table: pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    column = table.column(name)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def encode_one(attribute: Attribute, values: pa.Array) -> Column:
    """A column with at most one value a record."""
    coded = pc.dictionary_encode(values)
    code = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    row = np.flatnonzero(code >= 0).astype(np.int32)
    return Column(attribute, coded.dictionary, row, code[row], np.zeros(len(row), np.int32))


def encode_many(attribute: Attribute, joined: pa.StringArray) -> Column:
    """A column whose cells hold several values joined by `SEPARATOR`."""
    lists = pc.split_pattern(joined, SEPARATOR)
    row = np.asarray(pc.list_parent_indices(lists), np.int32)
    coded = pc.dictionary_encode(pc.list_flatten(lists))
    code = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    first = np.concatenate(([True], row[1:] != row[:-1])) if len(row) else np.empty(0, bool)
    start = np.flatnonzero(first)
    position = np.arange(len(row)) - np.repeat(start, np.diff(np.concatenate((start, [len(row)])))) if len(row) else np.empty(0)
    return Column(attribute, coded.dictionary, row, code, position.astype(np.int32))
