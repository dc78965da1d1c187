"""Comparing: a pair becomes one small level per comparison."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.chance import classes_of
from matching.compare import comparisons_for, count_patterns, patterns_of
from matching.forms import forms_of
from tests.matching.picture import attribute, from_columns, records

PEOPLE = [attribute("given_name"), attribute("family_name"), attribute("phone", many=True, region="US"), attribute("date_of_birth")]
PLACES = [attribute("street", group="address"), attribute("city", group="address"), attribute("postcode", group="address")]


def levels(attributes, picture: str) -> dict[str, str]:
    """The label of each comparison of the first two records."""
    found = records(attributes, picture)
    return compared(found, attributes)


def compared(found, attributes, left=0, right=1) -> dict[str, str]:
    forms, comparisons = forms_of(found), comparisons_for(attributes)
    pair = np.array([left], np.int32), np.array([right], np.int32)
    patterns = patterns_of(comparisons, forms, classes_of(forms), *pair)
    return {c.name: c.labels[level].split(" (")[0] for c, level in zip(comparisons, patterns.levels[0], strict=True)}


def test_equal_missing_and_different_values():
    """Equal is exact, nothing on one side is missing, the rest is different."""
    found = levels(PEOPLE, "a:1 | Ann | Lee | - | 1980-04-03\n a:2 | Ann | Poe | 206 555 0100 | 1951-12-09")
    assert found == {"given_name": "exact", "family_name": "different", "phone": "missing", "date_of_birth": "different"}


def test_swapped_names_agree_once():
    """Given and family name in each other's place: the given name says so, and the family name is not counted again."""
    found = levels(PEOPLE, "a:1 | Martin | James | - | -\n a:2 | James | Martin | - | -")
    assert (found["given_name"], found["family_name"]) == ("swapped with the other name", "missing")


def test_names_that_are_the_same_are_not_swapped():
    """Thomas Thomas and Thomas Thomas are equal twice."""
    found = levels(PEOPLE, "a:1 | Thomas | Thomas | - | -\n a:2 | Thomas | Thomas | - | -")
    assert (found["given_name"], found["family_name"]) == ("exact", "exact")


def test_of_several_values_the_best_two_count():
    """One shared telephone among five is an equal telephone."""
    found = levels(PEOPLE, "a:1 | - | Lee | 206 555 0100; 206 555 0199 | -\n a:2 | - | Lee | 303 555 7788; 206 555 0199; 404 555 1234 | -")
    assert found["phone"] == "exact"


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("12 Main St | Springfield | 62704", "12 Main Street | Springfield | 62704", "same address"),
        ("12 Main St | Springfield | 62704", "12 Main St | Denver | 80201", "same street and number, another place"),
        ("12 Main St | Springfield | 62704", "12 Main St | - | -", "same street and number, place unknown"),
        ("12 Main St | Springfield | 62704", "98 Main St | Springfield | 62704", "same street, another number or unit"),
        ("12 Main St | Springfield | 62704", "7 Oak Ave | Springfield | 62704", "same postcode"),
        ("12 Main St | Springfield | 62704", "7 Oak Ave | Denver | 80201", "different"),
        ("12 Main St | Springfield | 62704", "- | - | -", "missing"),
    ],
)
def test_the_parts_of_an_address_are_one_comparison(left: str, right: str, level: str):
    """Street, city and postcode are told together: agreeing on all three is one observation, not three."""
    found = levels(PLACES, f"a:1 | {left}\n a:2 | {right}")
    assert found == {"address": level}


def test_a_rare_name_is_a_rarer_level_than_a_common_one():
    """Where 600 of 3,000 people are Smith, sharing Smith is the commonest level and sharing Zwetschge is not."""
    names = ["Smith"] * 600 + ["Zwetschge"] * 2 + ["".join("abcdefghij"[int(digit)] for digit in f"{i:04d}") + "sky" for i in range(2398)]
    found = from_columns([attribute("family_name")], [f"a:{i:05d}" for i in range(3000)], {"family_name": names})
    forms, comparisons = forms_of(found), comparisons_for([attribute("family_name")])
    pairs = np.array([0, 600], np.int32), np.array([1, 601], np.int32)
    patterns = patterns_of(comparisons, forms, classes_of(forms), *pairs)
    common, rare = patterns.levels[patterns.index][:, 0]
    assert rare < common
    assert comparisons[0].labels[common] == "exact (over 1 in 100)"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=40))
def test_patterns_are_counted(rows):
    """Every pair has the pattern it came with, and the counts add up."""
    matrix = np.array(rows, np.uint8)
    patterns = count_patterns(matrix, [4, 4, 4])
    assert (patterns.levels[patterns.index] == matrix).all()
    assert patterns.counts.sum() == len(matrix)
    assert len(np.unique(patterns.levels, axis=0)) == len(patterns.levels)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=25, max_size=25), min_size=1, max_size=10))
def test_patterns_of_many_comparisons_do_not_run_into_each_other(rows):
    """25 comparisons of ten levels are more than a 64-bit number holds, and are still told apart."""
    matrix = np.array(rows, np.uint8)
    patterns = count_patterns(matrix, [10] * 25)
    assert (patterns.levels[patterns.index] == matrix).all()


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Ann", "Anna", "Bob", "Robert", "J", None]), st.sampled_from(["Lee", "Li", "Ann", None])),
        min_size=2,
        max_size=8,
    )
)
def test_comparing_is_symmetric(rows):
    """Left with right is right with left, on every comparison."""
    attributes = PEOPLE[:2]
    columns = {"given_name": [given for given, _ in rows], "family_name": [family for _, family in rows]}
    found = from_columns(attributes, [f"a:{i}" for i in range(len(rows))], columns)
    for other in range(1, len(rows)):
        assert compared(found, attributes, 0, other) == compared(found, attributes, other, 0)


def swapped_names() -> list[dict[str, str]]:
    with (Path(__file__).parents[1] / "cases" / "swapped_names.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", swapped_names(), ids=lambda case: case["why"])
def test_names_in_each_others_place(case: dict[str, str]):
    """Every line of tests/cases/swapped_names.csv holds, whichever record comes first."""
    one, other = (f"{case[f'{side}_given']} | {case[f'{side}_family']} | - | -" for side in ("left", "right"))
    for left, right in ((one, other), (other, one)):
        found = levels(PEOPLE, f"a:1 | {left}\n a:2 | {right}")
        assert (found["given_name"], found["family_name"]) == (case["given_level"], case["family_level"])
