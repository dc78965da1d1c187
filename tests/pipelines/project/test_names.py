"""Names and words: what may be called how, and which right word a wrong one meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.project.names import LONGEST, name_like, name_problem
from pipelines.project.words import LONGEST_SHOWN, nearest, plain
from warehouse.attribute_tables import RESERVED_NAMES


@pytest.mark.parametrize("name", ["a", "birth_date", "email2", "text", "date", "customer_since"])
def test_plain_names_are_taken(name: str) -> None:
    """Lower case letters, digits and underscores."""
    assert name_problem(name) is None


@pytest.mark.parametrize("name", ["", "Email", "2nd", "e-mail", "né", "a b", "_a", "a\n", "ａ", "a" * (LONGEST + 1), "select", "order"])
def test_other_names_are_refused(name: str) -> None:
    """They would need quotes in every query, or clash with words of SQL."""
    assert name_problem(name)
    assert name_problem(name, column=False)


@pytest.mark.parametrize(
    "name", sorted(RESERVED_NAMES | {"email_status", "email_from", "email_rule", "email_position", "from_run", "sources"})
)
def test_an_attribute_is_not_called_like_a_column_of_ours(name: str) -> None:
    """A source may be: it becomes no column."""
    assert name_problem(name)
    assert name_problem(name, column=False) is None


@given(st.text(max_size=60))
def test_the_suggested_name_would_be_taken(name: str) -> None:
    """Following the advice leads out of the error."""
    assert name_problem(name_like(name), column=False) is None


@given(st.text())
def test_a_shown_word_is_one_short_printable_line(word: str) -> None:
    """Whatever stands in the file, a message stays a message."""
    assert plain(word).isprintable()
    assert len(plain(word)) <= LONGEST_SHOWN + 1


@given(st.text(), st.lists(st.text(max_size=10), max_size=5))
def test_the_nearest_word_is_one_of_the_right_ones(word: str, right: list[str]) -> None:
    """Or none."""
    assert nearest(word, right) in {*right, None}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("birthdate", "birth_date"),
        ("Email", "email"),
        ("mail", "email"),
        ("postal_code", "postcode"),
        ("surname", None),
        ("given_nam", "given_name"),
        ("colour", None),
    ],
)
def test_a_slip_is_recognised_and_another_word_is_not(wrong: str, right: str | None) -> None:
    """A wrong suggestion is worse than the list of all."""
    assert nearest(wrong, ["given_name", "birth_date", "email", "postcode"]) == right
