"""Whole names of persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.name_parts import FAMILY_FIRST, NameParts, split_full_name
from matching.attribute_types.names import NAME_PLACEHOLDERS, PARTICLES, fold_name, recase, repair_digits, untitled
from matching.attribute_types.nickname_table import canonical
from matching.attribute_types.text_tools import Mask, keep, matches, one_of, true_mask
from matching.attribute_types.word_tables import words

__all__ = ["FAMILY_FIRST", "FullName", "NameParts", "split_full_name"]

LONGEST = 1000
"""The names of some persons together have at most so many characters."""

MOST_WORDS = 24
"""Words of a name that are looked at for initials."""


class FullName(AttributeType):
    """The whole name of a person, or of several (the authors of a book), whatever the order of the words."""

    name: ClassVar[str] = "full_name"
    role: ClassVar[Role] = Role.PERSONAL
    refine_by: ClassVar[tuple[str, ...]] = ("longest word", "first word", "last word")
    levels: ClassVar[tuple[str, ...]] = (
        "exact", "same words", "initials", "contained", "close", "nickname", "similar", "shares a word", "different",
    )  # fmt: skip
    placeholders: ClassVar[frozenset[str]] = NAME_PLACEHOLDERS | words("placeholders", "text", type="full_name")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """
        >>> FullName().parse(pa.array(["MR JOHN MCDONALD", "Smith, John", "12345"]), Options()).to_pylist()
        ['John McDonald', 'Smith, John', None]
        """
        name = repair_digits(untitled(text))
        refused = ~matches(name, r"\p{L}") | true_mask(pc.greater(pc.utf8_length(name), LONGEST))
        return recase(keep(name, ~refused))

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> FullName().form(pa.array(["J.R. Smith Jr.", "Smith, John"])).to_pylist()
        ['j r smith', 'smith john']
        """
        return fold_name(value)

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> names = pa.array(["john smith", "j smith", "jon smith"]), pa.array(["smith john", "john smith", "john smith"])
        >>> [FullName.levels[level] for level in FullName().compare(*names)]
        ['same words', 'initials', 'close']
        """
        pairs = comparing.WordPairs(left, right)
        telling = ~one_of(pairs.words, PARTICLES) & (comparing.lengths(pairs.words) > 1)
        shared, all_shared = pairs.shared(telling), pairs.shared()
        fewest = np.minimum(pairs.of_left(), pairs.of_right())
        single = comparing.lengths(pairs.words) == 1
        maybe_initials = (shared >= 1) & (pairs.of_left(single) + pairs.of_right(single) > 0)
        sorted_ratio = comparing.sorted_ratio(left, right)
        several = (np.minimum(pairs.of_left(telling), pairs.of_right(telling)) >= 2) & (sorted_ratio >= 0.5)
        return comparing.levels_of(
            (shared > 0) & (all_shared == pairs.of_left()) & (all_shared == pairs.of_right()),
            comparing.within(maybe_initials, left, right, _with_initials),
            (shared >= 2) & (all_shared == fewest),
            (sorted_ratio >= 0.9) | comparing.within(sorted_ratio >= 0.7, left, right, lambda a, b: comparing.jaro_winkler(a, b) >= 0.95),
            comparing.within(shared >= 1, left, right, _with_nicknames),
            (sorted_ratio >= 0.8) | comparing.within(several, left, right, lambda a, b: comparing.set_ratio(a, b) >= 0.8),
            shared >= 1,
        )

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        return {
            "exact": atoms.sorted_words(form),
            "longest word": atoms.longest_word(form),
            "first word": atoms.first_word(form),
            "last word": atoms.last_word(form),
        }

    def tokens(self, form: pa.StringArray) -> pa.ListArray:
        return atoms.distinct_words(form)


def _with_initials(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Every word of one is in the other, or its initial is, and there is such an initial."""
    grids = comparing.WordGrids(left, right, MOST_WORDS)
    return grids.explained_with_initials() & ~grids.contained()


def _with_nicknames(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """The same words once every given name is written as the one that stands for its forms."""
    one, other = (atoms.sorted_words(_in_full(side)) for side in (left, right))
    return true_mask(pc.equal(one, other))


def _in_full(form: pa.StringArray) -> pa.StringArray:
    lists = pc.split_pattern(form, " ")
    known = lists.flatten()
    return pc.binary_join(pa.ListArray.from_arrays(lists.offsets, pc.coalesce(canonical(known), known)), " ")
