"""Measures of likeness over arrays of pairs: strings by RapidFuzz on all cores, words by sparse matrices.

`left` and `right` are arrays of non-null forms of equal length; so is every answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler
from scipy import sparse

from matching.attribute_types import atoms
from matching.attribute_types.base import Levels
from matching.attribute_types.text_tools import Mask, matches, true_mask

Likeness = npt.NDArray[np.float32]


def levels_of(*conditions: Mask) -> Levels:
    """Level 1 where the first condition holds, 2 where only the second does, ...; the last level where none.

    >>> levels_of(np.array([True, True, False]), np.array([True, False, False])).tolist()
    [1, 1, 3]
    """
    levels = np.full(len(conditions[0]), len(conditions) + 1, np.uint8)
    for level in range(len(conditions), 0, -1):
        levels[conditions[level - 1]] = level
    return levels


def jaro_winkler(left: pa.StringArray, right: pa.StringArray, least: float | None = None) -> Likeness:
    """Jaro–Winkler similarity, 0 to 1: forgiving, the more so where the beginnings agree (Winkler 1990).

    What is below `least` may be told as 0, which is quicker.

    >>> jaro_winkler(pa.array(["martha"]), pa.array(["marhta"])).round(2).tolist()
    [0.9599999785423279]
    """
    return _measure(JaroWinkler.similarity, left, right, least)


def edit_ratio(left: pa.StringArray, right: pa.StringArray) -> Likeness:
    """The share of letters that need no insertion or deletion, 0 to 1."""
    return _measure(fuzz.ratio, left, right) / np.float32(100)


def sorted_ratio(left: pa.StringArray, right: pa.StringArray, least: float | None = None) -> Likeness:
    """`edit_ratio` of the words in alphabetical order, 0 to 1; what is below `least` may be told as 0, which is quicker."""
    return _measure(fuzz.token_sort_ratio, left, right, None if least is None else 100 * least) / np.float32(100)


def set_ratio(left: pa.StringArray, right: pa.StringArray) -> Likeness:
    """`edit_ratio` of the words after those in common are set off, 0 to 1; 1 where all words of one are in the other."""
    return _measure(fuzz.token_set_ratio, left, right) / np.float32(100)


def one_edit_apart(left: pa.StringArray, right: pa.StringArray, shortest: int) -> Mask:
    """Which pairs differ by one letter added, lost or replaced, or by two neighbours swapped (Damerau 1964).

    Only where both have `shortest` letters or more: of short names, one letter makes another name.

    >>> one_edit_apart(pa.array(["jonh", "ann"]), pa.array(["john", "dan"]), shortest=4).tolist()
    [True, False]
    """
    apart = _measure(OSA.distance, left, right, score_cutoff=1) <= 1
    return np.asarray(apart & (lengths(left) >= shortest) & (lengths(right) >= shortest))


def within_edits(left: pa.StringArray, right: pa.StringArray, most: int) -> Mask:
    """Which pairs are at most so many edits apart, two neighbours swapped counting as one.

    >>> within_edits(pa.array(["gmail.con", "gmail.com"]), pa.array(["gmail.com", "hotmail.com"]), 2).tolist()
    [True, False]
    """
    return np.asarray(_measure(OSA.distance, left, right, score_cutoff=most) <= most)


def same_sound(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Which pairs sound alike in English (`atoms.sound`)."""
    return true_mask(pc.equal(atoms.sound(left), atoms.sound(right)))


def lengths(form: pa.StringArray) -> npt.NDArray[np.int32]:
    """The number of letters of each form (forms are ASCII)."""
    return np.asarray(pc.binary_length(form))


def within(
    candidates: Mask, left: pa.StringArray, right: pa.StringArray, condition: Callable[[pa.StringArray, pa.StringArray], Mask]
) -> Mask:
    """`condition` of the candidate pairs, false elsewhere: for measures that few pairs need.

    >>> within(np.array([True, False]), pa.array(["a", "b"]), pa.array(["c", "d"]), lambda a, b: np.array([True])).tolist()
    [True, False]
    """
    held = np.zeros(len(candidates), bool)
    if candidates.any():
        chosen = pa.array(candidates)
        held[candidates] = condition(left.filter(chosen), right.filter(chosen))
    return held


def has_blank(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Which pairs have a form of several words on either side."""
    return matches(left, " ") | matches(right, " ")


class WordPairs:
    """The distinct words of each pair of forms: what they share, counted or weighed.

    >>> pairs = WordPairs(pa.array(["ann lee smith"]), pa.array(["smith ann"]))
    >>> pairs.shared().tolist(), pairs.of_left().tolist(), pairs.of_right().tolist()
    ([2.0], [3.0], [2.0])
    """

    def __init__(self, left: pa.StringArray, right: pa.StringArray) -> None:
        matrix, self.words = _word_matrix(pa.concat_arrays([left, right]))
        self._left, self._right = matrix[: len(left)], matrix[len(left) :]
        self._both = self._left.multiply(self._right).tocsr()

    def shared(self, weight: npt.ArrayLike = 1.0) -> npt.NDArray[np.float64]:
        """How many words the two share, or what these weigh; `weight` runs along `words`."""
        return self._sum(self._both, weight)

    def of_left(self, weight: npt.ArrayLike = 1.0) -> npt.NDArray[np.float64]:
        """How many words the left form has, or what they weigh."""
        return self._sum(self._left, weight)

    def of_right(self, weight: npt.ArrayLike = 1.0) -> npt.NDArray[np.float64]:
        """How many words the right form has, or what they weigh."""
        return self._sum(self._right, weight)

    def _sum(self, matrix: Any, weight: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.asarray(matrix @ np.broadcast_to(np.asarray(weight, np.float64), len(self.words)))


class WordGrids:
    """The words of each pair of forms by position (at most `most` of each), for rules about initials.

    >>> grids = WordGrids(pa.array(["j r", "mary"]), pa.array(["john robert", "ann mary"]), most=4)
    >>> grids.agree_from(0).tolist(), grids.has_initial().tolist(), grids.contained().tolist()
    ([True, False], [True, False], [False, True])
    """

    def __init__(self, left: pa.StringArray, right: pa.StringArray, most: int) -> None:
        lists = pc.split_pattern(pa.concat_arrays([left, right]), " ")
        coded: Any = lists.flatten().dictionary_encode()
        grid = _grid(np.asarray(coded.indices), np.asarray(lists.offsets), most)
        self._left, self._right = grid[: len(left)], grid[len(left) :]
        words = coded.dictionary
        self._letter = np.asarray(pc.utf8_slice_codeunits(words, 0, 1).dictionary_encode().indices)
        self._single = np.asarray(pc.equal(pc.binary_length(words), 1), dtype=bool)
        self._width = grid.shape[1]

    def agree_from(self, position: int) -> Mask:
        """From that position on, word for word the same or its initial, as far as both go."""
        agree = np.ones(len(self._left), bool)
        for k in range(position, self._width):
            agree &= self._same(k, k) | self._initial(k, k) | (self._left[:, k] < 0) | (self._right[:, k] < 0)
        return agree

    def has_initial(self) -> Mask:
        """At some position, one has the initial of the other's word."""
        return np.asarray(np.any([self._initial(k, k) for k in range(self._width)], axis=0))

    def contained(self) -> Mask:
        """All words of one are among the other's, wherever they stand."""
        left, right = self._explained(self._same)
        return left | right

    def explained_with_initials(self) -> Mask:
        """Each word of one is among the other's, or is the initial of one of them, or the other way round."""
        left, right = self._explained(lambda i, j: self._same(i, j) | self._initial(i, j))
        return left | right

    def _explained(self, agree: Callable[[int, int], Mask]) -> tuple[Mask, Mask]:
        left, right = np.array(self._left < 0), np.array(self._right < 0)
        for i in range(self._width):
            for j in range(self._width):
                found = agree(i, j)
                left[:, i] |= found
                right[:, j] |= found
        return np.asarray(left.all(axis=1)), np.asarray(right.all(axis=1))

    def _same(self, i: int, j: int) -> Mask:
        return np.asarray((self._left[:, i] == self._right[:, j]) & (self._left[:, i] >= 0))

    def _initial(self, i: int, j: int) -> Mask:
        one, other = self._left[:, i], self._right[:, j]
        single = self._single[one] != self._single[other]
        return np.asarray(single & (self._letter[one] == self._letter[other]) & (one >= 0) & (other >= 0))


def _grid(codes: npt.NDArray[np.int32], ends: npt.NDArray[np.int32], most: int) -> npt.NDArray[np.int32]:
    """Codes laid out one row per list, the first `most` of each, -1 after its end."""
    counts = np.diff(ends)
    width = int(min(most, counts.max(initial=0)))
    place = ends[:-1, None] + np.arange(width)
    inside = np.arange(width) < counts[:, None]
    return np.where(inside, codes[np.where(inside, place, 0)], np.int32(-1)).astype(np.int32)


def _word_matrix(forms: pa.StringArray) -> tuple[Any, pa.StringArray]:
    """Forms by words, 1 where the form has the word; and the words."""
    lists = pc.split_pattern(forms, " ")
    coded: Any = lists.flatten().dictionary_encode()
    indices, ends = np.array(coded.indices), np.array(lists.offsets)  # copies: scipy sorts them in place
    matrix = sparse.csr_matrix((np.ones(len(indices), np.float32), indices, ends), shape=(len(forms), len(coded.dictionary)))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix, coded.dictionary


def _measure(scorer: Any, left: pa.StringArray, right: pa.StringArray, score_cutoff: float | None = None) -> Likeness:
    measured = process.cpdist(left.to_pylist(), right.to_pylist(), scorer=scorer, score_cutoff=score_cutoff, workers=-1, dtype=np.float32)
    return np.asarray(measured)
