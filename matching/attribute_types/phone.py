"""Telephone numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.coded import Places, PreparedType
from matching.attribute_types.comparing import lengths, levels_of, within_edits
from matching.attribute_types.digit_tools import characters
from matching.attribute_types.phone_reading import read_phones
from matching.attribute_types.text_tools import Mask, keep, matches
from matching.attribute_types.word_tables import words

LONGEST = 16
"""E.164 allows 15 digits."""

_SAME_DIGIT = "|".join(f"{digit}{{5,}}" for digit in "123456789")
# 000-0000, 555-555-5555, 123-456-7890, (206) 999-9999; an area code or a country may stand before the filler.
FILLED_IN = rf"^(?:\d{{0,3}}0{{5,}}|0+|1?(?:{_SAME_DIGIT})|[01]?1234567(?:8|89|890)?|9876543(?:2|21|210)?|1?\d{{3}}(?:1{{7}}|9{{7}}))$"


class Digits(NamedTuple):
    """Numbers, ready to be compared."""

    form: pa.StringArray
    length: npt.NDArray[np.int32]
    ahead: npt.NDArray[np.uint8]
    """Digits from the first on: numbers × places."""
    behind: npt.NDArray[np.uint8]
    """Digits from the last back."""


class Phone(PreparedType):
    """A telephone number: the same whatever its extension; the same but for the country; the same last seven
    digits (another or no area code); one digit off or two exchanged; or different.
    """

    name = "phone"
    role = Role.SHARED
    learns_placeholders = True
    refine_by = ("last 4 digits",)
    levels = ("exact", "same national number", "same last 7 digits", "one digit off", "different")
    placeholders = words("placeholders", "text", type="phone")

    def is_placeholder(self, text: pa.StringArray) -> Mask:
        """`n/a` and the like, and numbers of one digit (999-9999) or of digits in a row (123-456-7890)."""
        digits = pc.replace_substring_regex(pc.replace_substring_regex(text, r"(?i) ?(?:x|ext).*$", ""), r"\D", "")
        return super().is_placeholder(keep(text, ~matches(text, r"\d"))) | matches(digits, FILLED_IN)

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """E.164 with the extension after it, as phonenumbers reads it; digits alone where the country is not known.

        A number need only be possible (its length), not assigned. Without a prefix and without `options.region` it is
        kept as its 6 to 15 digits.

        >>> Phone().parse(pa.array(["(206) 555-0100 x12", "+44 20 7183 8750"]), Options(region="US")).to_pylist()
        ['+12065550100 ext. 12', '+442071838750']
        >>> Phone().parse(pa.array(["(206) 555-0100", "12"]), Options()).to_pylist()
        ['2065550100', None]
        """
        return read_phones(text, options.region)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """The digits, with those of the country where it is known, without extension.

        >>> Phone().form(pa.array(["+12065550100 ext. 12", "02071838750"])).to_pylist()
        ['12065550100', '2071838750']
        """
        return pc.replace_substring_regex(value, r"^(?:\+|0+)| ext\..*$", "")

    def prepare(self, form: pa.StringArray) -> Digits:
        """Digits from either end."""
        ahead, behind = (characters(pad(form, LONGEST, " "), LONGEST) for pad in (pc.utf8_rpad, pc.utf8_lpad))
        return Digits(form, lengths(form), ahead, behind[:, ::-1])

    def between(self, prepared: Digits, left: Places, right: Places) -> Levels:
        """From the last digit backwards: prefixes are what is left out and what changes."""
        shorter = np.minimum(prepared.length[left], prepared.length[right])
        common = in_common(prepared.behind, left, right)
        same_national = (common >= 9) | ((common >= 8) & (common >= shorter))
        # One edit leaves all digits but two in their order at either end.
        may_slip = np.flatnonzero((common < 7) & (common + in_common(prepared.ahead, left, right) >= shorter - 2))
        slip = np.zeros(len(left), bool)
        slip[may_slip] = within_edits(prepared.form.take(left[may_slip]), prepared.form.take(right[may_slip]), 1)
        return levels_of(same_national, common >= 7, slip)

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The number; its last seven digits, whatever prefix it has; the last four."""
        last = pc.utf8_slice_codeunits(form, -7)
        return {
            "exact": form,
            "last 7 digits": keep(last, np.asarray(pc.fill_null(pc.equal(pc.binary_length(last), 7), False))),
            "last 4 digits": pc.utf8_slice_codeunits(form, -4),
        }


def in_common(digits: npt.NDArray[np.uint8], left: Places, right: Places) -> npt.NDArray[np.int64]:
    """How many digits each pair of numbers begins with in common."""
    same = digits[left] == digits[right]
    return np.asarray(np.where(same.all(axis=1), same.shape[1], (~same).argmax(axis=1)), np.int64)
