"""The invariants and the tests that watch over them: `docs/invariants.md` says which, and is held to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
CITATION = re.compile(r"\(Invariants? ([\d, and]+)\)")
STATED = re.compile(r"^(\d+)\. \*\*(?P<name>[^*]+)\*\*(?P<text>.*?)Tests: (?P<tests>.*?)\.$", re.MULTILINE | re.DOTALL)


def cited(path: Path) -> set[int]:
    """The invariants that the tests of a file cite, in the docstrings of test functions."""
    if not path.exists():
        return set()
    docstrings = re.findall(r'def test_\w+\([^"]*?"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    return {int(number) for text in docstrings for found in CITATION.findall(text) for number in re.findall(r"\d+", found)}


def stated() -> dict[int, list[str]]:
    """Number of each invariant, and the tests that are said to cite it."""
    page = (HOUSE / "docs" / "invariants.md").read_text(encoding="utf-8")
    return {int(found[1]): re.findall(r"`([^`]+)`", found["tests"]) for found in STATED.finditer(page)}


def test_all_eleven_are_stated() -> None:
    """Numbered from 1, each with a name, a sentence and tests."""
    assert list(stated()) == list(range(1, 12))


@pytest.mark.parametrize(("number", "tests"), stated().items())
def test_each_invariant_is_cited_by_the_tests_named_beside_it(number: int, tests: list[str]) -> None:
    """An invariant that no test is about is only a wish."""
    assert tests
    assert [name for name in tests if number not in cited(HOUSE / name)] == []


def test_no_test_cites_an_invariant_that_is_not_stated() -> None:
    """A number that means nothing misleads whoever looks it up."""
    strange = {
        str(path.relative_to(HOUSE)): wrong for path in (HOUSE / "tests").rglob("test_*.py") if (wrong := cited(path) - stated().keys())
    }
    assert strange == {}
