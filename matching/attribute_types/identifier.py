"""Identifiers: customer, account, contract and card numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.text_tools import Mask, keep, none_if_empty, to_ascii, true_mask
from matching.attribute_types.word_tables import words

LONGEST = 100
"""An identifier has at most so many characters."""

# All zeros at any length; any other digit repeated five times or more, as `1111` may be somebody's number.
REPEATED_DIGITS = frozenset(digit * count for digit in "0123456789" for count in range(1 if digit == "0" else 5, 21))
FILLERS = REPEATED_DIGITS | words("placeholders", "text", type="identifier")
"""Numbers that fill a box."""


class Identifier(AttributeType):
    """A number or code that one customer has: a customer, account or card number."""

    name: ClassVar[str] = "identifier"
    role: ClassVar[Role] = Role.PERSONAL
    learns_placeholders = True
    levels: ClassVar[tuple[str, ...]] = ("exact", "one character off", "different")
    placeholders: ClassVar[frozenset[str]] = FILLERS

    def is_placeholder(self, text: pa.StringArray) -> Mask:
        """Also where only the letters and digits do: `000-00-0000`."""
        return super().is_placeholder(text) | super().is_placeholder(pc.utf8_lower(compact(text)))

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """A number that a spreadsheet has made a fraction is read as the number.

        >>> Identifier().parse(pa.array(["AB-123", "4711.0"]), Options()).to_pylist()
        ['AB-123', '4711']
        """
        whole = pc.replace_substring_regex(text, r"^(\d+)\.0+$", r"\1")
        return keep(whole, ~true_mask(pc.greater(pc.utf8_length(whole), LONGEST)))

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """Upper-case letters and digits; the zeros before a number do not count.

        >>> Identifier().form(pa.array(["ab-123/4", "000 4711", "B0012"])).to_pylist()
        ['AB1234', '4711', 'B0012']
        """
        return pc.replace_substring_regex(compact(value), r"^0+(\d+)$", r"\1")

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> numbers = pa.array(["471112", "12"]), pa.array(["471121", "13"])
        >>> [Identifier.levels[level] for level in Identifier().compare(*numbers)]
        ['one character off', 'different']
        """
        return comparing.levels_of(comparing.one_edit_apart(left, right, shortest=6))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        return {"exact": form, "sorted characters": atoms.sorted_characters(form)}


def compact(text: pa.StringArray) -> pa.StringArray:
    """Only the letters and digits, in upper case; null where there are none.

    >>> compact(pa.array(["ab-12 3", "--"])).to_pylist()
    ['AB123', None]
    """
    return none_if_empty(pc.replace_substring_regex(pc.utf8_upper(to_ascii(text)), r"[^A-Z0-9]", ""))
