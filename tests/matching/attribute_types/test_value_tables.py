"""The tables of values in tests/cases: what one raw text is taken for, and why."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from domain.attributes import Status
from matching.attribute_types import TYPES, Options
from matching.attribute_types.address import split_address

CASES = Path(__file__).parents[2] / "cases"
TABLES = [name for name in TYPES if (CASES / f"{name}_values.csv").exists()]


def table(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def found(name: str, case: dict[str, str]) -> tuple[str, str]:
    """Value and status of one case."""
    options = Options(region=case["region"] or None, format=case["format"] or None)
    result = TYPES[name].standardise(pa.array([case["text"]]), options)
    value = result.value[0].as_py()
    return "" if value is None else str(value), Status(result.status[0]).name


@pytest.mark.parametrize("name", TABLES)
def test_a_text_is_taken_for_what_the_table_says(name: str) -> None:
    """Every line of tests/cases/<type>_values.csv holds: value and status."""
    cases = table(f"{name}_values")
    wrong = [
        f"{case['text']} ({case['why']}): {got}, not {case['value']}, {case['status']}"
        for case in cases
        if (got := found(name, case)) != (case["value"], case["status"])
    ]
    assert cases
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_whole_address_comes_apart_as_the_table_says() -> None:
    """Every line of tests/cases/whole_addresses.csv holds; `\\n` stands for a line break."""
    cases = table("whole_addresses")
    parts = split_address(pa.array([case["text"].replace("\\n", "\n") for case in cases]))
    split = [dict(zip(parts._fields, row, strict=True)) for row in zip(*(part.to_pylist() for part in parts), strict=True)]
    wrong = [
        f"{case['text']} ({case['why']}): {got}"
        for case, got in zip(cases, split, strict=True)
        if any((got[name] or "") != case[name] for name in parts._fields)
    ]
    assert not wrong, "\n" + "\n".join(wrong)
