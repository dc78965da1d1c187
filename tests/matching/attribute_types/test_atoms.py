"""Parts of forms that serve as blocking keys."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from matching.attribute_types import TYPES, atoms

FORMS = st.lists(st.one_of(st.none(), st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=6).map(" ".join)), max_size=8)


@given(FORMS)
def test_words_are_sorted_chosen_and_listed_as_plain_python_does(forms: list[str | None]) -> None:
    """Against an oracle of a few lines."""
    form = pa.array(forms, pa.string())
    split = [text.split() if text else None for text in forms]
    assert atoms.sorted_words(form).to_pylist() == [words and " ".join(sorted(words)) for words in split]
    assert atoms.longest_word(form).to_pylist() == [words and min(words, key=lambda word: (-len(word), word)) for words in split]
    assert atoms.first_word(form).to_pylist() == [words and words[0] for words in split]
    assert atoms.last_word(form).to_pylist() == [words and words[-1] for words in split]
    wanted = [words and list(dict.fromkeys(word for word in words if len(word) >= 2))[:3] for words in split]
    assert atoms.distinct_words(form, shortest=2, most=3).to_pylist() == wanted


def test_different_writings_of_a_name_meet_in_some_block() -> None:
    """Each pair of a slip, a nickname, an initial, another order or an acronym shares an atom."""
    pairs = {
        "given_name": [("bob", "robert"), ("j", "john"), ("jonh", "johnny"), ("mary ann", "mary"), ("philip", "filip")],
        "family_name": [("smith", "smyth"), ("jonson", "johnson"), ("de la cruz", "delacruz"), ("garcia marquez", "garcia")],
        "full_name": [("john smith", "smith john"), ("j smith", "john smith"), ("smith j", "john smith")],
        "organisation": [("ibm", "international business machines"), ("acme", "acme trading"), ("microsoft", "microsft")],
        "text": [("the old mill", "the old inn"), ("red bicycle", "bicycle blue")],
        "identifier": [("AB1234", "AB1243")],
        "url": [("example.org/a", "example.org/b")],
    }
    for name, cases in pairs.items():
        for left, right in cases:
            keys = TYPES[name].blocking_atoms(pa.array([left, right])).items()
            assert any(atom[0].is_valid and atom[0] == atom[1] for _, atom in keys), (name, left, right)
