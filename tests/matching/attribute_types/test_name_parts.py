"""Whole names taken apart."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from matching.attribute_types.full_name import split_full_name

CASES = Path(__file__).parents[2] / "cases" / "whole_names.csv"


def cases(order: str) -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return [case for case in csv.DictReader(file) if case["order"] == order]


def wrong(order: str) -> list[str]:
    """The cases of an order that come out otherwise, in words."""
    chosen = cases(order)
    assert chosen
    parts = split_full_name(pa.array([case["text"] for case in chosen]), order or None)
    found = zip(parts.given.to_pylist(), parts.family.to_pylist(), parts.organisation.to_pylist(), strict=True)
    wanted = ((case["given"] or None, case["family"] or None, case["organisation"] or None) for case in chosen)
    return [f"{case['text']}: {got}, not {want}" for case, got, want in zip(chosen, found, wanted, strict=True) if got != want]


def test_whole_names_come_apart_as_the_table_says() -> None:
    """Every line of tests/cases/whole_names.csv holds."""
    for order in ("", "given_first", "family_first"):
        assert not wrong(order), "\n".join(wrong(order))


@given(st.lists(st.one_of(st.none(), st.text(max_size=40), st.text("ab ,&.()", max_size=20)), max_size=8))
def test_any_text_comes_apart_without_error(texts: list[str | None]) -> None:
    """Parts run along the names; an organisation has no other part."""
    names = pa.array([text and text.encode("utf-8", "replace").decode() for text in texts], pa.string())
    for order in (None, "family_first"):
        parts = split_full_name(names, order)
        assert len(parts.given) == len(parts.family) == len(parts.organisation) == len(texts)
        for one, other, firm in zip(parts.given.to_pylist(), parts.family.to_pylist(), parts.organisation.to_pylist(), strict=True):
            assert not firm or (one, other) == (None, None)
            assert one is None or other is not None


def test_a_name_is_taken_apart_alike_whatever_stands_beside_it() -> None:
    """One by one or all together, the parts are the same. (Invariant 6)"""
    names = [case["text"] for case in cases("")]
    together = split_full_name(pa.array(names))
    for position, name in enumerate(names):
        alone = split_full_name(pa.array([name]))
        assert alone.given.to_pylist() == together.given.slice(position, 1).to_pylist()
        assert alone.family.to_pylist() == together.family.slice(position, 1).to_pylist()
