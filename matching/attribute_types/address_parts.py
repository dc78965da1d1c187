"""Whole addresses taken apart: street, town, region, postcode, country.

From the end to the beginning: a country, then a postcode with or without a region as an anchor, then the town before it.
Each step is a regular expression over all texts; what fits none stays in the street, where nothing is lost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.country import country_names
from matching.attribute_types.region import REGIONS, STATE_CODES
from matching.attribute_types.text_tools import Mask, fold, keep, matches, none_if_empty, one_of, tidy, true_mask, valid_mask, where
from matching.attribute_types.word_tables import any_of, rows, words


class AddressParts(NamedTuple):
    """The parts of whole addresses, as they stand in the text; null where an address has no such part."""

    street: pa.StringArray
    city: pa.StringArray
    region: pa.StringArray
    postcode: pa.StringArray
    country: pa.StringArray


class Shape(NamedTuple):
    """A way to end an address, with the groups `rest` and some of `city`, `region`, `postcode`."""

    pattern: str
    unless: str = r"[^\s\S]"
    """What must not be in the text for the shape to hold."""


_STATES = [row for row in rows("regions") if row["country"] in ("US", "CA", "AU")]
CODES = any_of(STATE_CODES)
STATE_WORDS = {row["word"]: row["region"] for row in rows("regions") if row["country"] != "GB"}
NAMES = any_of({row["word"] for row in _STATES if len(row["word"]) > 3})
STREET_TYPES = any_of(words("street_words", "word", ending="alone") | words("street_words", "word", ending="again"))
STREET_TYPES_AGAIN = any_of(words("street_words", "word", ending="again"))
UNITS = any_of(words("street_words", "word", kind="unit") | words("street_words", "word", kind="part"))
NO_WORDS = pa.scalar(["", "", ""], pa.list_(pa.string()))
UNIT_FIRST = rf"(?i)^(?:#|{UNITS}\b)"
ENDS_IN_STREET_TYPE = rf"(?i)(?:^| ){STREET_TYPES}\.?$"

ZIP = r"\d{5}(?:[- ]?\d{4})?"
CANADIAN = r"[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"
BRITISH = r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"
CONTINENTAL = r"(?:[A-Z]{1,3}-)?(?P<postcode>\d{4} ?[A-Z]{2}|\d{4,5}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3})"
NOT_A_TOWN = rf"(?i) {STREET_TYPES}\.?$|^(?:#|{UNITS}\b)[^,]*,[^,]*$"

SHAPES = (
    # Springfield, IL 62704 · Toronto ON M5V 2T6 · Sydney NSW 2000; in small letters only after a comma, or `de 28013` would be Delaware.
    Shape(rf"^(?:(?P<rest>.*?)[ ,]+)?(?P<region>{CODES}|(?i:{NAMES}))\.?,? +(?P<postcode>{ZIP}|\d{{4}}|{CANADIAN})$"),
    Shape(rf"^(?P<rest>.*), ?(?P<region>(?i:{CODES}))\.?,? +(?P<postcode>{ZIP}|\d{{4}}|{CANADIAN})$"),
    Shape(rf"^(?:(?P<rest>.*?)[ ,]+)?(?P<postcode>{BRITISH}|{CANADIAN})$"),
    # Hauptstr. 5, 10115 Berlin; without a comma only after a house number.
    Shape(rf"^(?P<rest>.+), ?{CONTINENTAL},? (?P<city>[^\d,]+)$", unless=NOT_A_TOWN),
    Shape(r"^(?P<rest>.+ \d+ ?[a-zA-Z]?) (?P<postcode>\d{5}) (?P<city>[^\d,]+)$", unless=NOT_A_TOWN),
    Shape(r"^(?:[A-Z]{1,3}-)?(?P<postcode>\d{4,5}) (?P<city>[^\d,]+), ?(?P<rest>.*\d.*)$", unless=rf"(?i)^[^,]* {STREET_TYPES}\.?,"),
    Shape(r"^(?:[A-Z]{1,3}-)?(?P<postcode>\d{5}) (?P<city>[^\d,]+)$", unless=NOT_A_TOWN),
    # Springfield 62704 · Wayanad, 673576; the last number may also be that of a box, a unit or a road.
    Shape(rf"^(?P<rest>.*[^\d ,]),? (?P<postcode>{ZIP}|\d{{6}})$", unless=rf"(?i)(?:\bbox|\b{UNITS}|\b{STREET_TYPES}|route|#)\.? ?\d+$"),
    Shape(r"^(?P<rest>.*, ?[^\d,]+) (?P<postcode>\d{4})$", unless=rf"(?i)(?:\bbox|\b{UNITS}|\b{STREET_TYPES}|route)\.? \d+$"),
    # Seattle WA · Springfield, Illinois; but 12 OAK CT is a court.
    Shape(rf"^(?P<rest>.*), ?(?P<region>(?i:{CODES}|{NAMES}))\.?$"),
    Shape(rf"^(?P<rest>.+) (?P<region>{CODES})$", unless=r" (?:CT|AL)$"),
)

# 3212 W. 32nd St Palm Harbor: a number, a name, a kind of street, perhaps a direction and a unit; the town is what follows.
TOWN_AFTER_STREET = (
    rf"(?i)^(?P<street>(?:.*, ?)?\d\S*(?: [^ ,]+)+? {STREET_TYPES}\.?(?: {STREET_TYPES_AGAIN}\b\.?)*(?: (?:[nsew]|[ns][ew])\b\.?)?"
    rf"(?:,? (?:#|{UNITS}\b\.?) ?#?\w+)?),? (?P<city>[^\d,]+)$"
)
TOWN_AFTER_BOX = r"(?i)^(?P<street>p\.? ?o\.? ?box #?\w+),? (?P<city>[^\d,]+)$"


def split_address(text: pa.StringArray) -> AddressParts:
    """The parts of each whole address, lines separated by commas or line breaks.

    >>> parts = split_address(pa.array(["12 Main St Apt 4, Springfield, IL 62704", "25 Foundry Road\\nSwansea\\nSA1 1AD\\nUK"]))
    >>> [part.to_pylist() for part in parts[:2]]
    [['12 Main St Apt 4', '25 Foundry Road'], ['Springfield', 'Swansea']]
    >>> [part.to_pylist() for part in parts[2:]]
    [['IL', None], ['62704', 'SA1 1AD'], [None, 'UK']]
    """
    rest, country = _take_country(_one_line(text))
    rest, found = _take_ending(rest)
    # `Leicestershire, United Kingdom, LE11 1UU`: the country stood before the postcode.
    without_region, inner_country = _take_country(keep(rest, ~valid_mask(found["region"])))
    without_region, county = _take_county(without_region)
    rest = pc.if_else(pa.array(valid_mask(found["region"])), rest, without_region)
    anchored = valid_mask(found["postcode"]) | valid_mask(found["region"]) | valid_mask(county)
    street, city = _take_town(keep(rest, ~valid_mask(found["city"])), anchored)
    street = pc.coalesce(street, keep(rest, valid_mask(found["city"])))
    trimmed = (
        street,
        pc.coalesce(found["city"], city),
        pc.coalesce(found["region"], county),
        found["postcode"],
        pc.coalesce(country, inner_country),
    )
    return AddressParts(*(none_if_empty(pc.utf8_trim(part, " ,;")) for part in trimmed))


def _one_line(text: pa.StringArray) -> pa.StringArray:
    """Lines joined by commas; a text all in small letters in capitals, so that codes are known by being in capitals."""
    commas = pc.replace_substring_regex(text.cast(pa.string()), r"[\r\n\x0b\x{2028}\x{2029}\x{85};|]+", ", ")
    line = pc.utf8_trim(pc.replace_substring_regex(tidy(commas), r"(?: ?,)+ ?", ", "), " ,.")
    return where(true_mask(pc.utf8_is_lower(line)), line, pc.utf8_upper)


def _take_country(line: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """A country after the last comma or right after a postcode; a name that is a state's too (Georgia) only after a postcode."""
    country = pa.nulls(len(line), pa.string())
    for pattern in (r"^(?P<rest>.*\d[^ ,]*),? (?P<country>[^\d,]+)$", r"^(?P<rest>.*), (?P<country>[^\d,]+)$"):
        open_ = matches(line, r"\pL$") & ~valid_mask(country)
        if not open_.any():
            break
        found = pc.extract_regex(keep(line, open_), pattern)
        rest, tail = pc.struct_field(found, "rest"), pc.struct_field(found, "country")
        folded = fold(tail)
        states = one_of(folded, STATE_WORDS)
        hit = one_of(folded, country_names()) & (~states | matches(rest, rf"(?:{ZIP}|{CANADIAN}|{BRITISH})$"))
        line, country = pc.if_else(pa.array(hit), rest, line), pc.if_else(pa.array(hit), tail, country)
    return line, country


def _take_ending(line: pa.StringArray) -> tuple[pa.StringArray, dict[str, pa.StringArray]]:
    """What is left before the first shape that fits, and what the shape found."""
    rest, found = _take_state_and_zip(line)
    open_ = valid_mask(line) & ~valid_mask(found["postcode"])
    for shape in SHAPES:
        if not open_.any():
            break
        groups = pc.extract_regex(keep(line, open_), shape.pattern)
        hit = valid_mask(groups) & ~matches(line, shape.unless)
        chosen = pa.array(hit)
        rest = pc.if_else(chosen, _group(groups, "rest"), rest)
        found = {name: pc.if_else(chosen, _group(groups, name), part) for name, part in found.items()}
        open_ &= ~hit
    return rest, found


def _take_state_and_zip(line: pa.StringArray) -> tuple[pa.StringArray, dict[str, pa.StringArray]]:
    """The commonest ending, `..., IL 62704`, by splitting at blanks: ten times as fast as a shape."""
    split = pc.split_pattern(line, " ", max_splits=2, reverse=True)
    three = pc.equal(pc.list_value_length(split), 3)
    rest, state, code = (pc.list_element(pc.if_else(three, split, NO_WORDS), place) for place in range(3))
    hit = one_of(state, STATE_CODES) & matches(code, rf"^(?:{ZIP}|\d{{4}})$")
    nothing = pa.nulls(len(line), pa.string())
    return pc.if_else(pa.array(hit), pc.utf8_rtrim(rest, " ,"), line), {
        "city": nothing,
        "region": keep(state, hit),
        "postcode": keep(code, hit),
    }


def _group(groups: pa.StructArray, name: str) -> pa.StringArray:
    """A group of a match; null where the pattern has none of that name, or it is empty."""
    if groups.type.get_field_index(name) < 0:
        return pa.nulls(len(groups), pa.string())
    return none_if_empty(pc.struct_field(groups, name))


def _take_county(line: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """A county after the town (`Swansea, West Glamorgan`): a known region in the third place or later."""
    found = pc.extract_regex(line, r"^(?P<rest>[^,]*\d[^,]*,.*[^ ,]), ?(?P<county>[^\d,]+)$")
    county, before = pc.struct_field(found, "county"), pc.struct_field(found, "rest")
    town = pc.replace_substring_regex(before, "^.*, ?", "")
    unfit = matches(town, UNIT_FIRST) | matches(town, ENDS_IN_STREET_TYPE) | matches(town, r"\d")
    hit = one_of(fold(county), REGIONS) & ~unfit
    return pc.if_else(pa.array(hit), before, line), keep(county, hit)


def _take_town(line: pa.StringArray, anchored: Mask) -> tuple[pa.StringArray, pa.StringArray]:
    """Street and town of what is left; without a comma only where something behind the town told that it is an address."""
    split = pc.split_pattern(keep(line, matches(line, ",")), ",", max_splits=1, reverse=True)
    head, tail = pc.list_element(split, 0), pc.utf8_ltrim(pc.list_element(split, 1), " ")
    by_comma = valid_mask(tail) & ~matches(tail, r"\d") & ~matches(tail, UNIT_FIRST) & ~matches(tail, ENDS_IN_STREET_TYPE)
    street, city = keep(head, by_comma), keep(tail, by_comma)
    for pattern in (TOWN_AFTER_STREET, TOWN_AFTER_BOX):
        found = pc.extract_regex(keep(line, anchored & ~valid_mask(city)), pattern)
        street, city = pc.coalesce(street, pc.struct_field(found, "street")), pc.coalesce(city, pc.struct_field(found, "city"))
    alone = anchored & ~valid_mask(city) & ~matches(line, r"[\d,]") & ~matches(line, ENDS_IN_STREET_TYPE)
    city = pc.coalesce(city, keep(line, alone))
    return pc.coalesce(street, keep(line, np.asarray(~valid_mask(city)))), city
