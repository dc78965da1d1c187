"""Slips of pen and keyboard: every one changes its text, and changes it little."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from pipelines.demo import typos

WORDS = st.lists(st.none() | st.text("abcdeimnrsOI015 -'éÜ漢", min_size=1, max_size=30), min_size=1, max_size=20)
SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("slip", [typos.mistyped, typos.misdialled], ids=lambda slip: slip.__name__)
@given(words=WORDS, seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_nothing_stays_as_it_was_and_what_is_missing_stays_missing(slip, words, seed):
    """A slip is a change: a rate of slips is a rate of changed values."""
    before = pa.array(words, pa.string())
    after = slip(before, np.random.default_rng(seed))
    assert [word is None for word in after.to_pylist()] == [word is None for word in words]
    assert all(word is None or changed != word for word, changed in zip(words, after.to_pylist(), strict=True))
    assert before.to_pylist() == words


@pytest.mark.parametrize(
    "slip", [typos.neighbouring_key, typos.transposed, typos.inserted, typos.dropped, typos.doubled], ids=lambda slip: slip.__name__
)
@given(words=st.lists(st.text("abcdeimnrsOI015 -'éÜ漢", min_size=1, max_size=30), min_size=1, max_size=20), seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_a_slip_of_the_keyboard_is_one_edit(slip, words, seed):
    """One character replaced, exchanged with its neighbour, too many or too few."""
    after = slip(pa.array(words), np.random.default_rng(seed)).to_pylist()
    assert all(OSA.distance(word, changed) <= 1 for word, changed in zip(words, after, strict=True))


@pytest.mark.parametrize(
    ("slip", "word", "possible"),
    [
        (typos.neighbouring_key, "77", {"67", "87", "76", "78"}),
        (typos.transposed, "Ann", {"nAn", "Ann"}),
        (typos.dropped, "Lee", {"ee", "Le"}),
        (typos.doubled, "Li", {"LLi", "Lii"}),
        (typos.misread, "Corner", {"Comer", "C0rner", "Corncr", "Coruer", "Corner"}),
        (typos.misheard, "Ralph", {"Ralf", "Relph", "Rallph", "Ralph"}),
        (typos.cut_short, "Birmingham", {"Birmi", "Birmin", "Birming", "Birmingh", "Birmingha"}),
    ],
)
def test_each_kind_of_slip_does_what_its_name_says(slip, word, possible):
    """All that can happen to a word, and nothing else."""
    seen = {slip(pa.array([word]), np.random.default_rng(seed))[0].as_py() for seed in range(150)}
    assert len(seen) > 1
    assert seen <= possible


def test_the_first_letter_is_seldom_wrong():
    """Who types a name looks at how it begins."""
    names = pa.array(["Robertson"] * 5_000)
    after = typos.mistyped(names, np.random.default_rng(1))
    assert np.mean([name[:1] != "R" for name in after.to_pylist()]) < 0.2


@given(days=st.lists(st.none() | st.integers(-25_000, 20_000), min_size=1, max_size=30), seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_mistaken_date_is_another_date(days, seed):
    """Never the same day, never none, never far from the century."""
    before = pa.array(days, pa.int32()).cast(pa.date32())
    after = typos.misdated(before, np.random.default_rng(seed)).to_pylist()
    for one, other in zip(before.to_pylist(), after, strict=True):
        assert (one is None) == (other is None)
        assert one is None or (one != other and abs(one.year - other.year) <= 90)


def test_day_and_month_are_swapped_now_and_then():
    """3 April 1980 is noted as 4 March."""
    before = pa.array([3_745] * 400, pa.int32()).cast(pa.date32())
    after = {str(day) for day in typos.misdated(before, np.random.default_rng(1)).to_pylist()}
    assert {"1980-03-04", "1908-04-03", "1980-04-02", "1980-04-04", "1981-04-03", "1990-04-03", "1980-01-01"} <= after


def test_texts_of_any_length_are_taken():
    """None at all, empty ones, and ones of ten thousand characters."""
    rng = np.random.default_rng(1)
    assert typos.mistyped(pa.array([], pa.string()), rng).to_pylist() == []
    assert len(typos.mistyped(pa.array(["", "x" * 10_000]), rng)) == 2
