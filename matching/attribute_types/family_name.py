"""Family names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.names import NAME_PLACEHOLDERS, PARTICLES, fold_name, personal_name
from matching.attribute_types.text_tools import Mask, one_of, true_mask

# `O Brien` and `Mc Donald` are one word; `De la Cruz` stays three, because many leave `de la` out.
PREFIX = r"\b(o|d|mc|mac|fitz) ([a-z]{2})"


class FamilyName(AttributeType):
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

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> names = pa.array(["garcia marquez", "de la cruz", "smith", "smith"]), pa.array(["garcia", "delacruz", "smyth", "jones"])
        >>> [FamilyName.levels[level] for level in FamilyName().compare(*names)]
        ['compound', 'close', 'close', 'different']
        """
        compound = comparing.within(comparing.has_blank(left, right), left, right, _compound)
        left, right = atoms.letters(left), atoms.letters(right)
        alike = comparing.jaro_winkler(left, right, least=0.7)
        # One edit in four letters or more never takes Jaro–Winkler below 0.8, and a sound rarely lies below 0.7.
        edit = comparing.within(alike >= 0.8, left, right, lambda a, b: comparing.one_edit_apart(a, b, shortest=4))
        sound = comparing.within((alike >= 0.7) & (alike < 0.85), left, right, comparing.same_sound)
        return comparing.levels_of(compound, (alike >= 0.92) | edit, (alike >= 0.85) | sound)

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
