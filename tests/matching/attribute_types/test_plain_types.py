"""Organisations, genders, identifiers, national ids, texts and web addresses: what is read, and what is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from domain.attributes import Status
from matching.attribute_types import TYPES, Options
from matching.attribute_types.organisation import looks_like_organisation

V, X, P, M = Status.VALID, Status.INVALID, Status.PLACEHOLDER, Status.MISSING


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("gender", {"F": V, "male": V, "1": V, "9": P, "0": P, "prefer not to say": P, "banana": X, "-": M}),
        ("identifier", {"A1": V, "4711": V, "1111": V, "00000": P, "999999": P, "123456789": P, "x" * 200: X}),
        (
            "national_id",
            {
                "536-90-4399": V,
                "000-00-0000": P,
                "123-45-6789": P,
                "999999999": P,
                "078-05-1120": P,
                "***-**-4399": X,
                "4399": X,
                "none given": X,
            },
        ),
        ("organisation", {"Acme Ltd": V, "3M": V, "Private": P, "?": M, "x" * 400: X}),
        (
            "url",
            {"example.org": V, "https://a.example.org/b": V, "https://www.example.com": P, "not a page": X, "localhost": X, "x@y.org": X},
        ),
        ("category", {"gold": V, "N/A": P, "!": M}),
        ("text", {"An old mill.": V, "TBD": P}),
        ("full_name", {"John Smith": V, "John Doe": P, "12345": X, "TEST": P}),
    ],
)
def test_what_is_valid_and_what_stands_for_nothing(name: str, statuses: dict[str, Status]) -> None:
    """A placeholder is missing, never equal to another; what makes no sense is invalid."""
    found = TYPES[name].standardise(pa.array(list(statuses))).status.tolist()
    assert dict(zip(statuses, found, strict=True)) == statuses


@pytest.mark.parametrize(
    ("region", "number", "status"),
    [
        ("US", "536-90-4399", V),
        ("US", "666-12-3456", X),
        ("US", "36904399", V),
        ("NL", "111222333", V),
        ("NL", "111222334", X),
        ("IT", "RCCMNL83S18D969H", V),
        ("IT", "RCCMNL83S18D969A", X),
        ("FR", "1 23 45", X),
        ("XX", "A1234567", V),
        (None, "A1234567", V),
    ],
)
def test_a_region_refuses_numbers_its_country_does_not_issue(region: str | None, number: str, status: Status) -> None:
    """By check digits and ranges; a country that is not known takes any number."""
    assert TYPES["national_id"].standardise(pa.array([number]), Options(region=region)).status.tolist() == [status]


def test_organisations_are_told_from_people() -> None:
    """By legal forms and words, but not by a family name that happens to be one."""
    firms = ["Acme Ltd", "ACME INC.", "Müller GmbH", "Siemens AG", "Smith & Co", "University of Ulm", "St Mary's School", "Smith Brothers"]
    people = ["John Smith", "Maria Sa", "MARIA SA", "John Banks", "Charlotte Church", "Peter Groupe", "Ann Inc-Lee", "Will Shops"]
    assert looks_like_organisation(pa.array(firms + people)).tolist() == [True] * len(firms) + [False] * len(people)


def test_a_text_is_compared_by_its_beginning() -> None:
    """Texts of 50,000 letters that begin alike are alike, and comparing them takes no time."""
    start = "the quick brown fox jumps over the lazy dog " * 8
    kind = TYPES["text"]
    assert kind.levels[kind.compare(pa.array([start + "a" * 50_000]), pa.array([start + "b" * 50_000]))[0]] == "alike 90%"
