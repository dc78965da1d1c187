"""Our measures held against recordlinkage's on the very clusters that are measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import recordlinkage

from benchmarks.cleaned import Labels
from matching.evaluate import Accuracy

PAIRS_UP_TO = 1_000_000
"""recordlinkage holds every pair as a row: it is asked where there are no more."""


def agrees(score: Accuracy, found: Labels, entity: Labels) -> bool | None:
    """Whether recordlinkage counts the same precision, recall and F1; none where it is not asked."""
    if not score.right_pairs or max(score.true_pairs, score.found_pairs) > PAIRS_UP_TO:
        return None
    links, true = pairs_within(found), pairs_within(entity)
    theirs = [recordlinkage.precision(true, links), recordlinkage.recall(true, links), recordlinkage.fscore(true, links)]
    return bool(np.allclose(theirs, [score.precision, score.recall, score.f1]))


def reduction(candidates: int, records: int) -> float:
    """Share of all pairs of records that blocking spares.

    >>> reduction(45, 10)
    0.0
    """
    return float(recordlinkage.reduction_ratio(candidates, pd.DataFrame(index=range(records))))


def pairs_within(labels: Labels) -> pd.MultiIndex:
    """All pairs of records with equal labels.

    >>> pairs_within(np.array([5, 7, 5])).tolist()
    [(0, 2)]
    """
    order = np.argsort(labels, kind="stable")
    sizes = np.unique(labels, return_counts=True)[1]
    place = np.arange(len(labels))
    after = np.repeat(np.cumsum(sizes), sizes) - place - 1
    left = np.repeat(place, after)
    right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(after) - after, after)
    return pd.MultiIndex.from_arrays([order[left], order[right]])
