"""Rows on their way in: keys, raw text, hashes, and what was met."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.steps import rows
from pipelines.steps.rows import SeenKeys, UnreadRows, content_hashes, keys_in_raw, raw_json, record_keys

texts = st.text(st.characters(codec="utf-8"), max_size=20)
cells = st.lists(st.tuples(texts | st.none(), texts | st.none()), min_size=1, max_size=5)


def batch(values: list[tuple[str | None, str | None]], names: tuple[str, str] = ("a", "b")) -> pa.RecordBatch:
    """Rows of two columns."""
    return pa.record_batch([pa.array([row[place] for row in values], pa.string()) for place in (0, 1)], names=list(names))


@given(cells, texts.filter(lambda name: name != "b"))
def test_a_raw_row_is_json_that_says_the_row(values: list[tuple[str | None, str | None]], name: str) -> None:
    """Whatever the cells and the columns are called: quotes, control characters, NULs, emoji. (Invariant 7)"""
    told = [json.loads(text) for text in raw_json(batch(values, (name, "b"))).to_pylist()]
    assert told == [{name: a, "b": b} for a, b in values]


@given(cells)
def test_rows_have_one_hash_only_if_they_say_the_same(values: list[tuple[str | None, str | None]]) -> None:
    """A missing value is not an empty one, and a text does not flow from one column into the next. (Invariant 8)"""
    hashes = content_hashes(raw_json(batch(values))).to_pylist()
    assert len(set(hashes)) == len(set(values))
    assert {len(hash_) for hash_ in hashes} == {16}


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ((" 7 ", "x"), "7|x"),
        (("7\0", "x"), "7|x"),
        (("", "x"), None),
        ((None, "x"), None),
        ((" ", "x"), None),
        (("\0", "x"), None),
        (("0", "0"), "0|0"),
    ],
)
def test_a_key_is_whole_or_missing(cells: tuple[str | None, str | None], key: str | None) -> None:
    """Without blanks around its parts and without NULs; one missing part is no key. (Invariant 7)"""
    assert record_keys(batch([cells]), ["a", "b"]).to_pylist() == [key]


def test_keys_that_were_met_are_known_in_every_later_batch() -> None:
    """2 comes twice in the first batch, 3 in both; what was asked about is not met by that."""
    seen = SeenKeys()
    assert seen.repeated(pa.array(["1", "2", "2", "3"])).tolist() == [False, False, True, False]
    assert seen.repeated(pa.array(["4", "3"])).tolist() == [False, True]
    assert seen.has(pa.array(["1", "5", "4"])).tolist() == [True, False, True]
    assert seen.has(pa.array(["5"])).tolist() == [False]
    assert seen.repeated(pa.array([], pa.string())).tolist() == []


@given(st.lists(st.lists(st.text(max_size=3), max_size=6), max_size=4))
def test_seen_keys_count_as_a_set_would(batches: list[list[str]]) -> None:
    """Over any batches, a key is repeated if it came before."""
    seen, met = SeenKeys(), set[str]()
    for keys in batches:
        expected = []
        for key in keys:
            expected.append(key in met)
            met.add(key)
        assert seen.repeated(pa.array(keys, pa.string())).tolist() == expected


@pytest.mark.parametrize(
    "raw",
    ["1;Ann;;", "[1, 2]", '"1"', "17", "{", "[" * 100_000, '{"no": 7}', '{"no": null}', '{"name": "Ann"}', '{"no": "  "}', ""],
)
def test_what_could_not_be_read_need_not_have_a_key(raw: str) -> None:
    """Text, other JSON, broken or endless JSON, and rows without one."""
    assert keys_in_raw([raw], ["no"]).to_pylist() == [None]


def test_the_key_of_a_row_that_could_not_be_read_is_found_in_what_was() -> None:
    """All parts of it, as those of other rows; half a surrogate pair is not half a key that others have."""
    raws = ['{"a": " 7 ", "b": "x", "name": "caf\\\\xe9"}', '{"a": "7"}', '{"a": "\\ud800", "b": "x"}']
    assert keys_in_raw(raws, ["a", "b"]).to_pylist() == ["7|x", None, "?|x"]


def test_a_record_may_be_a_row_that_could_not_be_read_if_its_key_stands_in_it() -> None:
    """All words of the key, in any of these rows; with no such row, none may."""
    unread = UnreadRows()
    keys = pa.array(["10|A", "10|B", "77", "Ann", "1"])
    assert unread.may_hold(keys).tolist() == [False] * 5
    unread.add(['{"a": "10", "b": "A"', "77;Bob;;"])
    assert unread.may_hold(keys).tolist() == [True, False, True, False, False]
    assert unread.may_hold(pa.array([], pa.string())).tolist() == []


def test_beyond_so_many_unread_words_any_record_may_be_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is mostly unreadable ends nobody."""
    monkeypatch.setattr(rows, "MOST_WORDS", 3)
    unread = UnreadRows()
    unread.add(["1 2 3 4"])
    assert np.all(unread.may_hold(pa.array(["9", "8"])))
