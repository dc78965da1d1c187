"""Names of people: casing, titles, suffixes, what cannot be a name."""

from __future__ import annotations

import pyarrow as pa
import pytest

from domain.attributes import Status
from matching.attribute_types import TYPES
from matching.attribute_types.names import recase, repair_digits, suffix, untitled


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("O'BRIEN", "O'Brien"),
        ("MCDONALD", "McDonald"),
        ("mcdonald", "McDonald"),
        ("MACDONALD", "MacDonald"),
        ("MACHADO", "Machado"),
        ("DE LA CRUZ", "De la Cruz"),
        ("LUDWIG VAN BEETHOVEN", "Ludwig van Beethoven"),
        ("ANNE-MARIE", "Anne-Marie"),
        ("D'ANGELO", "D'Angelo"),
        ("JOHN SMITH III", "John Smith III"),
        ("JOHN 3RD", "John 3rd"),
        ("J.R.", "J.R."),
        ("ŁUKASZ", "Łukasz"),
        ("ИВАН", "Иван"),
        ("李小龙", "李小龙"),
        ("deVries", "deVries"),
        ("van der Berg", "van der Berg"),
        ("MacDonald", "MacDonald"),
    ],
)
def test_capitals_are_read_as_names_are_written_and_mixed_case_is_kept(text: str, written: str) -> None:
    """Only a name all in capitals or all in small letters is written anew."""
    assert recase(pa.array([text])).to_pylist() == [written]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Mr John", "John"),
        ("Mr. & Mrs. Smith", "Smith"),
        ("Prof. Dr. Müller", "Müller"),
        ("Sr. Juan", "Juan"),
        ("Miss", "Miss"),
        ("Drake", "Drake"),
        ("Missy", "Missy"),
        ("(Smith)", "Smith"),
        ("Robert (Bob)", "Robert (Bob)"),
        ("Smith, ", "Smith"),
        ("'t Hooft", "'t Hooft"),
    ],
)
def test_titles_and_stray_signs_are_taken_off(text: str, bare: str) -> None:
    """A title goes only where a name follows it, and never part of a word."""
    assert untitled(pa.array([text])).to_pylist() == [bare]


@pytest.mark.parametrize(
    ("text", "generation"),
    [
        ("Smith Jr.", "jr"),
        ("John, JR", "jr"),
        ("Smith Senior", "sr"),
        ("John II", "ii"),
        ("John 3rd", "iii"),
        ("Smith IV", "iv"),
        ("Junior", None),
        ("Smith", None),
        (None, None),
    ],
)
def test_a_suffix_tells_father_from_son(text: str | None, generation: str | None) -> None:
    """However it is written, and only at the end of a name."""
    assert suffix(pa.array([text], pa.string())).to_pylist() == [generation]


@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_a_suffix_stays_in_the_value_and_leaves_the_form(name: str) -> None:
    """Father and son have one form; for people the suffix is shown."""
    result = TYPES[name].standardise(pa.array(["JOHN JR."]))
    assert (result.value.to_pylist(), result.form.to_pylist()) == (["John Jr."], ["john"])


@pytest.mark.parametrize(
    ("text", "read"), [("SM1TH", "SMITH"), ("Wil1iams", "Williams"), ("J0hn", "John"), ("J0HN", "JOHN"), ("5mith", "smith")]
)
def test_a_digit_inside_a_name_is_read_as_the_letter_it_looks_like(text: str, read: str) -> None:
    """Scanners take O for 0, L or I for 1, S for 5."""
    assert repair_digits(pa.array([text])).to_pylist() == [read]


@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_what_cannot_be_a_name_is_set_aside(name: str) -> None:
    """Numbers, addresses, markup, and texts far too long are invalid; keyboards' first rows stand for nothing."""
    kind = TYPES[name]
    invalid = kind.standardise(pa.array(["John2", "12345", "x@y.org", "<b>John</b>", "a=1", "John " * 30]))
    assert set(invalid.status) == {Status.INVALID}
    nothing = kind.standardise(pa.array(["asdf", "QWERTY", "aaaa", "xxx", "Mr. Unknown", "First Name", "N/A"]))
    assert set(nothing.status) == {Status.PLACEHOLDER}
