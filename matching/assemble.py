"""Assemble: standard records as the warehouse gives them become the columns that matching works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from matching.parallel import in_parallel
from matching.records import NO_TIME, Column, Records
from matching.standardise import SEPARATOR


def assemble(table: pa.Table, attributes: Sequence[Attribute]) -> Records:
    """Records from a table with `record_id`, `source`, `key`, `modified` and a column for each attribute, in any order."""
    order = pc.sort_indices(table.select(["source", "key"]), sort_keys=[("source", "ascending"), ("key", "ascending")])
    source = pc.dictionary_encode(one(table, "source", order))
    names = source.dictionary.to_pylist()

    def encoded(attribute: Attribute) -> Column:
        encode = encode_many if attribute.many else encode_one
        return encode(attribute, one(table, attribute.name, order))

    return Records(
        ids=one(table, "record_id", order).to_numpy().astype(np.int64),
        sources=tuple(names),
        source=source.indices.to_numpy().astype(np.int32),
        keys=one(table, "key", order),
        modified=one(table, "modified", order).cast(pa.int64()).fill_null(NO_TIME).to_numpy(),
        columns={column.attribute.name: column for column in in_parallel(encoded, attributes)},
    )


def one(table: pa.Table, name: str, order: pa.Array) -> pa.Array:
    """A column as one array, in some order."""
    column = table.column(name)
    return pa.concat_arrays(column.chunks).take(order) if column.num_chunks else pa.array([], column.type)


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
