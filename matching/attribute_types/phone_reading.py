"""Telephone numbers read as phonenumbers reads them, most of them without asking it.

phonenumbers takes 50 microseconds a number. Numbers in plain shapes are decided here by its own metadata, vectorised,
in exactly the cases in which its answer is certain; it is asked about all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import CountryCodeSource, NumberParseException, PhoneMetadata, PhoneNumberFormat, ValidationResult

from domain.errors import OnefoldError
from matching.attribute_types.text_tools import Mask, keep, matches, per_distinct, true_mask, valid_mask

# Digits with the punctuation that never means anything, and an extension written in one of the usual ways.
PLAIN = r"^(?P<plus>\+?)(?P<digits>[ .()-]*\d[\d .()-]*)(?:,? ?(?:x|ext\.?|extension) ?(?P<extension>\d{1,6}))?$"
# What people add to a number to say what it is.
LABEL = r"(?i)^[^\d+(]*[:=] *| *[(\[]?\b(?:home|work|mobile|mob|cell|office|fax|tel|private|landline|main|[hwmc])\b[)\]]?\.?$"
LONGEST = 60
MOST_READINGS = 3
SHORTEST_UNKNOWN, LONGEST_UNKNOWN = 6, 15


@dataclass(frozen=True, slots=True)
class Plan:
    """A numbering plan, from the metadata of phonenumbers."""

    country_code: str
    lengths: frozenset[int]
    """Of national numbers."""
    local_lengths: frozenset[int]
    """Of numbers that lack their area code."""
    national: str
    """Regular expression of national numbers."""
    trunk: str
    """Regular expression of the prefix dialled within the country; matches nothing if there is none."""
    rewrites: bool
    """The prefix is not only removed: such numbers are left to the library."""
    abroad: str
    """Regular expression of the prefix dialled to leave the country."""


NOTHING = r"[^\d\D]"


@cache
def plan_of(region: str) -> Plan:
    """The numbering plan of a two-letter country."""
    meta: Any = PhoneMetadata.metadata_for_region(region)
    general = meta.general_desc
    return Plan(
        country_code=str(meta.country_code),
        lengths=frozenset(general.possible_length),
        local_lengths=frozenset(general.possible_length_local_only),
        national=f"^(?:{general.national_number_pattern})$",
        trunk=f"^(?:{meta.national_prefix_for_parsing or NOTHING})",
        rewrites=meta.national_prefix_transform_rule is not None,
        abroad=f"^(?:{meta.international_prefix or NOTHING})",
    )


@cache
def main_plan(country_code: str) -> Plan:
    """The plan by which numbers of a country code are possible or not: of several countries, the main one's."""
    return plan_of(phonenumbers.region_code_for_country_code(int(country_code)))


def read_phones(text: pa.StringArray, region: str | None) -> pa.StringArray:
    """The number of each tidied text: `+12065550100`, `+12065550100 ext. 12`, digits alone, or null.

    Raises OnefoldError for a region that is no country.
    """
    region = region.upper() if region else None
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise OnefoldError(f"region '{region}' is not a country with telephone numbers; write its two letters, for example US.")
    number = read_plain(text, region)
    rest = valid_mask(text) & ~valid_mask(number)
    if not rest.any():
        return number
    chosen = pa.array(rest)
    return pc.replace_with_mask(number, chosen, per_distinct(text.filter(chosen), partial(read_phone, region=region)))


def read_phone(text: str, region: str | None) -> str | None:
    """One number as phonenumbers reads it; where it cannot without a country, its digits.

    A number that reads differently when written out and read again (`+44 00 20...`) is read until it stays.

    >>> read_phone("Tel: +44 (0)20 7183 8750", None), read_phone("555-0100", "US"), read_phone("555-0100", None)
    ('+442071838750', '5550100', '5550100')
    """
    number = _read_once(re.sub(LABEL, "", text), region) if len(text) <= LONGEST else None
    for _ in range(MOST_READINGS):
        again = _read_once(number, region) if number else None
        if again == number:
            return number
        number = again
    return None


def _read_once(text: str, region: str | None) -> str | None:
    if region is None:
        text = re.sub(r"^00(?=[1-9][\d .()/-]{7,})", "+", text)
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException as error:
        unknown = region is None and error.error_type == NumberParseException.INVALID_COUNTRY_CODE and "+" not in text
        return _digits_alone(text) if unknown else None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY and number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return _with_extension(phonenumbers.national_significant_number(number), number.extension)
    if possible in (ValidationResult.IS_POSSIBLE, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return _with_extension(phonenumbers.format_number(number, PhoneNumberFormat.E164), number.extension)
    return None


def _digits_alone(text: str) -> str | None:
    found = re.match(PLAIN, text)
    if not found:
        return None
    digits = re.sub(r"\D", "", found["digits"])
    return _with_extension(digits, found["extension"]) if SHORTEST_UNKNOWN <= len(digits) <= LONGEST_UNKNOWN else None


def _with_extension(number: str, extension: str | None) -> str:
    return f"{number} ext. {extension}" if extension else number


def read_plain(text: pa.StringArray, region: str | None) -> pa.StringArray:
    """The numbers that need no library; null for the rest."""
    found = pc.extract_regex(text, "(?i)" + PLAIN)
    digits = pc.replace_substring_regex(found.field("digits"), r"\D", "")
    has_plus = matches(found.field("plus"), r"\+")
    number = pc.coalesce(_abroad(keep(digits, has_plus)), _at_home(keep(digits, ~has_plus), region))
    extension = pc.if_else(pc.equal(found.field("extension"), ""), "", pc.binary_join_element_wise(" ext. ", found.field("extension"), ""))
    return pc.binary_join_element_wise(number, extension, "")


def _abroad(digits: pa.StringArray) -> pa.StringArray:
    """Numbers that came with a plus: certain where the national number needs no prefix taken off and has a possible length."""
    coded = pc.utf8_slice_codeunits(digits, 0, 3).dictionary_encode()
    codes = np.array([_country_code(start) for start in coded.dictionary.to_pylist()] + [""])
    code = codes[np.asarray(pc.fill_null(coded.indices, -1))]
    certain = np.zeros(len(digits), bool)
    for country_code in set(codes) - {""}:
        here = code == country_code
        certain[here] = _is_whole(pc.utf8_slice_codeunits(digits.filter(pa.array(here)), len(country_code)), main_plan(country_code))
    return pc.binary_join_element_wise("+", keep(digits, certain), "")


def _is_whole(national: pa.StringArray, plan: Plan) -> Mask:
    """Which are national numbers that the plan takes nothing off."""
    return np.asarray(~matches(national, plan.trunk) & ~matches(national, "^0") & _length_in(national, plan.lengths))


@cache
def _country_code(start: str) -> str:
    """The country code that three digits begin with; empty where there is none, or none of one country's plan."""
    starts = () if start.startswith("0") else tuple(start[:length] for length in range(1, len(start) + 1))
    return next((code for code in starts if phonenumbers.region_code_for_country_code(int(code)) not in ("ZZ", "001")), "")


def _at_home(digits: pa.StringArray, region: str | None) -> pa.StringArray:
    """Numbers without a plus: certain where what is left of them without prefixes is a national or a local number."""
    if region is None:
        return keep(digits, _length_in(digits, range(SHORTEST_UNKNOWN, LONGEST_UNKNOWN + 1)) & ~matches(digits, "^00"))
    plan = plan_of(region)
    digits = keep(digits, ~matches(digits, plan.abroad))
    coded, trunk = matches(digits, f"^{plan.country_code}"), matches(digits, plan.trunk)
    as_it_is = keep(digits, ~trunk & (~coded | _is_national(digits, plan)))
    national = pc.coalesce(as_it_is, _shortened(digits, plan))
    whole = main_plan(plan.country_code)
    international = pc.binary_join_element_wise(f"+{plan.country_code}", keep(national, _is_whole(national, whole)), "")
    local = keep(as_it_is, ~coded & ~matches(digits, "^0") & _length_in(digits, whole.local_lengths - {1, 2}))
    return pc.coalesce(international, local)


def _shortened(digits: pa.StringArray, plan: Plan) -> pa.StringArray:
    """The national number behind the plan's country code or trunk prefix, where it is certain that one stands before it."""
    coded, trunk = matches(digits, f"^{plan.country_code}"), matches(digits, plan.trunk)
    without_trunk = keep(pc.replace_substring_regex(digits, plan.trunk, ""), trunk & ~coded & (not plan.rewrites))
    without_code = keep(pc.utf8_slice_codeunits(digits, len(plan.country_code)), coded & ~_is_national(digits, plan))
    shorter = pc.coalesce(without_trunk, keep(without_code, ~matches(without_code, plan.trunk)))
    return keep(shorter, _is_national(shorter, plan))


def _is_national(digits: pa.StringArray, plan: Plan) -> Mask:
    """Which are national numbers by pattern and length."""
    return np.asarray(matches(digits, plan.national) & _length_in(digits, plan.lengths))


def _length_in(digits: pa.StringArray, allowed: Iterable[int]) -> Mask:
    return true_mask(pc.is_in(pc.binary_length(digits), value_set=pa.array(sorted(allowed), pa.int32())))
