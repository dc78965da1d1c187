"""The catalogue of checks: every entry explains itself, and every wrong line of a project file is explained."""

from typing import Any

import pytest

from domain.checks import Gate
from quality import CHECK_KINDS

OURS = [kind for kind in CHECK_KINDS.values() if not kind.plain]


def test_every_kind_says_what_it_checks() -> None:
    """An operator reads a sentence of each kind, and where it is asked."""
    for name, kind in CHECK_KINDS.items():
        assert kind.name == name
        assert kind.gates, name
        assert kind.description[0].isupper(), name
    assert all(kind.description.rstrip(" )0123456789").endswith((".", "(Invariant")) for kind in OURS)


def test_the_kinds_of_the_project_file() -> None:
    """What can stand under `expect:` and `publish:`; a new kind is added here knowingly."""
    named = {gate: sorted(k.name for k in OURS if gate in k.gates and not k.always) for gate in Gate}
    assert named == {
        Gate.ARRIVAL: ["complete", "fresh_days", "max_drop", "max_placeholders", "max_quarantined", "max_surge", "min_rows", "valid"],
        Gate.PUBLICATION: ["complete", "completeness_drop", "max_cluster", "max_count_change", "max_id_churn"],
    }


# A kind, its arguments in a project file, and the sentences that come back.
PROBLEMS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("min_rows", {"value": 100}, []),
    ("complete", {"attribute": "email", "share": 1}, []),
    ("min_rows", {"value": -1}, ["value is -1; it must be a whole number of 0 or more"]),
    ("min_rows", {"value": True}, ["value is True; it must be a whole number of 0 or more"]),
    ("max_drop", {"value": "20%"}, ["value is '20%'; it must be a share between 0 and 1"]),
    ("max_drop", {"value": float("nan")}, ["value is nan; it must be a share between 0 and 1"]),
    ("max_surge", {"value": 3}, []),
    ("max_surge", {"value": -1}, ["value is -1; it must be a share of 0 or more (1 is as many again)"]),
    ("fresh_days", {"value": 0}, ["value is 0; it must be a number of days above 0"]),
    ("max_cluster", {"value": 0}, ["value is 0; it must be a whole number of 1 or more"]),
    ("min_rows", {}, ["value is missing; give a whole number of 0 or more"]),
    ("min_rows", {"value": 1, "zz": 2}, ["'zz' is not an argument of min_rows; there are value"]),
    ("complete", {"attribute": 3, "share": 0.5}, ["attribute is 3; it must be the name of an attribute"]),
    (
        "complete",
        {"atribute": "email", "share": 0.5},
        ["attribute is missing; give the name of an attribute", "'atribute' is not an argument of complete; did you mean 'attribute'?"],
    ),
    ("golden_unique", {}, ["'golden_unique' is always asked; remove it"]),
]


@pytest.mark.parametrize(("kind", "arguments", "sentences"), PROBLEMS)
def test_wrong_arguments_are_explained(kind: str, arguments: dict[str, Any], sentences: list[str]) -> None:
    """Every mistake is told at once, with what is right."""
    assert CHECK_KINDS[kind].problems(arguments) == sentences


def test_a_kind_names_the_attributes_it_is_asked_of() -> None:
    """The project file checks these against its own; arguments of the wrong kind name none."""
    assert CHECK_KINDS["complete"].attributes({"attribute": "email", "share": 0.5}) == ["email"]
    assert CHECK_KINDS["complete"].attributes({"attribute": ["email"]}) == []
    assert CHECK_KINDS["min_rows"].attributes({"value": 1}) == []
    assert CHECK_KINDS["ExpectColumnPairValuesToBeEqual"].attributes({"column_A": "city", "column_B": "email"}) == ["city", "email"]
    assert CHECK_KINDS["ExpectCompoundColumnsToBeUnique"].attributes({"column_list": ["city", 3]}) == ["city"]
