"""Given names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.names import NAME_PLACEHOLDERS, fold_name, personal_name
from matching.attribute_types.nickname_table import are_nicknames, canonical
from matching.attribute_types.text_tools import Mask

MOST_WORDS = 6
"""Words of a given name that are looked at."""


class GivenName(AttributeType):
    """A given name, with middle names or initials if there are any."""

    name: ClassVar[str] = "given_name"
    role: ClassVar[Role] = Role.PERSONAL
    refine_by: ClassVar[tuple[str, ...]] = ("first 3 letters", "last 3 letters", "initial")
    levels: ClassVar[tuple[str, ...]] = ("exact", "nickname", "initial", "contained", "close", "similar", "different")
    placeholders: ClassVar[frozenset[str]] = NAME_PLACEHOLDERS

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        return personal_name(text)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> GivenName().form(pa.array(["Jean-Luc", "J.R.", "John III"])).to_pylist()
        ['jean luc', 'j r', 'john']
        """
        return fold_name(value)

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> names = pa.array(["bob", "j", "mary ann", "jonh", "rosie"]), pa.array(["robert", "john", "mary", "john", "zoe"])
        >>> [GivenName.levels[level] for level in GivenName().compare(*names)]
        ['nickname', 'initial', 'contained', 'close', 'different']
        """
        words = _compare_words(left, right)
        nickname = are_nicknames(atoms.first_word(left), atoms.first_word(right)) & words.rest_agrees
        alike = comparing.jaro_winkler(left, right, least=0.7)
        # One edit in four letters or more never takes Jaro–Winkler below 0.8, and a sound rarely lies below 0.7.
        edit = comparing.within(alike >= 0.8, left, right, lambda a, b: comparing.one_edit_apart(a, b, shortest=4))
        sound = comparing.within((alike >= 0.7) & (alike < 0.85), left, right, comparing.same_sound)
        return comparing.levels_of(nickname, words.initial, words.contained, (alike >= 0.92) | edit, (alike >= 0.85) | sound)

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        first = atoms.first_word(form)
        return {
            "exact": first,
            "first 3 letters": atoms.first_letters(first, 3),
            "last 3 letters": atoms.last_letters(first, 3),
            "sound": atoms.sound(first),
            "initial": atoms.first_letters(first, 1),
            "nickname": pc.coalesce(canonical(first), first),
        }


@dataclass(frozen=True, slots=True)
class _Words:
    """How the words of each pair stand to each other."""

    initial: Mask
    """Word for word the same or its initial, as far as both go."""
    contained: Mask
    """All words of one are among the other's."""
    rest_agrees: Mask
    """From the second word on, the same or its initial, as far as both go."""


def _compare_words(left: pa.StringArray, right: pa.StringArray) -> _Words:
    """Most pairs are of two single words, neither an initial: nothing is to be done for them."""
    found = _Words(np.zeros(len(left), bool), np.zeros(len(left), bool), np.ones(len(left), bool))
    few = comparing.has_blank(left, right) | (comparing.lengths(left) == 1) | (comparing.lengths(right) == 1)
    if few.any():
        chosen = pa.array(few)
        grids = comparing.WordGrids(left.filter(chosen), right.filter(chosen), MOST_WORDS)
        found.initial[few] = grids.agree_from(0) & grids.has_initial()
        found.contained[few] = grids.contained()
        found.rest_agrees[few] = grids.agree_from(1)
    return found
