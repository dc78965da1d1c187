"""Alike: names that may be slips or sounds of one another, told apart from those that cannot be by their letters."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.attribute_types import atoms, comparing
from matching.attribute_types.coded import Coded, Places
from matching.attribute_types.text_tools import Mask

LEAST = 0.7
"""Below this Jaro–Winkler similarity nothing is alike; up to it, it is the Jaro similarity."""


class Alike:
    """Words that are compared by their letters and their sound; they are ASCII.

    >>> words = Alike(pa.array(["jonh", "john", "zoe"]))
    >>> [mask.tolist() for mask in words.close_and_similar(np.array([0, 0]), np.array([1, 2]))]
    [[True, False], [True, False]]
    """

    def __init__(self, words: pa.StringArray) -> None:
        self.words = words
        self.length = comparing.lengths(words)
        self.letters = letters_of(words, self.length)
        self.other = self.length - np.bitwise_count(self.letters)
        """Repeated letters, and characters that are none."""

    @cached_property
    def sound(self) -> Coded:
        """How each sounds."""
        return Coded(atoms.sound(self.words))

    def may_be(self, left: Places, right: Places) -> Mask:
        """Which pairs have so many letters in common that their Jaro similarity can be `LEAST`."""
        common = np.bitwise_count(self.letters[left] & self.letters[right]) + np.minimum(self.other[left], self.other[right])
        one, other = self.length[left].astype(np.float64), self.length[right]
        return np.asarray(common * (one + other) >= (3 * LEAST - 1 - 1e-6) * one * other)

    def close_and_similar(self, left: Places, right: Places) -> tuple[Mask, Mask]:
        """Which pairs differ by a slip or are much alike; and which are alike or sound alike."""
        likeness = np.zeros(len(left), np.float32)
        may = np.flatnonzero(self.may_be(left, right))
        likeness[may] = comparing.jaro_winkler(self.words.take(left[may]), self.words.take(right[may]), least=LEAST)
        # One edit in four letters or more never takes Jaro–Winkler below 0.8, and a sound rarely lies below 0.7.
        edit, sound = np.flatnonzero(likeness >= 0.8), np.flatnonzero((likeness >= LEAST) & (likeness < 0.85))
        close, similar = likeness >= 0.92, likeness >= 0.85
        close[edit] |= comparing.one_edit_apart(self.words.take(left[edit]), self.words.take(right[edit]), shortest=4)
        similar[sound] |= self.sound.equal(left[sound], right[sound])
        return close, similar


def letters_of(words: pa.StringArray, length: npt.NDArray[np.int32]) -> npt.NDArray[np.uint32]:
    """A bit for each letter from a to z that a word has.

    >>> letters_of(pa.array(["abba", "", "c d"]), np.array([4, 0, 3], np.int32)).tolist()
    [3, 0, 12]
    """
    letter = np.frombuffer(b"".join(words.cast(pa.binary()).to_pylist()), np.uint8) - np.uint8(97)
    bit = np.where(letter < 26, np.uint32(1) << np.minimum(letter, 31).astype(np.uint32), np.uint32(0))
    found = np.zeros(len(words), np.uint32)
    some = np.flatnonzero(length)
    if len(some):
        found[some] = np.bitwise_or.reduceat(bit, (np.cumsum(length, dtype=np.int64) - length)[some])
    return found
