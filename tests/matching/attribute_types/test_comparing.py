"""Measures over arrays of pairs, against plain Python and recordlinkage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest
import recordlinkage
from hypothesis import example, given
from hypothesis import strategies as st

from matching.attribute_types import comparing

WORDS = st.lists(st.sampled_from(["a", "b", "ann", "bob", "lee", "smith"]), min_size=1, max_size=5).map(" ".join)
PAIRS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=10)
SHORT = st.lists(st.tuples(st.text("abc", min_size=1, max_size=6), st.text("abc", min_size=1, max_size=6)), min_size=1, max_size=10)


def columns(pairs: list[tuple[str, str]]) -> tuple[pa.StringArray, pa.StringArray]:
    return pa.array([left for left, _ in pairs]), pa.array([right for _, right in pairs])


@given(PAIRS)
def test_shared_words_are_those_of_plain_sets(pairs: list[tuple[str, str]]) -> None:
    """Counted and weighed, repeated words once."""
    words = comparing.WordPairs(*columns(pairs))
    sets = [(set(left.split()), set(right.split())) for left, right in pairs]
    weight = comparing.lengths(words.words)
    assert words.shared().tolist() == [len(left & right) for left, right in sets]
    assert words.of_left().tolist() == [len(left) for left, _ in sets]
    assert words.of_right().tolist() == [len(right) for _, right in sets]
    assert words.shared(weight).tolist() == [sum(map(len, left & right)) for left, right in sets]


@given(PAIRS)
def test_containment_is_that_of_plain_sets(pairs: list[tuple[str, str]]) -> None:
    """All words of one among the other's."""
    found = comparing.WordGrids(*columns(pairs), most=5).contained().tolist()
    assert found == [set(left.split()) <= set(right.split()) or set(right.split()) <= set(left.split()) for left, right in pairs]


@given(SHORT)
def test_one_edit_is_one_edit(pairs: list[tuple[str, str]]) -> None:
    """A letter added, lost or replaced, or two neighbours swapped, found by trying them all."""
    found = comparing.one_edit_apart(*columns(pairs), shortest=2).tolist()
    assert found == [min(len(left), len(right)) >= 2 and right in edits(left) for left, right in pairs]


def edits(word: str) -> set[str]:
    """The word and all that one edit makes of it."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    lost = {one + other[1:] for one, other in cuts}
    replaced = {one + letter + other[1:] for one, other in cuts for letter in "abc" if other}
    added = {one + letter + other for one, other in cuts for letter in "abc"}
    swapped = {one + other[1] + other[0] + other[2:] for one, other in cuts if len(other) > 1}
    return {word} | lost | replaced | added | swapped


NAMES = st.text("aeinrstö' -", min_size=1, max_size=12).filter(str.strip)


def by_recordlinkage(pairs: list[tuple[str, str]], method: str) -> npt.NDArray[np.float64]:
    """What the reference library makes of each pair."""
    index = pd.MultiIndex.from_arrays([range(len(pairs)), range(len(pairs))])
    left, right = pd.DataFrame({"name": [one for one, _ in pairs]}), pd.DataFrame({"name": [other for _, other in pairs]})
    compare = recordlinkage.Compare()
    compare.string("name", "name", method=method)
    return np.asarray(compare.compute(index, left, right)[0])


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=20))
@example([("martha", "marhta"), ("dixon", "dickson"), ("jonathan", "jonathon"), ("michael", "micheal"), ("ann", "anna"), ("lee", "orr")])
def test_jaro_winkler_is_that_of_recordlinkage(pairs: list[tuple[str, str]]) -> None:
    """The same figure for any two names, alike or not."""
    assert comparing.jaro_winkler(*columns(pairs)) == pytest.approx(by_recordlinkage(pairs, "jarowinkler"), abs=1e-6)


@given(SHORT)
def test_edits_are_those_of_recordlinkage(pairs: list[tuple[str, str]]) -> None:
    """At most one letter added, lost, replaced or swapped with its neighbour: its Damerau-Levenshtein distance is at most one."""
    longest = np.array([max(map(len, pair)) for pair in pairs])
    distance = (1 - by_recordlinkage(pairs, "damerau_levenshtein")) * longest
    assert comparing.within_edits(*columns(pairs), 1).tolist() == (distance < 1.5).tolist()


def test_the_strongest_condition_that_holds_names_the_level() -> None:
    """Conditions are tried from the strongest; where none holds the level is the last."""
    first, second = np.array([True, False, True, False]), np.array([True, True, False, False])
    assert comparing.levels_of(first, second).tolist() == [1, 2, 1, 3]
