"""The tables of cases in tests/cases: what two texts are to each other, and why."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from domain.attributes import Status
from matching.attribute_types import TYPES, Options

CASES = Path(__file__).parents[2] / "cases"
TABLES = [name for name in TYPES if (CASES / f"{name}.csv").exists()]


def table(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", TABLES)
def test_two_texts_are_to_each_other_what_the_table_says(name: str) -> None:
    """Every line of tests/cases/<type>.csv holds, from raw text to level."""
    kind, cases = TYPES[name], table(name)
    options = Options(region="US")
    left, right = (kind.standardise(pa.array([case[side] for case in cases]), options) for side in ("left", "right"))
    assert set(left.status) | set(right.status) == {Status.VALID}
    levels = kind.compare(left.form, right.form)
    found = ["exact" if one == other else kind.levels[level] for one, other, level in zip(left.form, right.form, levels, strict=True)]
    wrong = [
        f"{case['left']} | {case['right']}: {level}, not {case['level']}"
        for case, level in zip(cases, found, strict=True)
        if level != case["level"]
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_a_case_for_every_level(name: str) -> None:
    """No level of a type goes without an example."""
    assert {case["level"] for case in table(name)} == set(TYPES[name].levels)
