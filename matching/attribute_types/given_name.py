"""Given names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.alike import Alike
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.coded import Places, PreparedType
from matching.attribute_types.names import NAME_PLACEHOLDERS, fold_name, personal_name
from matching.attribute_types.nickname_table import canonical, nickname_places, related_places
from matching.attribute_types.text_tools import Mask, matches

MOST_WORDS = 6
"""Words of a given name that are looked at."""


class PreparedGiven(NamedTuple):
    """Given names, ready to be compared."""

    form: pa.StringArray
    alike: Alike
    nickname: npt.NDArray[np.int64]
    """Place of the first word among the names that have nicknames, -1 where it has none."""
    odd: Mask
    """Of several words, or an initial."""


class GivenName(PreparedType):
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

    def prepare(self, form: pa.StringArray) -> PreparedGiven:
        """Letters, place among the nicknames, and which forms are of several words or an initial."""
        odd = np.asarray(matches(form, " ") | (comparing.lengths(form) == 1))
        return PreparedGiven(form, Alike(form), nickname_places(atoms.first_word(form)), odd)

    def between(self, prepared: PreparedGiven, left: Places, right: Places) -> Levels:
        """
        >>> names = pa.array(["bob", "j", "mary ann", "jonh", "rosie"]), pa.array(["robert", "john", "mary", "john", "zoe"])
        >>> [GivenName.levels[level] for level in GivenName().compare(*names)]
        ['nickname', 'initial', 'contained', 'close', 'different']
        """
        words = _compare_words(prepared, left, right)
        nickname = related_places(prepared.nickname[left], prepared.nickname[right]) & words.rest_agrees
        return comparing.levels_of(nickname, words.initial, words.contained, *prepared.alike.close_and_similar(left, right))

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


def _compare_words(prepared: PreparedGiven, left: Places, right: Places) -> _Words:
    """Most pairs are of two single words, neither an initial: nothing is to be done for them."""
    found = _Words(np.zeros(len(left), bool), np.zeros(len(left), bool), np.ones(len(left), bool))
    few = np.flatnonzero(prepared.odd[left] | prepared.odd[right])
    if len(few):
        grids = comparing.WordGrids(prepared.form.take(left[few]), prepared.form.take(right[few]), MOST_WORDS)
        found.initial[few] = grids.agree_from(0) & grids.has_initial()
        found.contained[few] = grids.contained()
        found.rest_agrees[few] = grids.agree_from(1)
    return found
