"""Texts of one width as matrices of characters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matching.attribute_types.digit_tools import characters, rearranged, texts


def test_a_slice_of_texts_has_its_own_characters() -> None:
    """Arrow slices share their parent's memory; a null before them takes none of it."""
    whole = pa.array([None, "12", "34", "56"])
    assert characters(whole.slice(2), 2).tolist() == [[51, 52], [53, 54]]
    assert texts(characters(whole.slice(1, 2), 2)).to_pylist() == ["12", "34"]


def test_rearranging_keeps_nulls_in_their_places() -> None:
    """Also where there is nothing else."""
    assert rearranged(pa.array([None, "21", None]), 2, lambda rows: np.sort(rows, axis=1)).to_pylist() == [None, "12", None]
    assert rearranged(pa.array([None], pa.string()), 2, lambda rows: rows).to_pylist() == [None]
    assert rearranged(pa.array([], pa.string()), 2, lambda rows: rows).to_pylist() == []
