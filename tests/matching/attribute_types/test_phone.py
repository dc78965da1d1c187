"""Telephone numbers: the fast path and phonenumbers agree in every country; what numbers block on."""

from __future__ import annotations

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from domain.errors import OnefoldError
from matching.attribute_types.phone import Phone
from matching.attribute_types.phone_reading import read_phone, read_phones, read_plain
from matching.attribute_types.text_tools import tidy

REGIONS = ["US", "CA", "GB", "AU", "DE", "FR", "IT", "ES", "IN", "MX", "BR", "AR", "JP", "RU", "NZ", "CH", "SG", "HK", "TR", None]

PREFIXES = st.sampled_from(["", "", "+", "0", "00", "011", "1", "+1", "+44", "+49 (0)", "44", "+39 0", "+61", "001-", "(0", "8"])
DIGITS = st.text("0123456789", min_size=2, max_size=13)
ENDINGS = st.sampled_from(["", "", "", " x12", " ext. 5", ", extension 77", "#3", " home", "/2"])
NUMBERS = st.builds(
    lambda prefix, a, mark, b, ending: f"{prefix}{a}{mark}{b}{ending}",
    PREFIXES,
    DIGITS,
    st.sampled_from(["", " ", "-", ".", ") "]),
    DIGITS,
    ENDINGS,
)

US_SHAPES = [
    "(206) 555-0100",
    "206-555-0100",
    "206.555.0100",
    "2065550100",
    "+1 206 555 0100",
    "1-206-555-0100",
    "206 555 0100 x12",
    "555-0100",
]


@pytest.mark.parametrize("region", REGIONS)
@settings(deadline=None, max_examples=80)
@given(numbers=st.lists(NUMBERS, max_size=12))
def test_what_is_decided_at_once_is_what_phonenumbers_says(region: str | None, numbers: list[str]) -> None:
    """A number read without the library is read as the library reads it."""
    text = tidy(pa.array(numbers, pa.string()))
    fast = read_plain(text, region).to_pylist()
    assert fast == [value and read_phone(number, region) for number, value in zip(text.to_pylist(), fast, strict=True)]


@pytest.mark.parametrize("style", [PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.E164])
def test_a_real_number_of_every_country_is_read_as_phonenumbers_reads_it(style: int) -> None:
    """The library's own example of each country, written as people of that country write it, comes to its E.164."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        text = phonenumbers.format_number(phonenumbers.example_number(region), style)
        expected = phonenumbers.format_number(phonenumbers.parse(text, region), PhoneNumberFormat.E164)
        assert read_phones(pa.array([text]), region).to_pylist() == [expected], region


def test_ordinary_numbers_need_no_library() -> None:
    """Every usual way to write a US number is decided at once, with the region and without."""
    assert read_plain(pa.array(US_SHAPES), "US").null_count == 0
    assert read_plain(pa.array(US_SHAPES), None).null_count == 0


def test_a_region_that_is_no_country_is_refused() -> None:
    """With what to write instead."""
    with pytest.raises(OnefoldError, match="region 'XX' is not a country with telephone numbers; write its two letters, for example US"):
        read_phones(pa.array(["206-555-0100"]), "xx")


def test_a_number_blocks_on_its_end_whatever_its_prefix() -> None:
    """
    +1 206 555 0100, 555-0100   share their last seven digits
    """
    atoms = Phone().blocking_atoms(pa.array(["12065550100", "5550100", "550100", None]))
    assert {label: atom.to_pylist() for label, atom in atoms.items()} == {
        "exact": ["12065550100", "5550100", "550100", None],
        "last 7 digits": ["5550100", "5550100", None, None],
        "last 4 digits": ["0100", "0100", "0100", None],
    }
