"""Whole addresses in one text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.address_parts import BRITISH, CANADIAN, CODES, ZIP, AddressParts, split_address
from matching.attribute_types.atoms import distinct_words, longest_word
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.comparing import levels_of, set_ratio, sorted_ratio
from matching.attribute_types.street import Street, split_street, street_form, street_value
from matching.attribute_types.text_tools import Mask, none_if_empty, true_mask, where

__all__ = ["Address", "AddressParts", "split_address"]

# A state and a postcode stay in capitals, whatever becomes of the rest.
ENDING = rf"(?i)^(?P<street>.*[^ ,])(?P<ending>[ ,]+{CODES},? (?:{ZIP}|{CANADIAN})|[ ,]+{BRITISH})$"
POSTCODE = r"^.* (?P<postcode>[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d|\d{4,6})(?: |$)"


class Address(AttributeType):
    """A whole address in one text: the same; the same words in another order; all words of one in the other; close; similar;
    or different.
    """

    name = "address"
    role = Role.SHARED
    learns_placeholders = True
    refine_by = ("postcode", "longest word")
    levels = ("exact", "same words", "contained", "close", "similar", "different")
    placeholders = Street.placeholders

    def stands_for_nothing(self, value: pa.StringArray) -> Mask:
        """None: reading takes no word away, so a placeholder has been told by its text."""
        return np.zeros(len(value), bool)

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """The address as it is usually written.

        >>> Address().parse(pa.array(["12 MAIN ST, SPRINGFIELD, IL 62704"]), Options()).to_pylist()
        ['12 Main St, Springfield, IL 62704']
        """
        value = street_value(text)
        return where(true_mask(pc.not_equal(value, text)), value, _capital_ending)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """Folded, with one short word for each kind of street, direction, unit and ordinal.

        >>> Address().form(pa.array(["12 North Main Street, Springfield, IL 62704"])).to_pylist()
        ['12 n main st springfield il 62704']
        """
        return street_form(value)

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """By words, whatever their order; two house numbers are two houses, however like the rest."""
        one, other = split_street(left), split_street(right)
        other_house = true_mask(pc.not_equal(one.number, other.number))
        in_order, in_common = sorted_ratio(left, right), set_ratio(left, right)
        return levels_of(in_order >= 1, in_common >= 1, (in_order >= 0.9) & ~other_house, in_common >= 0.8)

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The address; its number with its longest word; what looks like its postcode; its longest word."""
        parts = split_street(form)
        longest = longest_word(none_if_empty(parts.words))
        return {
            "exact": form,
            "number and longest word": pc.binary_join_element_wise(parts.number, longest, " "),
            "postcode": pc.struct_field(pc.extract_regex(form, POSTCODE), "postcode"),
            "longest word": longest,
        }

    def tokens(self, form: pa.StringArray) -> pa.ListArray:
        """The words of each address."""
        return distinct_words(form)


def _capital_ending(value: pa.StringArray) -> pa.StringArray:
    """With the state and the postcode at the end in capitals."""
    found = pc.extract_regex(value, ENDING)
    street, ending = pc.struct_field(found, "street"), pc.struct_field(found, "ending")
    return pc.coalesce(pc.binary_join_element_wise(street, pc.utf8_upper(ending), ""), value)
