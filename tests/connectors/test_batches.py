"""Batches: their size, their numbers, and that no row is lost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

import connectors.batches as batches_module
from connectors.batches import CELL_LIMIT, Batch, Refused, batch_of, resized

CELLS = st.none() | st.binary(max_size=4) | st.just(b"x" * (CELL_LIMIT + 1))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_every_row_is_read_or_refused(rows):
    """Never both, and never neither. (Invariant 7)"""
    columns = [pa.array([row[at] for row in rows], pa.binary()) for at in (0, 1)]
    batch = batch_of(["a", "b"], columns, np.arange(10, 10 + len(rows)))
    assert sorted([*batch.numbers.tolist(), *(refused.row for refused in batch.refused)]) == list(range(10, 10 + len(rows)))
    for number, row in zip(batch.numbers, batch.rows.to_pylist(), strict=True):
        assert tuple(value if value is None else value.encode() for value in row.values()) == rows[number - 10]
    assert all(refused.raw.encode() and len(refused.raw) < 3_000 for refused in batch.refused)


@given(counts=st.lists(st.integers(0, 12), max_size=8), size=st.integers(1, 9))
def test_resizing_changes_nothing_but_the_cuts(counts, size):
    """The rows, their numbers and their order stay."""
    given_batches, start = [], 1
    for count in counts:
        numbers = np.arange(start, start + count)
        given_batches.append(Batch(pa.record_batch({"a": numbers.astype(str)}), numbers, (Refused(start + count, "", ""),)))
        start += count + 1
    found = list(resized(given_batches, size))
    assert [n for batch in found for n in batch.numbers] == [n for batch in given_batches for n in batch.numbers]
    assert all(batch.rows.column("a").to_pylist() == [str(n) for n in batch.numbers] for batch in found)
    assert sorted(r.row for batch in found for r in batch.refused) == [r.row for batch in given_batches for r in batch.refused]
    assert all(batch.rows.num_rows <= size for batch in found)


def test_a_batch_is_full_by_its_bytes_too(monkeypatch):
    """Rows of a megabyte are not gathered by the ten thousand."""
    monkeypatch.setattr(batches_module, "BATCH_LIMIT", 1_000)
    rows = [Batch(pa.record_batch({"a": ["x" * 600]}), np.array([number])) for number in range(6)]
    assert [batch.rows.num_rows for batch in resized(rows, 50_000)] == [2, 2, 2]
