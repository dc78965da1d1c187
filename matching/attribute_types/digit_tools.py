"""Texts that all have one width, as matrices of characters: what comparing digits place by place works on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.text_tools import valid_mask

Characters = npt.NDArray[np.uint8]
"""ASCII codes, one row a text, one column a place."""


def characters(text: pa.StringArray, width: int) -> Characters:
    """The characters of non-null texts of exactly `width` ASCII characters.

    >>> characters(pa.array(["12", "34"]), 2).tolist()
    [[49, 50], [51, 52]]
    """
    if not len(text):
        return np.empty((0, width), np.uint8)
    _, offsets, data = text.buffers()
    start = int(np.frombuffer(offsets, np.int32)[text.offset])
    return np.frombuffer(data, np.uint8, len(text) * width, start).reshape(-1, width)


def texts(rows: Characters) -> pa.StringArray:
    """The texts that rows of characters spell: the inverse of `characters`.

    >>> texts(np.array([[49, 50], [51, 52]], np.uint8)).to_pylist()
    ['12', '34']
    """
    count, width = rows.shape
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(rows)))


def rearranged(text: pa.StringArray, width: int, rearrange: Callable[[Characters], Characters]) -> pa.StringArray:
    """Texts of one width with their characters chosen or ordered anew; null stays null.

    >>> rearranged(pa.array(["19800403", None]), 8, lambda date: date[:, 4:]).to_pylist()
    ['0403', None]
    """
    anew = texts(rearrange(characters(text.drop_null(), width)))
    return pc.replace_with_mask(pa.nulls(len(text), pa.string()), pa.array(valid_mask(text)), anew)
