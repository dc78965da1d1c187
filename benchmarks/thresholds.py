"""The best threshold of an engine, chosen with the truth: what it could reach if somebody knew where to cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from benchmarks.cleaned import Cleaned, Labels
from matching.evaluate import accuracy

GRID = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999)


def best_threshold(cleaned: Cleaned, entity: Labels, out: Path) -> tuple[float, float]:
    """The highest F1 on the grid, and where it is."""
    return max((accuracy(found, entity).f1, threshold) for threshold, found in cuts(cleaned, out))


def cuts(cleaned: Cleaned, out: Path) -> Iterator[tuple[float, Labels]]:
    """Clusters at each threshold: as the engine wrote them in `grid/`, else connected components of its pairs."""
    if (out / "grid").is_dir():
        yield from ((float(path.stem), cleaned.clusters(path)) for path in sorted((out / "grid").glob("*.csv")))
        return
    table = pq.read_table(out / "pairs.parquet")
    left, right, probability = (table.column(name).to_numpy() for name in ("left_row", "right_row", "match_probability"))
    for threshold in GRID:
        linked = probability >= threshold
        yield threshold, components(left[linked], right[linked], len(cleaned))


def components(left: Labels, right: Labels, count: int) -> Labels:
    """Connected components as labels.

    >>> components(np.array([0, 1]), np.array([1, 2]), 4).tolist()
    [0, 0, 0, 1]
    """
    graph = coo_matrix((np.ones(len(left), bool), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
