"""Free text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.base import AttributeType, Levels, Options

COMPARED = 300
"""Letters of a form that are compared."""


class Text(AttributeType):
    """A title or a description, compared by its letters and by the words the two share.

    Only the first 300 letters are compared. Longer words count for more than shorter ones: they are rarer.
    """

    name: ClassVar[str] = "text"
    role: ClassVar[Role] = Role.NEUTRAL
    refine_by: ClassVar[tuple[str, ...]] = ("longest word", "first 2 words", "first 12 letters")
    levels: ClassVar[tuple[str, ...]] = ("exact", "nearly equal", "close", "similar", "loosely similar", "some words", "different")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        return text

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> texts = pa.array(["the old mill", "red bicycle with bell"]), pa.array(["old mill the", "bicycle red"])
        >>> [Text.levels[level] for level in Text().compare(*texts)]
        ['close', 'similar']
        """
        left, right = pc.utf8_slice_codeunits(left, 0, COMPARED), pc.utf8_slice_codeunits(right, 0, COMPARED)
        words = comparing.WordPairs(left, right)
        weight = comparing.lengths(words.words)
        overlap = 2 * words.shared(weight) / (words.of_left(weight) + words.of_right(weight))
        sorted_ratio = comparing.sorted_ratio(left, right)
        return comparing.levels_of(
            comparing.edit_ratio(left, right) >= 0.95,
            sorted_ratio >= 0.85,
            np.maximum(sorted_ratio, overlap) >= 0.7,
            overlap >= 0.5,
            overlap >= 0.3,
        )

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        start = pc.utf8_slice_codeunits(form, 0, COMPARED)
        return {
            "exact": form,
            "longest word": atoms.longest_word(start),
            "first 2 words": pc.replace_substring_regex(start, r"^([^ ]+ [^ ]+) .*$", r"\1"),
            "first 12 letters": pc.utf8_slice_codeunits(atoms.letters(start), 0, 12),
        }

    def tokens(self, form: pa.StringArray) -> pa.ListArray:
        return atoms.distinct_words(form)
