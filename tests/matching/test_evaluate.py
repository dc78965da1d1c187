"""Measures of accuracy, held against independent ones."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
import recordlinkage as rl
from hypothesis import given
from hypothesis import strategies as st

from matching.evaluate import accuracy

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20)


def pairs_within(labels) -> pd.MultiIndex:
    """All pairs of records with equal labels, as recordlinkage wants them."""
    labels = np.asarray(labels)
    left, right = np.triu_indices(len(labels), 1)
    same = labels[left] == labels[right]
    return pd.MultiIndex.from_arrays([left[same], right[same]])


@given(LABELS)
def test_precision_recall_and_f1_are_recordlinkages(rows):
    """On any two labellings, where both find pairs."""
    found, true = pairs_within([a for a, _ in rows]), pairs_within([b for _, b in rows])
    score = accuracy([a for a, _ in rows], [b for _, b in rows])
    if len(found) and len(true) and len(found.intersection(true)):
        assert score.precision == pytest.approx(rl.precision(true, found))
        assert score.recall == pytest.approx(rl.recall(true, found))
        assert score.f1 == pytest.approx(rl.fscore(true, found))


@given(LABELS, st.permutations(range(5)))
def test_names_of_clusters_do_not_matter(rows, renamed):
    """Renaming clusters changes no measure."""
    found, true = [a for a, _ in rows], [b for _, b in rows]
    assert astuple(accuracy(found, true)) == pytest.approx(astuple(accuracy([renamed[a] for a in found], true)))


def test_nothing_found_is_precise_and_finds_nothing():
    """Three copies of one person, none joined."""
    score = accuracy([0, 1, 2], [5, 5, 5])
    assert (score.precision, score.recall, score.f1) == (1.0, 0.0, 0.0)
    assert score.b_cubed_f1 == pytest.approx(0.5)
