"""Console: what a customer's data hold is shown, and does nothing."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.records import RecordKey
from pipelines.cli import console

ANYTHING = st.text(st.characters(exclude_categories=[]), max_size=400)


@given(ANYTHING)
def test_whatever_a_value_holds_it_is_one_line_of_printable_characters(text):
    """No character is left that moves a cursor, changes a colour or turns the direction of writing."""
    assert console.shown(text).isprintable()


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=console.LONGEST_SHOWN))
def test_plain_text_is_shown_as_it_is(text):
    """Letters of all nations, figures and signs are not touched."""
    assert console.shown(text) == text


def test_a_huge_cell_is_cut():
    """Ten million characters are told, not shown."""
    told = console.shown("x" * 10_000_000)
    assert told == "x" * console.LONGEST_SHOWN + "… (10,000,000 characters)"


@pytest.mark.parametrize("text", ["[red]Ann[/red]", "[/]", ":smile:", "[link=http://x]y[/link]"])
def test_markup_in_data_is_text(text, capsys):
    """Square brackets and colons are printed as they are, also in tables."""
    console.say(text)
    table = console.new_table()
    table.add_column(text)
    table.add_row(text)
    console.draw(table)
    assert capsys.readouterr().out.count(text) == 3


def test_without_a_terminal_there_is_no_colour(capsys):
    """What is piped holds no escape sequence."""
    console.say("held", style="bold red")
    console.complain("held")
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err


def test_a_sentence_is_not_broken_unless_the_width_is_known(capsys, monkeypatch):
    """A pipe gets a sentence on one line; 40 columns that were asked for are kept; a command is never broken."""
    monkeypatch.delenv("COLUMNS", raising=False)
    sentence = "word " * 50 + "end"
    console.say(sentence)
    assert capsys.readouterr().out.count("\n") == 1
    monkeypatch.setenv("COLUMNS", "40")
    console.say(sentence)
    assert all(len(line) <= 40 for line in capsys.readouterr().out.splitlines())
    console.say_whole(sentence)
    assert capsys.readouterr().out.count("\n") == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_a_json_object_comes_back_as_it_was_and_is_ascii(value):
    """What a script reads is what there was; nothing in it can drive a terminal."""
    text = json.dumps(console.plain({"value": value}), ensure_ascii=True)
    assert text.isascii()
    assert json.loads(text) == {"value": value}


def test_what_is_no_number_is_null_and_a_record_key_is_its_text():
    """JSON knows no infinity; a dataclass is an object, unless it prints as something of its own."""

    @dataclass
    class Row:
        record: RecordKey
        weight: float

    assert console.plain(Row(RecordKey("crm", "1:2"), math.inf)) == {"record": "crm:1:2", "weight": None}
