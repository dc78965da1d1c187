"""Streets with their house numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types.atoms import longest_word
from matching.attribute_types.base import Levels, Options
from matching.attribute_types.coded import Coded, Places, PreparedType
from matching.attribute_types.comparing import jaro_winkler, levels_of, one_edit_apart, set_ratio, sorted_ratio
from matching.attribute_types.places import SHORT_STREET_WORDS, not_longer_than, place_case, replace_words
from matching.attribute_types.text_tools import Mask, fold, keep, matches, none_if_empty, rewrite, valid_mask, where
from matching.attribute_types.word_tables import any_of, rows, words

LONGEST = 300

BEFORE_FOLDING = (
    (r"#", " apt "),
    (r"^(\d+\w?) ?/ ?(\d+\w?)([ ,])", r"apt \1 \2\3"),  # 3/12 High St: unit 3 of number 12 (Australia)
    (r"^[Cc]/ ?", "calle "),
)
_BOX = r"\bp(?:ost(?:al)?)? ?o(?:ffice)? ?b(?:ox|x)?|^box|\bpostfach|\bpostbus|\bapartado(?: de correos)?"
# Pattern, what instead, and a cheap sign that a form needs it. German and Dutch streets are one word; `No. 5` is 5.
AFTER_FOLDING = (
    (rf"(?:{_BOX}) ?(?:no )?(\d)", r"po box \1", r"\bp|^box|\bapartado"),
    (r"([a-z]{3,})str(?:asse|aat)?\b", r"\1 st", r"[a-z]str"),
    (r"\b(?:no|nr|num|number) (\d)", r"\1", r"\bn(?:o|r|um|umber) \d"),
)

_UNIT_KINDS = {row["short"] for row in rows("street_words") if row["kind"] in ("unit", "part")}
UNIT = rf"(?:^| ){any_of(_UNIT_KINDS)} (?:no )?(?P<unit>[a-z]|[a-z]?\d+[a-z]?)\b"
NUMBER = r"(?:^| )(?P<number>\d+[a-z]?)(?: |$)"
# Words that begin many streets and name none.
LEADING = rf"^(?:{any_of(words('street_words', 'word', kind='leading'))} )+"


class Parts(NamedTuple):
    """What streets consist of; null or empty where a street has no such part."""

    unit: pa.StringArray
    core: pa.StringArray
    """The street without its unit."""
    number: pa.StringArray
    words: pa.StringArray
    """The core without its number."""


class PreparedStreets(NamedTuple):
    """Streets and their parts, ready to be compared."""

    form: pa.StringArray
    unit: Coded
    core: Coded
    number: Coded
    name: Coded
    """The words, where there are any."""
    longest: Coded
    box: Mask
    """Which are a post office box and nothing else."""


class Street(PreparedType):
    """A street with its house number: the same; the same but that one lacks the flat; the same number in a street spelled
    almost the same; the same street at another number or flat; much the same text; the same number and main word; a similar
    text; or different.
    """

    name = "street"
    role = Role.SHARED
    learns_placeholders = True
    refine_by = ("longest word",)
    levels = (
        "exact",
        "unit missing",
        "same number, close street",
        "same street",
        "close text",
        "same number and word",
        "similar text",
        "different",
    )
    placeholders = words("placeholders", "text", type="street")

    def stands_for_nothing(self, value: pa.StringArray) -> Mask:
        """None: reading takes no word away, so a placeholder has been told by its text."""
        return np.zeros(len(value), bool)

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """The street as it is usually written.

        >>> Street().parse(pa.array(["12 NW MAIN ST., APT 4", "Hauptstr. 5", "---"]), Options()).to_pylist()
        ['12 NW Main St., Apt 4', 'Hauptstr. 5', None]
        """
        return street_value(text)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """Folded, with one short word for each kind of street, direction, unit and ordinal.

        >>> Street().form(pa.array(["12 North Main Street, Apartment 4", "12 N. Main St #4", "Hauptstraße 5"])).to_pylist()
        ['12 n main st apt 4', '12 n main st apt 4', 'haupt st 5']
        """
        return street_form(value)

    def prepare(self, form: pa.StringArray) -> PreparedStreets:
        """Number, unit and words apart."""
        parts = split_street(form)
        name = none_if_empty(parts.words)
        longest = none_if_empty(longest_word(name))
        box = matches(parts.words, "^po box$")
        return PreparedStreets(
            form, Coded(parts.unit), Coded(none_if_empty(parts.core)), Coded(parts.number), Coded(name), Coded(longest), box
        )

    def between(self, prepared: PreparedStreets, left: Places, right: Places) -> Levels:
        """Number, unit and words apart; the whole text only where these decide nothing."""
        form, unit, core, number, name, longest, box = prepared
        same_number, same_words = number.equal(left, right), name.equal(left, right)
        unit_missing = core.equal(left, right) & (unit.known[left] ^ unit.known[right])
        close = name.holds(same_number & ~unit.differ(left, right), left, right, _close_or_contained)
        same_street = same_words & ~box[left]
        open_ = ~(unit_missing | close | same_street | (box[left] & box[right] & number.differ(left, right)))
        likeness = np.zeros(len(left), np.float32)
        likeness[open_] = sorted_ratio(form.take(left[open_]), form.take(right[open_]), least=0.75)
        same_word = open_ & same_number & longest.equal(left, right)
        return levels_of(unit_missing, close, same_street, likeness >= 0.85, same_word, likeness >= 0.75)

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The street; its number with its longest word, or with the first letters of its name; its longest word."""
        parts = split_street(form)
        longest = longest_word(none_if_empty(parts.words))
        first = pc.utf8_slice_codeunits(none_if_empty(pc.replace_substring_regex(parts.words, LEADING, "")), 0, 3)
        return {
            "exact": form,
            "number and longest word": pc.binary_join_element_wise(parts.number, longest, " "),
            "number and first letters": pc.binary_join_element_wise(parts.number, first, " "),
            "longest word": longest,
        }


def street_value(text: pa.StringArray) -> pa.StringArray:
    """A street or an address as it is usually written; null without letter or digit, or if far too long."""
    bare = pc.utf8_trim(text, " ,;")
    return place_case(keep(bare, not_longer_than(bare, LONGEST) & matches(bare, r"[\p{L}\p{N}]")))


def street_form(value: pa.StringArray) -> pa.StringArray:
    """A street or an address folded, each of its words in its one short form."""
    for pattern, instead in BEFORE_FOLDING:
        value = rewrite(value, pattern, instead)
    folded = fold(value)
    for pattern, instead, hint in AFTER_FOLDING:
        folded = rewrite(folded, pattern, instead, hint)
    return replace_words(folded, SHORT_STREET_WORDS)


def split_street(form: pa.StringArray) -> Parts:
    """The parts of each form.

    >>> [part.to_pylist() for part in split_street(pa.array(["apt 4 12 n main st"]))]
    [['4'], ['12 n main st'], ['12'], ['n main st']]
    """
    has_unit = matches(form, UNIT)
    unit = pc.struct_field(pc.extract_regex(keep(form, has_unit), UNIT), "unit")
    core = where(has_unit, form, lambda few: pc.utf8_trim(pc.replace_substring_regex(few, UNIT, "", max_replacements=1), " "))
    return Parts(unit, core, *split_number(core))


def split_number(core: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """The house number, mostly the first word, and the other words.

    >>> [part.to_pylist() for part in split_number(pa.array(["12 main st", "haupt st 5a", "broadway"]))]
    [['12', '5a', None], ['main st', 'haupt st', 'broadway']]
    """
    lists = pc.split_pattern(keep(core, matches(core, r"^\d+[a-z]? ")), " ", max_splits=1)
    number, words_ = pc.list_element(lists, 0), pc.list_element(lists, 1)
    rest = keep(core, ~valid_mask(number))
    inner = pc.struct_field(pc.extract_regex(rest, NUMBER), "number")
    without = pc.utf8_trim(pc.replace_substring_regex(rest, NUMBER, " ", max_replacements=1), " ")
    return pc.coalesce(number, inner), pc.coalesce(words_, without)


def _close_or_contained(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """A slip or a likeness, or all words of one in the other: `25th pl`, `25th pl lower level`."""
    return np.asarray((jaro_winkler(left, right) >= 0.92) | one_edit_apart(left, right, shortest=4) | (set_ratio(left, right) >= 1))
