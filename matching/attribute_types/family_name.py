"""Family names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.alike import Alike
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.coded import Places, PreparedType
from matching.attribute_types.names import NAME_PLACEHOLDERS, PARTICLES, fold_name, personal_name
from matching.attribute_types.text_tools import Mask, matches, one_of, true_mask

# `O Brien` and `Mc Donald` are one word; `De la Cruz` stays three, because many leave `de la` out.
PREFIX = r"\b(o|d|mc|mac|fitz) ([a-z]{2})"


class PreparedFamily(NamedTuple):
    """Family names, ready to be compared."""

    form: pa.StringArray
    alike: Alike
    has_blank: Mask


class FamilyName(PreparedType):
    """A family name, single or compound."""

    name: ClassVar[str] = "family_name"
    role: ClassVar[Role] = Role.SHARED
    refine_by: ClassVar[tuple[str, ...]] = ("first 3 letters", "last 3 letters", "sound")
    levels: ClassVar[tuple[str, ...]] = ("exact", "compound", "close", "similar", "different")
    placeholders: ClassVar[frozenset[str]] = NAME_PLACEHOLDERS
    never_placeholders: ClassVar[frozenset[str]] = frozenset({"blank", "same"})

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        return personal_name(text)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> FamilyName().form(pa.array(["O'Brien", "Mc Donald", "García-Márquez", "Smith Jr."])).to_pylist()
        ['obrien', 'mcdonald', 'garcia marquez', 'smith']
        """
        return pc.replace_substring_regex(pc.replace_substring_regex(fold_name(value), PREFIX, r"\1\2"), r"^st ", "saint ")

    def prepare(self, form: pa.StringArray) -> PreparedFamily:
        """Letters without blanks, and which forms have blanks."""
        return PreparedFamily(form, Alike(atoms.letters(form)), matches(form, " "))

    def between(self, prepared: PreparedFamily, left: Places, right: Places) -> Levels:
        """
        >>> names = pa.array(["garcia marquez", "de la cruz", "smith", "smith"]), pa.array(["garcia", "delacruz", "smyth", "jones"])
        >>> [FamilyName.levels[level] for level in FamilyName().compare(*names)]
        ['compound', 'close', 'close', 'different']
        """
        compound = np.zeros(len(left), bool)
        few = np.flatnonzero(prepared.has_blank[left] | prepared.has_blank[right])
        if len(few):
            compound[few] = _compound(prepared.form.take(left[few]), prepared.form.take(right[few]))
        return comparing.levels_of(compound, *prepared.alike.close_and_similar(left, right))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        letters = atoms.letters(form)
        return {
            "exact": form,
            "first 3 letters": atoms.first_letters(letters, 3),
            "last 3 letters": atoms.last_letters(letters, 3),
            "sound": atoms.sound(letters),
        }


def _compound(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """All words of one that are names (not `de`, not an initial) are among the other's."""
    words = comparing.WordPairs(left, right)
    telling = ~one_of(words.words, PARTICLES) & (comparing.lengths(words.words) > 1)
    fewest = np.minimum(words.of_left(telling), words.of_right(telling))
    same_letters = true_mask(pc.equal(atoms.letters(left), atoms.letters(right)))
    return np.asarray((fewest > 0) & (words.shared(telling) == fewest) & ~same_letters)
