"""Towns and cities."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.atoms import first_letters, longest_word
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.comparing import has_blank, jaro_winkler, levels_of, one_edit_apart, set_ratio, within
from matching.attribute_types.places import not_longer_than, place_case, replace_words
from matching.attribute_types.region import STATE_CODES
from matching.attribute_types.text_tools import fold, keep, matches, rewrite
from matching.attribute_types.word_tables import any_of, words

LONGEST = 100
SHORT_WORDS = {"saint": "st", "sankt": "st", "sainte": "ste", "mount": "mt", "fort": "ft", "point": "pt"}

STATE_BEHIND = rf"(?:,? {any_of(STATE_CODES)})+$"


class City(AttributeType):
    """A town: the same, spelled almost the same, one name inside the other, or different."""

    name = "city"
    role = Role.SHARED
    refine_by = ("first letters",)
    levels = ("exact", "close", "contained", "different")
    placeholders = words("placeholders", "text", type="city")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """The town as it is usually written, without the code of its state behind it; null without a letter.

        >>> City().parse(pa.array(["ST LOUIS, MO", "new york", "McLean", "12345"]), Options()).to_pylist()
        ['St Louis', 'New York', 'McLean', None]
        """
        bare = pc.utf8_trim(rewrite(text, STATE_BEHIND, "", hint="[A-Z]{2}$"), " ,;.")
        return place_case(keep(bare, matches(bare, r"\p{L}") & not_longer_than(bare, LONGEST)))

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """Folded, with `saint` as `st` and without `city of`.

        >>> City().form(pa.array(["Saint-Louis", "City of London"])).to_pylist()
        ['st louis', 'london']
        """
        folded = replace_words(fold(value), SHORT_WORDS)
        return pc.replace_substring_regex(folded, r"^(?:city|town|village|township|borough) of (\w)", r"\1")

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """A slip, all words of one within the other (`kings cross`, `kings cross sydney`), or a likeness."""
        slip = one_edit_apart(left, right, shortest=5)
        contained = within(~slip & has_blank(left, right), left, right, lambda a, b: set_ratio(a, b) >= 1)
        return levels_of(slip | (jaro_winkler(left, right) >= 0.92) & ~contained, contained)

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The town, its longest word, its first four letters."""
        return {"exact": form, "longest word": longest_word(form), "first letters": first_letters(form, 4)}
