"""Patterns: pairs that compare alike on everything are counted, and scored, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.comparisons import LevelArray
from matching.records import Ints


@dataclass(frozen=True, slots=True)
class Patterns:
    """The distinct patterns of many pairs: `levels` (patterns × comparisons), how many pairs have each, and which each pair has."""

    levels: LevelArray
    counts: npt.NDArray[np.int64]
    index: Ints
    """Row of `levels` of each pair."""


def join_patterns(parts: Sequence[Patterns], sizes: Sequence[int]) -> Patterns:
    """Patterns of consecutive pairs as one."""
    if len(parts) == 1:
        return parts[0]
    merged = count_patterns(np.concatenate([part.levels for part in parts]), sizes)
    counts = np.zeros(len(merged.levels), np.int64)
    np.add.at(counts, merged.index, np.concatenate([part.counts for part in parts]))
    starts = np.cumsum([0, *(len(part.levels) for part in parts[:-1])])
    index = np.concatenate([merged.index[start : start + len(part.levels)][part.index] for part, start in zip(parts, starts, strict=True)])
    return Patterns(merged.levels, counts, index)


def count_patterns(levels: LevelArray, sizes: Sequence[int]) -> Patterns:
    """The distinct rows of `levels`, in lexicographic order; comparison k has `sizes[k]` levels."""
    code = np.zeros(len(levels), np.int64)
    span = 1
    for k, size in enumerate(sizes):
        if span > 2**62 // size:
            distinct, code = np.unique(code, return_inverse=True)
            code, span = code.astype(np.int64), len(distinct)
        code = code * size + levels[:, k]
        span *= size
    _, first, index, counts = np.unique(code, return_index=True, return_inverse=True, return_counts=True)
    return Patterns(levels[first], counts.astype(np.int64), index.astype(np.int32))
