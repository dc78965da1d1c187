"""Free text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing, trigrams
from matching.attribute_types.base import AttributeType, Levels, Options

BLOCKED = 300
"""Letters of a form that blocking looks at."""
ALIKE = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Lower ends of the levels between equal and different."""


class Text(AttributeType):
    """A title or a description, compared by the letter trigrams the two share, rare ones counting for more.

    Texts of one record are compared as one: what one department writes into the title, another writes into the description.
    """

    name: ClassVar[str] = "text"
    role: ClassVar[Role] = Role.NEUTRAL
    refine_by: ClassVar[tuple[str, ...]] = ("longest word", "first 2 words", "first 12 letters")
    levels: ClassVar[tuple[str, ...]] = ("exact", *(f"alike {share:.0%}" for share in ALIKE), "different")
    weighs_trigrams: ClassVar[bool] = True

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        return text

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> texts = pa.array(["the old mill", "red bicycle with bell"]), pa.array(["old mill the", "bicycle red"])
        >>> [Text.levels[level] for level in Text().compare(*texts)]
        ['alike 90%', 'alike 60%']
        """
        return self.compare_weighed(left, right, trigrams.EQUAL_WEIGHTS)

    def compare_weighed(self, left: pa.StringArray, right: pa.StringArray, weights: trigrams.TrigramWeights) -> Levels:
        return levels(trigrams.cosine(left, right, weights))

    def prepare_weighed(self, form: pa.StringArray, weights: trigrams.TrigramWeights) -> trigrams.Vectors:
        return trigrams.Vectors(form, weights)

    def between(self, prepared: trigrams.Vectors, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Levels:
        return levels(prepared.cosine(left, right))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        start = pc.utf8_slice_codeunits(form, 0, BLOCKED)
        return {
            "exact": form,
            "longest word": atoms.longest_word(start),
            "first 2 words": pc.replace_substring_regex(start, r"^([^ ]+ [^ ]+) .*$", r"\1"),
            "first 12 letters": pc.utf8_slice_codeunits(atoms.letters(start), 0, 12),
        }

    def tokens(self, form: pa.StringArray) -> pa.ListArray:
        return atoms.distinct_words(form)


def levels(alike: npt.NDArray[np.float64]) -> Levels:
    """Levels of pairs that are so much alike."""
    return comparing.levels_of(*(alike >= share for share in ALIKE))
