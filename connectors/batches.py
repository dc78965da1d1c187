"""Rows on their way in: batches of text columns, and the rows that could not be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

CELL_LIMIT = 1 << 20
"""Bytes of the longest cell that is read; no attribute of a customer is longer."""
BATCH_LIMIT = 128 << 20
"""Bytes at which a batch is full, however few its rows."""
SHOWN = 1_000
"""Bytes of an oversized cell that its refused row keeps."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be read."""

    row: int
    """Its number in the source, counted as `Batch.numbers`."""
    raw: str
    """What could be read of it, as text: bytes that are none are written `\\xff`, half a surrogate pair `\\ud800`."""
    reason: str
    """One short sentence without the customer's data."""

    @classmethod
    def of(cls, row: int, raw: str, reason: str) -> Refused:
        """With `raw` made printable and cut at the size of a cell.

        >>> Refused.of(7, "caf\\udce9", "is not text").raw
        'caf\\\\udce9'
        """
        printable = raw[:CELL_LIMIT].encode("utf-8", "backslashreplace").decode("utf-8")
        return cls(row, printable, reason)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a source, as text."""

    rows: pa.RecordBatch
    """Exactly the requested columns, in the requested order, all strings; what a source leaves out is null."""
    numbers: Numbers
    """The number of each row in the source, from 1; they run along `rows`."""
    refused: tuple[Refused, ...] = ()


def batch_of(names: Sequence[str], columns: Sequence[pa.Array], numbers: Numbers, refused: Iterable[Refused] = ()) -> Batch:
    """Columns side by side as a batch; rows with a cell that is too large or no text are refused.

    `columns` are strings, or binary where the bytes are still to be checked (`text.cells`, `text.text_of`).

    >>> batch = batch_of(["name"], [pa.array([b"Ann", b"caf\\xe9"])], np.array([1, 2]))
    >>> batch.rows.to_pylist(), [(r.row, r.reason) for r in batch.refused]
    ([{'name': 'Ann'}], [(2, "column 'name' holds bytes that are not text in the source's encoding")])
    """
    reasons: dict[int, str] = {}
    for name, column in zip(names, columns, strict=True):
        reasons |= _faults(name, column) | reasons
    if reasons:
        unread = [Refused.of(int(numbers[at]), _raw(names, columns, at), reasons[at]) for at in sorted(reasons)]
        kept = np.setdiff1d(np.arange(len(numbers)), list(reasons))
        columns, numbers, refused = [column.take(pa.array(kept)) for column in columns], numbers[kept], [*refused, *unread]
    arrays = [column.cast(pa.string()) for column in columns]
    return Batch(pa.record_batch(arrays, schema=schema_of(names)), numbers, tuple(sorted(refused, key=lambda row: row.row)))


def schema_of(names: Iterable[str]) -> pa.Schema:
    """The schema of a batch with these columns."""
    return pa.schema([(name, pa.string()) for name in names])


def resized(batches: Iterable[Batch], size: int) -> Iterator[Batch]:
    """The same rows in batches of `size`: smaller ones are put together, larger ones cut, empty ones left out."""
    held: list[Batch] = []
    for piece in (piece for batch in batches if batch.rows.num_rows or batch.refused for piece in _cut(batch, size)):
        full = sum(b.rows.num_rows for b in [*held, piece]) > size or sum(b.rows.nbytes for b in held) > BATCH_LIMIT
        if held and full:
            yield _together(held)
            held = []
        held.append(piece)
    if held:
        yield _together(held)


def _cut(batch: Batch, size: int) -> Iterator[Batch]:
    """Pieces of at most `size` rows; what was refused goes with the first."""
    refused = batch.refused
    for start in range(0, max(batch.rows.num_rows, 1), size):
        yield replace(batch, rows=batch.rows.slice(start, size), numbers=batch.numbers[start : start + size], refused=refused)
        refused = ()


def _together(batches: Sequence[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    rows = pa.concat_batches([batch.rows for batch in batches])
    return Batch(rows, np.concatenate([batch.numbers for batch in batches]), tuple(r for batch in batches for r in batch.refused))


def _faults(name: str, column: pa.Array) -> dict[int, str]:
    """Why which rows cannot be read, by position."""
    sizes = pc.binary_length(column)
    faults: dict[int, str] = {}
    if (pc.max(sizes).as_py() or 0) > CELL_LIMIT:
        large = pc.indices_nonzero(pc.fill_null(pc.greater(sizes, CELL_LIMIT), False)).to_pylist()
        faults |= {at: f"column '{name}' holds {sizes[at].as_py():,} bytes; at most {CELL_LIMIT:,} are read" for at in large}
    if column.type == pa.binary():
        faults |= dict.fromkeys(_undecodable(column), f"column '{name}' holds bytes that are not text in the source's encoding")
    return faults


def _undecodable(column: pa.BinaryArray) -> list[int]:
    try:
        column.cast(pa.string())
    except pa.ArrowInvalid:
        return [at for at, value in enumerate(column.to_pylist()) if value is not None and not _is_text(value)]
    return []


def _is_text(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _raw(names: Sequence[str], columns: Sequence[pa.Array], at: int) -> str:
    """The requested columns of one row as JSON; an oversized cell is cut."""
    cells = {name: _shown(column[at].cast(pa.binary()).as_py()) for name, column in zip(names, columns, strict=True)}
    return json.dumps(cells, ensure_ascii=False)


def _shown(value: bytes | None) -> str | None:
    if value is None:
        return None
    whole = len(value) <= CELL_LIMIT
    return (value if whole else value[:SHOWN]).decode("utf-8", "backslashreplace") + ("" if whole else "...")
