"""Prepare: the inputs' rows become the records that matching works on, by large batches and the needed columns alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from domain.errors import OnefoldError
from domain.sources import ColumnMap, Source
from matching.assemble import assemble
from matching.infer.columns import CUT
from matching.records import Records
from matching.standardise import standardise
from pipelines.steps.dedupe.inputs import Input
from pipelines.steps.dedupe.survey import Named, faulty, key_fault, key_table

ROWS, BYTES = 500_000, 256 << 20
"""Rows standardised at a time, and the text they may hold: a value that comes again in the batch is read once."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records, and how each is called."""

    records: Records
    """In the order of source and key; `ids` is each one's place in the inputs."""
    names: pa.Table
    """`source` and `record_id` as given, in the order of the inputs."""


def prepare(inputs: Sequence[Input], named: Sequence[Named], attributes: Sequence[Attribute], maps: Sequence[ColumnMap]) -> Prepared:
    """Read, standardise and put in order every record of every input."""
    names = pa.concat_tables(record_names(given, one) for given, one in zip(inputs, named, strict=True))
    check_between(inputs, names)
    values = [part for given in inputs for part in standardised(given, attributes, maps)] if attributes else []
    added = {
        "source": names.column("source"),
        "key": names.column("key"),
        "record_id": pa.array(np.arange(len(names))),
        "modified": pa.nulls(len(names), pa.int64()),
    }
    table = pa.table(added | (dict(columns_of(pa.concat_tables(values))) if values else {}))
    return Prepared(assemble(table, attributes), names.select(["source", "key"]).rename_columns(["source", "record_id"]))


def columns_of(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """The columns of a table with their names; their names are those of attributes, never of what stands beside them."""
    return zip(table.column_names, table.columns, strict=True)


def record_names(given: Input, named: Named) -> pa.Table:
    """Source and key of every row of an input; an OnefoldError where keys are missing or repeated."""
    keys = key_table(given, named.source, named.key)
    if named.key:
        empty, again = faulty(keys)
        if len(empty) or len(again):
            raise OnefoldError(key_fault(given, named.key, named.source, keys, empty, again))
    return keys


def check_between(inputs: Sequence[Input], names: pa.Table) -> None:
    """An OnefoldError where records of two inputs have the same source and key."""
    if len(inputs) > 1:
        place = np.arange(len(names))
        _, again = faulty(names.set_column(names.column_names.index("number"), "number", pa.array(place)))
        if len(again):
            ends = np.cumsum([given.rows for given in inputs])
            at = int(np.searchsorted(ends, again[0], side="right"))
            raise OnefoldError(
                f"{inputs[at].path}: {len(again):,} of its rows have the source and key of a row of another input. "
                "Leave one of the two out, or name another source or key column in a map (--map)."
            )


def standardised(given: Input, attributes: Sequence[Attribute], maps: Sequence[ColumnMap]) -> Iterator[pa.Table]:
    """The attributes' values of every row of an input."""
    own = [part for one in maps if (part := within(one, given)) is not None]
    source = Source(given.name, given.name, {}, (), tuple(own))
    needed = list(dict.fromkeys(name for one in own for name in one.names))
    names = [attribute.name for attribute in attributes]
    for rows in large_batches(given, needed):
        yield standardise(rows, source, attributes).table().select(names)


def within(one: ColumnMap, given: Input) -> ColumnMap | None:
    """A map as far as an input has its columns; of several alternatives those that it has as a whole."""
    kept = tuple(present for names in one.columns if (present := tuple(name for name in names if name in given.columns)))
    return replace(one, columns=kept) if kept else None


def large_batches(given: Input, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The rows with the needed columns, many at a time, their cells cut where they are long."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for part in given.parts(columns or given.columns[:1]):
        held.append(cut(part.rows))
        rows, size = rows + part.rows.num_rows, size + held[-1].nbytes
        if rows >= ROWS or size >= BYTES:
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held)


def cut(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows whose cells have at most `CUT` characters: no attribute that is compared has more."""
    arrays = [pc.utf8_slice_codeunits(one, 0, CUT) if (pc.max(pc.binary_length(one)).as_py() or 0) > CUT else one for one in rows.columns]
    return pa.record_batch(arrays, names=rows.schema.names)
