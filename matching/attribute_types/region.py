"""States, provinces, counties."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.comparing import jaro_winkler, lengths, levels_of, within
from matching.attribute_types.places import look_up, not_longer_than, place_case
from matching.attribute_types.text_tools import fold, keep, matches
from matching.attribute_types.word_tables import rows, words

LONGEST = 100
REGIONS = {row["word"]: row["region"] for row in rows("regions")}
"""Folded names, codes and old abbreviations of the states of the US, Canada, Australia and Germany, to the code;
of British counties, to the name."""

STATE_CODES = frozenset(row["region"] for row in rows("regions") if row["country"] in ("US", "CA", "AU"))
"""Codes that are written behind a town."""


class Region(AttributeType):
    """A state, province or county: the same whether by name or by code, spelled almost the same, or different."""

    name = "region"
    role = Role.NEUTRAL
    levels = ("exact", "close", "different")
    placeholders = words("placeholders", "text", type="region")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """The code where it is known, else the name as it is usually written.

        >>> Region().parse(pa.array(["california", "Calif.", "US-CA", "nsw", "WILTS", "ille de france"]), Options()).to_pylist()
        ['CA', 'CA', 'CA', 'NSW', 'Wiltshire', 'Ille de France']
        """
        bare = keep(pc.utf8_trim(text, " ,;"), not_longer_than(text, LONGEST) & matches(text, r"\p{L}"))
        known = look_up(pc.replace_substring_regex(fold(bare), r"^(?:us|ca|au|de|state of) ", ""), REGIONS)
        return pc.coalesce(known, place_case(bare))

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """Names may be close; codes are the same or not."""
        names = np.minimum(lengths(left), lengths(right)) > 3
        return levels_of(within(names, left, right, lambda a, b: jaro_winkler(a, b) >= 0.92))
