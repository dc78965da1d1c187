"""Postal codes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.coded import Coded, Places, PreparedType
from matching.attribute_types.comparing import levels_of, one_edit_apart
from matching.attribute_types.text_tools import Mask, keep, matches, rewrite, true_mask, where
from matching.attribute_types.word_tables import words

LONGEST = 10
"""Letters and digits; Brazil, Iran and the US (ZIP+4) have eight to ten."""

BRITISH = r"^([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})$"
CANADIAN = r"^([A-Z]\d[A-Z]) ?(\d[A-Z]\d)$"
ZIP_PLUS_4 = r"^(\d{5})[ -]?(\d{4})$"
SHAPES = ((BRITISH, r"\1 \2"), (CANADIAN, r"\1 \2"), (ZIP_PLUS_4, r"\1-\2"))

# The pseudo postcodes of Britain's National Health Service for no fixed abode and the like begin with ZZ99.
FILLED_IN = r"^(?:0{3,}|9{3,}|ZZ99\w{3}|X+\d*X*)$"


class Postcode(PreparedType):
    """A postal code: the same, the same district, one character off or two exchanged, or different."""

    name = "postcode"
    role = Role.SHARED
    refine_by = ("district",)
    levels = ("exact", "same district", "one character off", "different")
    placeholders = words("placeholders", "text", type="postcode")

    def is_placeholder(self, text: pa.StringArray) -> Mask:
        """`n/a` and the like, 00000, 99999, and Britain's ZZ99 codes for no fixed abode."""
        in_words = super().is_placeholder(keep(text, ~matches(text, r"\d")))
        return in_words | matches(pc.replace_substring_regex(pc.utf8_upper(text), "[ -]", ""), FILLED_IN)

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """Upper case, with the blank or hyphen that Britain, Canada and ZIP+4 write; null without a digit.

        A leading zero that a spreadsheet has dropped is not guessed back.

        >>> Postcode().parse(pa.array(["sw1a1aa", "k1a0b1", "627041234", "D-10115", "1234 ab", "abc"]), Options()).to_pylist()
        ['SW1A 1AA', 'K1A 0B1', '62704-1234', '10115', '1234 AB', None]
        """
        code = pc.utf8_upper(pc.utf8_trim(text, " ,;."))
        code = where(matches(code, r"\D"), code, _without_decoration)
        for shape, written in SHAPES:
            code = rewrite(code, shape, written)
        return keep(code, matches(code, r"^[A-Z\d]+(?:[ -][A-Z\d]+)*$") & matches(code, r"\d") & _short(code))

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """Letters and digits only; of ZIP+4 the first five.

        >>> Postcode().form(pa.array(["SW1A 1AA", "62704-1234"])).to_pylist()
        ['sw1a1aa', '62704']
        """
        five = pc.replace_substring_regex(value, r"^(\d{5})-\d{4}$", r"\1")
        return pc.utf8_lower(pc.replace_substring_regex(five, "[ -]", ""))

    def prepare(self, form: pa.StringArray) -> tuple[Coded, Coded]:
        """Codes and their districts."""
        return Coded(form), Coded(district(form))

    def between(self, prepared: tuple[Coded, Coded], left: Places, right: Places) -> Levels:
        """The district first: neighbours differ in the last characters, and so do most slips."""
        code, districts = prepared
        same_district = districts.equal(left, right)
        return levels_of(same_district, code.holds(~same_district, left, right, lambda a, b: one_edit_apart(a, b, shortest=4)))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The code and its district."""
        return {"exact": form, "district": district(form)}


def district(form: pa.StringArray) -> pa.StringArray:
    """Britain's outward code, Canada's first three characters; else the first three digits, of four the first two.

    >>> district(pa.array(["sw1a1aa", "k1a0b1", "62704", "2706"])).to_pylist()
    ['sw1a', 'k1a', '627', '27']
    """
    outward = pc.replace_substring_regex(form, r"^([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}$", r"\1")
    shortened = pc.replace_substring_regex(outward, r"^(\d\d)\d\d(?:[a-z]{2})?$", r"\1")
    return pc.replace_substring_regex(shortened, r"^(\d{3}|[a-z]\d[a-z])\d[\da-z]*$", r"\1")


def _without_decoration(code: pa.StringArray) -> pa.StringArray:
    """Without the country before it (`D-10115`) and what a spreadsheet adds behind it (`10115.0`)."""
    return pc.replace_substring_regex(pc.replace_substring_regex(code, r"^[A-Z]{1,3}[- ](\d{4,5})$", r"\1"), r"^(\d{3,9})\.0+$", r"\1")


def _short(code: pa.StringArray) -> Mask:
    return true_mask(pc.less_equal(pc.binary_length(code), LONGEST)) & true_mask(pc.greater_equal(pc.binary_length(code), 3))
