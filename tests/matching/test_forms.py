"""Forms: the suffixes of names are an attribute of their own."""

from __future__ import annotations

import numpy as np

from matching.chance import Population
from matching.explain import explain
from matching.forms import SUFFIX, compared_attributes, forms_of
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, records

PEOPLE = [attribute("given_name"), attribute("family_name"), attribute("street"), attribute("date_of_birth")]

TOWN = "\n".join(
    f"{source}:{number} | {given} | {family} | {number} Main Street | 19{40 + number}-0{1 + number % 9}-1{number % 7}"
    for source in ("crm", "shop")
    for number, (given, family) in enumerate(
        [("Ann", "Lee"), ("Bob", "Stone"), ("Cleo", "Brown"), ("Dan", "Miller"), ("Eve", "Fox"), ("Finn", "Carter"), ("Gus", "Mason")]
    )
)
DOBBINS = """
crm:father | David | Dobbins Sr | 1450 City Road | -
shop:son   | David | Dobbins Jr | 1450 City Road | -
shop:bare  | David | Dobbins    | 1450 City Road | -
crm:second | David | Dobbins II | 1450 City Road | -
"""


def people(picture: str) -> Records:
    return records(PEOPLE, picture)


def suffixes(found: Records) -> list[str | None]:
    own = forms_of(found)[SUFFIX]
    codes = own.codes()
    return [None if code < 0 else own.distinct[int(code)].as_py() for code in codes]


def test_a_suffix_is_read_from_whatever_name_ends_with_it():
    """`Smith Jr`, `John Jr.` and `Smith Jr., John`; Jr and II are both the second of a name."""
    found = people(
        """
        a:1 | John     | Smith Jr | - | -
        a:2 | John Jr. | Smith    | - | -
        a:3 | John     | Smith II | - | -
        a:4 | John     | Smith    | - | -
        a:5 | -        | Junior   | - | -
        """
    )
    assert suffixes(found) == ["jr", "jr", "jr", None, None]
    whole = records([attribute("full_name")], "a:1 | Smith Jr., John\na:2 | John Smith III")
    assert suffixes(whole) == ["jr", "iii"]


def test_a_column_of_suffixes_comes_before_the_names():
    """Where the project maps suffixes, they are its own attribute; a name fills in where it is empty."""
    found = records(
        [attribute("family_name"), attribute("suffix", "name_suffix")], "a:1 | Smith Jr | III\na:2 | Smith Jr | -\na:3 | Smith | 3rd"
    )
    own = forms_of(found)["suffix"]
    assert own.distinct.take(own.codes()).to_pylist() == ["iii", "jr", "iii"]
    assert [a.name for a in compared_attributes([attribute("suffix", "name_suffix"), attribute("family_name")])] == [
        "suffix",
        "family_name",
    ]


def test_a_father_and_his_son_are_two_though_all_else_agrees():
    """Another suffix is strong evidence against; a suffix that one of the two lacks says nothing."""
    found = people(TOWN + DOBBINS)
    forms = forms_of(found)
    model, _, _ = train(forms, Population(found.source, np.zeros(2, bool), found.sources))
    place = {key: at for at, key in enumerate(found.keys.to_pylist())}
    at = next(k for k, c in enumerate(model.comparisons) if c.name == SUFFIX)

    def told(one: str, other: str) -> tuple[str, float]:
        evidence = explain(found, forms, model, place[one], place[other]).evidence[at]
        return evidence.level.partition(" (")[0], evidence.weight

    level, weight = told("father", "son")
    assert level == "different"
    assert weight < -4
    assert told("father", "bare") == ("missing", 0.0)
    assert told("son", "second")[0] == "exact"
