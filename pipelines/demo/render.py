"""A department's tables from its sheet: every column by its recipe, keys, further tables, and rows that are garbage."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.departments import Department, Part
from pipelines.demo.sheet import Sheet
from pipelines.demo.stores import STORED
from pipelines.demo.tables import Flags, Ints, draw, join, present, where

Columns = dict[str, pa.Array]


class Garbage(IntEnum):
    """What a row that is nobody's record looks like."""

    NONE = 0
    SHIFTED = 1
    """Every value in the next column."""
    MASHED = 2
    """Keys struck at random."""
    EMPTY = 3
    TEST = 4


def rendered(department: Department, sheet: Sheet, rng: np.random.Generator) -> tuple[dict[str, pa.Table], pa.StringArray]:
    """The tables of a department, its main one named `STORED`, and the record id of each row as connectors will read it."""
    keys = {name: recipe(sheet, rng) for name, recipe in department.key.items()}
    kind = np.where(sheet.customer < 0, 1 + draw(rng, np.array([3.0, 3, 2, 2]), len(sheet)), Garbage.NONE)
    columns = {name: recipe(sheet, rng) for name, recipe in department.columns.items()}
    stamped = {name: column for name, column in columns.items() if name in _untouched(department)}
    tables = {STORED: pa.table({**keys, **spoiled(columns, kind, rng), **stamped})}
    for name, part in department.parts.items():
        tables[name] = _part(part, keys[part.key], sheet, kind, rng)
    return tables, join(*(column.cast(pa.string()) for column in keys.values()), between="|")


def _untouched(department: Department) -> tuple[str, ...]:
    modified = department.modified
    return (modified["column"],) if isinstance(modified, Mapping) else (modified,) if modified else ()


def _part(part: Part, key: pa.Array, sheet: Sheet, kind: Ints, rng: np.random.Generator) -> pa.Table:
    """A further table: rows that say nothing are not in it."""
    if part.columns:
        columns = spoiled({name: recipe(sheet, rng) for name, recipe in part.columns.items()}, kind, rng)
        known = np.logical_or.reduce([present(column) for column in columns.values()])
        return pa.table({part.key: key, **columns}).filter(pa.array(known))
    return pa.concat_tables(_values(part.key, key, name, recipe(sheet, rng), kind) for name, recipe in part.kinds.items())


def _values(key_name: str, key: pa.Array, kind_name: str, value: pa.StringArray, garbage: Ints) -> pa.Table:
    table = pa.table({key_name: key, "kind": pa.array([kind_name]).take(np.zeros(len(key), np.int64)), "value": value})
    return table.filter(pa.array(present(value) & (garbage == Garbage.NONE)))


def spoiled(columns: Mapping[str, pa.Array], kind: Ints, rng: np.random.Generator) -> Columns:
    """The columns with garbage in the rows whose kind is not `NONE`; columns that hold no text are emptied there."""
    text = [name for name, column in columns.items() if pa.types.is_string(column.type)]
    before = dict(zip(text, text[-1:] + text[:-1], strict=True))
    result = {}
    for name, column in columns.items():
        kept = where(kind == Garbage.NONE, column, pa.scalar(None, column.type))
        if name in before:
            kept = where(kind == Garbage.SHIFTED, columns[before[name]], kept)
            kept = _filled(kept, kind == Garbage.MASHED, _mash(rng, int((kind == Garbage.MASHED).sum())))
            kept = where(kind == Garbage.TEST, "test", kept)
        result[name] = kept
    return result


def _filled(column: pa.Array, rows: Flags, values: pa.Array) -> pa.Array:
    return pc.replace_with_mask(column, pa.array(rows), values)


def _mash(rng: np.random.Generator, size: int) -> pa.StringArray:
    """Keys struck with one hand, then the other: `asdkfjlsk`."""
    keys = np.frombuffer(b"asdfjkl;asdfjklghqwer", np.uint8)[rng.integers(0, 21, (size, 14))]
    words = pa.array(np.ascontiguousarray(keys).view("S14").ravel()).cast(pa.string())
    return pc.utf8_slice_codeunits(words, 0, 9)
