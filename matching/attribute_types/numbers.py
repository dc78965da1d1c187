"""The numbers and codes within a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import comparing, trigrams
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.text_tools import fold, none_if_empty

ALIKE = (0.8, 0.6, 0.4)
"""Lower ends of the levels between equal and different: few, for numbers of different things share digits by chance."""


class Numbers(AttributeType):
    """The numbers and codes that a text holds (house numbers, years, models), compared by the trigrams the two share."""

    name: ClassVar[str] = "numbers"
    role: ClassVar[Role] = Role.NEUTRAL
    refine_by: ClassVar[tuple[str, ...]] = ()
    levels: ClassVar[tuple[str, ...]] = ("exact", *(f"alike {share:.0%}" for share in ALIKE), "different")
    weighs_trigrams: ClassVar[bool] = True

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        return text

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> Numbers().form(pa.array(["Canon EOS-40D, 10 MP", "12 Mill Road", "Mill Road"])).to_pylist()
        ['40d 10', '12', None]
        """
        return without(fold(value), " [^0-9 ]+ ")

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> numbers = pa.array(["40d 10", "40d 10"]), pa.array(["40d 10 3", "50d 12"])
        >>> [Numbers.levels[level] for level in Numbers().compare(*numbers)]
        ['alike 80%', 'different']
        """
        return self.compare_weighed(left, right, trigrams.EQUAL_WEIGHTS)

    def compare_weighed(self, left: pa.StringArray, right: pa.StringArray, weights: trigrams.TrigramWeights) -> Levels:
        return levels(trigrams.cosine(left, right, weights))

    def prepare_weighed(self, form: pa.StringArray, weights: trigrams.TrigramWeights) -> trigrams.Vectors:
        return trigrams.Vectors(form, weights)

    def between(self, prepared: trigrams.Vectors, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Levels:
        return levels(prepared.cosine(left, right))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        return {"exact": form}


def levels(alike: npt.NDArray[np.float64]) -> Levels:
    """Levels of pairs that are so much alike."""
    return comparing.levels_of(*(alike >= share for share in ALIKE))


def words_alone(form: pa.StringArray) -> pa.StringArray:
    """Folded texts without the words that have a digit; null where no other is left.

    >>> words_alone(pa.array(["canon eos 40d 10 mp", "1971 05"])).to_pylist()
    ['canon eos mp', None]
    """
    return without(form, " [^ ]*[0-9][^ ]* ")


def without(form: pa.StringArray, word: str) -> pa.StringArray:
    """Folded texts without some words, given by a pattern that begins and ends with a blank."""
    apart = pc.binary_join_element_wise("", pc.replace_substring(form, " ", "  "), "", " ")  # each word has blanks of its own
    left = pc.replace_substring_regex(pc.replace_substring_regex(apart, word, ""), " +", " ")
    return none_if_empty(pc.utf8_trim(left, " "))
