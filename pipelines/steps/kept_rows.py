"""Kept rows: the live rows of a source as they were pulled, standardised as the project now says, without asking the source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.json as pajson

from connectors import Batch, Since
from domain.runs import BatchCounts
from domain.sources import Source
from pipelines.steps.landing import Landing
from pipelines.steps.pull import last_live, maker, note, stamp
from pipelines.steps.session import Session
from warehouse.records import raw_records
from warehouse.sources import go_live

LEAST_BLOCK = 1 << 20
"""Bytes of JSON read at a time, unless a row is longer."""


def is_outdated(session: Session, source: Source) -> bool:
    """Whether another map, other attributes or other code made the standard records of a source."""
    before = last_live(session, source)
    return before is not None and stamp(before).get("made_by") != maker(session, source)


def standardise_again(session: Session, source: Source) -> tuple[str, ...]:
    """Standardise the kept rows of a source and let them go live; returns the mapped columns that were never pulled.

    Where the source has changed since, or a column was never pulled, a pull comes to more.
    """
    kept = KeptRows(session, source)
    before = last_live(session, source)
    note(session, source, stamp(before).get("found", {}), maker(session, source), None)
    landing = Landing(session, source, renewed=True)
    landing.land_all(kept.batches(source.columns))
    t = landing.tally
    counts = BatchCounts(source.name, t.read, t.read - t.quarantined, t.quarantined, 0, t.new, t.changed, t.unchanged, 0)
    with session.warehouse.begin() as connection:
        go_live(connection, session.run, source.name, counts, session.run.started_at)
    return kept.missing


class KeptRows:
    """The live rows of a source, as text, in the way of a connector."""

    def __init__(self, session: Session, source: Source) -> None:
        self.parts = [part.column("raw").combine_chunks() for part in raw_records(session.warehouse, source.name) if len(part)]
        held = set(json.loads(self.parts[0][0].as_py())) if self.parts else set(source.columns)
        self.missing = tuple(name for name in source.columns if name not in held)

    def batches(self, columns: Sequence[str], _since: Since | None = None) -> Iterator[Batch]:
        """All rows; what was never pulled is null."""
        row = 1
        for part in self.parts:
            cells = cells_of(part, columns)
            yield Batch(cells, np.arange(row, row + len(part), dtype=np.int64))
            row += len(part)


def cells_of(raws: pa.StringArray, columns: Sequence[str]) -> pa.RecordBatch:
    """The columns of rows that are kept as JSON objects of texts.

    >>> cells_of(pa.array(['{"no":"7","name":"Ann \\\\"X\\\\""}', '{"no":"8","name":null}']), ["name", "city"]).to_pylist()
    [{'name': 'Ann "X"', 'city': None}, {'name': None, 'city': None}]
    """
    lines = "\n".join(raws.to_pylist()).encode()
    longest = max((len(raw.as_buffer()) for raw in raws), default=0)
    schema = pa.schema([(name, pa.string()) for name in columns])
    parsing = pajson.ParseOptions(explicit_schema=schema, newlines_in_values=False, unexpected_field_behavior="ignore")
    reading = pajson.ReadOptions(block_size=max(LEAST_BLOCK, 2 * longest))
    table = pajson.read_json(pa.BufferReader(lines), reading, parsing).select(list(columns)).combine_chunks()
    return pa.record_batch([column.combine_chunks() for column in table.columns], schema=schema)
