"""Consents and opt-ins."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role, Storage
from matching.attribute_types.base import AttributeType, Options
from matching.attribute_types.text_tools import fold, one_of
from matching.attribute_types.word_tables import words

GIVEN = words("consent_words", "word", consent="given")
WITHHELD = words("consent_words", "word", consent="withheld")


class Consent(AttributeType):
    """A consent: given or not; the same or different."""

    name = "consent"
    role = Role.NEUTRAL
    storage = Storage.BOOLEAN
    levels = ("exact", "different")

    def parse(self, text: pa.StringArray, options: Options) -> pa.BooleanArray:
        """True where it is given, false where it is refused or withdrawn; null for anything less than plain.

        >>> Consent().parse(pa.array(["Yes", "opt-out", "1.0", "withdrawn", "maybe", "x"]), Options()).to_pylist()
        [True, False, True, False, None, None]
        """
        words = fold(pc.replace_substring_regex(text, r"^([01])\.0+$", r"\1"))
        given, withheld = one_of(words, GIVEN), one_of(words, WITHHELD)
        return pa.array(given, mask=~(given | withheld))

    def form(self, value: pa.BooleanArray) -> pa.StringArray:
        """`yes` or `no`.

        >>> Consent().form(pa.array([True, False, None])).to_pylist()
        ['yes', 'no', None]
        """
        return pc.if_else(value, "yes", "no")
