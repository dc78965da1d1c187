"""Names of columns: what each promises, by a table of cases that anybody who meets another can add to."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from matching.attribute_types import TYPES
from matching.infer.names import ABOUT, QUALIFIER, meaning_of, rows, whole_names
from matching.infer.settle import KINDS

CASES = Path(__file__).parents[2] / "cases" / "column_names.csv"
SETTLED = {
    *("name", "full name", "title", "brand", "house number", "street part", "street unit", "second family name", "former family name"),
    *("birth year", "birth month", "birth day", "age", "key", "source", "other"),
}
"""Meanings that other columns or the values settle."""


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_a_column_name_means_what_its_line_says(case):
    """Its kind, its attribute, and whether the whole name says so."""
    found = meaning_of(case["name"])
    assert (found.kind, found.attribute, found.exact) == (case["kind"], case["attribute"], case["exact"] == "yes")


def test_every_meaning_of_the_table_is_known_to_the_code():
    """A new line of column_words.csv cannot name what nothing reads."""
    kinds = {meaning.kind for _, meaning in rows()}
    assert kinds <= set(TYPES) | set(KINDS) | SETTLED | {QUALIFIER, ABOUT}


def test_every_phrase_stands_once_and_says_itself():
    """No two lines contradict each other, and each is found by its own words."""
    telling = [words for words, meaning in rows() if meaning.attribute]
    assert len(telling) == len(set(telling))
    for words in telling:
        assert meaning_of("_".join(words)) == whole_names()[words]


@pytest.mark.parametrize("name", ["", "   ", "1", "😀", "\x00", "x" * 100_000, "_" * 1000, "名前" * 500])
def test_no_name_is_too_strange(name):
    """It says nothing, quickly, and nothing breaks."""
    assert not meaning_of(name).exact or meaning_of(name).kind == "key"


def test_writing_makes_no_difference():
    """Case, camels, separators and figures are all the same."""
    for name in ("birthDate", "BIRTH_DATE", "birth-date", "Birth Date", "birthdate", "birth.date", "birthDate2"):
        assert meaning_of(name).kind == "date_of_birth"
