"""How departments number their customers: recipes for key columns, no key given twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.sheet import Recipe, Sheet
from pipelines.demo.tables import Ints


def numbered(start: int = 1, gap: int = 3) -> Recipe:
    """Growing numbers, with gaps where rows were deleted."""
    return lambda sheet, rng: pa.array(_growing(sheet, rng, start, gap))


def coded(prefix: str, digits: int, start: int = 1, gap: int = 2) -> Recipe:
    """A letter or two and a number: `C-00123`."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        number = pc.utf8_lpad(pa.array(_growing(sheet, rng, start, gap)).cast(pa.string()), digits, "0")
        return pc.binary_join_element_wise(prefix, number, "")

    return write


def uuid(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
    """Random UUIDs (version 4)."""
    size = len(sheet)
    digits = np.frombuffer(rng.bytes(size * 16).hex().encode(), np.uint8).reshape(size, 32).copy()
    digits[:, 12] = ord("4")
    digits[:, 16] = np.frombuffer(b"89ab", np.uint8)[rng.integers(0, 4, size)]
    dash = np.full((size, 1), ord("-"), np.uint8)
    text = np.hstack([digits[:, :8], dash, digits[:, 8:12], dash, digits[:, 12:16], dash, digits[:, 16:20], dash, digits[:, 20:]])
    return pa.array(np.ascontiguousarray(text).view("S36").ravel()).cast(pa.string())


def among(*names: str) -> Recipe:
    """One of a few names, as the first half of a key of two columns."""
    return lambda sheet, rng: pa.array(names).take(rng.integers(0, len(names), len(sheet)))


def _growing(sheet: Sheet, rng: np.random.Generator, start: int, gap: int) -> Ints:
    return start + np.cumsum(rng.integers(1, gap + 1, len(sheet))) - 1
