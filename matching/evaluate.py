"""Evaluate: how well clusters agree with the truth, where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Pairwise precision, recall and F1, and B-cubed F1 (Bagga and Baldwin 1998)."""

    precision: float
    recall: float
    f1: float
    b_cubed_f1: float
    true_pairs: int
    found_pairs: int
    right_pairs: int


def accuracy(cluster: npt.ArrayLike, entity: npt.ArrayLike) -> Accuracy:
    """Score cluster labels against entity labels, one of each a record.

    A precision over no pairs is 1, a recall over no true pairs is 1.

    >>> accuracy([0, 0, 1, 1], [7, 7, 7, 8]).precision
    0.5
    """
    found, true = np.unique(cluster, return_inverse=True)[1], np.unique(entity, return_inverse=True)[1]
    found_size, true_size = np.bincount(found), np.bincount(true)
    cells, count = np.unique(found.astype(np.int64) * len(true_size) + true, return_counts=True)
    right, found_pairs, true_pairs = pairs_in(count), pairs_in(found_size), pairs_in(true_size)
    precision = right / found_pairs if found_pairs else 1.0
    recall = right / true_pairs if true_pairs else 1.0
    square = count.astype(np.float64) ** 2
    b_precision = float((square / found_size[cells // len(true_size)]).sum() / max(len(found), 1))
    b_recall = float((square / true_size[cells % len(true_size)]).sum() / max(len(found), 1))
    return Accuracy(precision, recall, harmonic(precision, recall), harmonic(b_precision, b_recall), true_pairs, found_pairs, right)


def pairs_in(sizes: npt.NDArray[np.integer]) -> int:
    """Number of pairs within groups of these sizes."""
    sizes = sizes.astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def harmonic(precision: float, recall: float) -> float:
    """F1 of precision and recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
