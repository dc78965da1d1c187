"""Names that cannot be alike are told by their letters alone, and no other is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from matching.attribute_types import atoms
from matching.attribute_types.alike import LEAST, Alike

WORDS = st.lists(st.text("abcm 1", min_size=1, max_size=9), min_size=2, max_size=6)


@given(WORDS)
@example(["aaaab", "aaaac"])
@example(["a", "ab"])
@example(["abba", "baab", "mmmm"])
def test_no_word_is_set_aside_that_is_like_another(words: list[str]) -> None:
    """Whatever two words, repeated letters and blanks among them: those as similar as that may be alike."""
    left, right = np.triu_indices(len(words), 1)
    may = Alike(pa.array(words)).may_be(left, right)
    for i, j, open_ in zip(left, right, may, strict=True):
        assert open_ or JaroWinkler.similarity(words[i], words[j]) < LEAST


@given(WORDS)
@example(["john", "jonh", "smith", "smyth"])
def test_the_letters_change_no_answer(words: list[str]) -> None:
    """Close and similar are what the measures say of each pair by itself."""
    left, right = np.triu_indices(len(words), 1)
    close, similar = Alike(pa.array(words)).close_and_similar(left, right)
    sound = atoms.sound(pa.array(words)).to_pylist()
    for i, j, is_close, is_similar in zip(left, right, close, similar, strict=True):
        likeness = JaroWinkler.similarity(words[i], words[j])
        edit = OSA.distance(words[i], words[j]) <= 1 and min(len(words[i]), len(words[j])) >= 4
        assert is_close == (round(likeness, 6) >= 0.92 or (likeness >= 0.8 and edit))
        assert is_similar == (round(likeness, 6) >= 0.85 or (likeness >= LEAST and sound[i] == sound[j] and sound[i] is not None))
