"""What holds for every attribute type, whatever the text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.attributes import Status, Storage
from matching.attribute_types import TYPES, AttributeType, Options

US = Options(region="US")

EXAMPLES = [
    "John", "MARY ANN", "o'brien", "DE LA CRUZ", "Mr. McDonald Jr.", "Smith, John & Mary", "José", "Иван", "李小龙", "🙂",
    "J. R.", "Acme GmbH & Co. KG", "The First National Bank of Ohio, Inc.", "ann.lee@example.org", "Ann <ANN@Example.ORG>",
    "+1 (206) 555-0100", "2065550100 ext 12", "1980-04-03", "03/04/1980", "19800403", "12 Main Street Apt 4",
    "12-B N. Main St", "P.O. Box 12", "St. Louis", "WA", "98101-1234", "sw1a 1aa", "USA", "Deutschland", "f", "male", "2",
    "AB-123/45", "536-90-4399", "00012345678.0", "yes", "N", "1,234.50", "-7.5e3", "https://www.Example.org/A/?b=c#d", "n/a",
    "unknown", "Mr Unknown", "", " ", "-", "\x00", "a\x1fb", "'; DROP TABLE x; --", "=1+1", "<script>alert(1)</script>",
    "e\u200d\u0301", "ǆ", "İstanbul", "ß", "ﷺ", "\u0301", "½", "x" * 50_000, "ab " * 17_000, "1" * 50_000, "é" * 50_000,
]  # fmt: skip

WORDS = st.sampled_from(
    [
        "ann",
        "Lee",
        "J",
        "Mr",
        "Jr.",
        "de",
        "la",
        "van",
        "&",
        ",",
        "-",
        ".",
        "12",
        "St",
        "Ltd",
        "and",
        "O'",
        "Mc",
        "n/a",
        "(",
        ")",
        "0",
        "@",
        "/",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(EXAMPLES),
    st.lists(WORDS, max_size=7).map(" ".join),
    st.lists(WORDS, max_size=7).map("".join),
    st.from_regex(r"[A-Za-z0-9 .,'/@:+-]{0,25}", fullmatch=True),
    st.text(st.characters(max_codepoint=0x3FF), max_size=25),
)
BATCHES = st.lists(st.one_of(st.none(), TEXTS.map(lambda text: text.encode("utf-8", "replace").decode("utf-8"))), max_size=12)

every_type = pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES.keys())
some_texts = settings(max_examples=15, deadline=None)


def strings(texts: list[str | None]) -> pa.StringArray:
    return pa.array(texts, pa.string())


def text_of(kind: AttributeType, value: pa.Array) -> pa.StringArray:
    """The values as a source would write them."""
    return pc.strftime(value, format="%Y-%m-%d") if kind.storage is Storage.DATE else value.cast(pa.string())


@every_type
@some_texts
@given(BATCHES)
def test_standardising_twice_changes_nothing(kind: AttributeType, texts: list[str | None]) -> None:
    """A value's own text comes to the same value, form and status."""
    once = kind.standardise(strings(texts), US)
    valid = pa.array(once.status == Status.VALID)
    value, form = once.value.filter(valid), once.form.filter(valid)
    twice = kind.standardise(text_of(kind, value), US)
    assert twice.value.to_pylist() == value.to_pylist()
    assert twice.form.to_pylist() == form.to_pylist()
    assert set(twice.status) <= {Status.VALID}


@every_type
@some_texts
@given(BATCHES)
def test_values_and_forms_are_there_where_valid_and_only_there(kind: AttributeType, texts: list[str | None]) -> None:
    """Lengths are kept; value and form are null unless the status is valid; no form holds a unit separator or is empty."""
    result = kind.standardise(strings(texts), US)
    valid = (result.status == Status.VALID).tolist()
    assert len(result.value) == len(result.form) == len(result.status) == len(texts)
    assert result.value.is_valid().to_pylist() == valid == result.form.is_valid().to_pylist()
    assert result.form.type == pa.string()
    assert all(form and "\x1f" not in form for form in result.form.drop_null().to_pylist())


@every_type
@some_texts
@given(BATCHES)
def test_the_same_text_comes_to_the_same_result_whatever_stands_beside_it(kind: AttributeType, texts: list[str | None]) -> None:
    """A text alone is standardised as it is among others. (Invariant 6)"""
    together = kind.standardise(strings(texts), US)
    for position, text in enumerate(texts[:4]):
        alone = kind.standardise(strings([text]), US)
        assert alone.value.to_pylist() == together.value.slice(position, 1).to_pylist()
        assert alone.form.to_pylist() == together.form.slice(position, 1).to_pylist()
        assert alone.status[0] == together.status[position]


@every_type
@some_texts
@given(BATCHES)
def test_comparing_is_symmetric_and_stays_within_the_levels(kind: AttributeType, texts: list[str | None]) -> None:
    """Any two different forms have one level, never `exact`, whichever way round."""
    forms = kind.standardise(strings(texts), US).form.drop_null().unique()
    one, other = np.triu_indices(len(forms), 1)
    left, right = forms.take(pa.array(one)), forms.take(pa.array(other))
    levels = kind.compare(left, right)
    assert levels.dtype == np.uint8
    assert len(levels) == len(left)
    assert ((levels >= 1) & (levels < len(kind.levels))).all()
    assert (levels == kind.compare(right, left)).all()


@every_type
@some_texts
@given(BATCHES)
def test_blocking_atoms_and_tokens_run_along_the_forms(kind: AttributeType, texts: list[str | None]) -> None:
    """Each atom is an array of texts as long as the forms, none of them empty; tokens are lists of words."""
    form = kind.standardise(strings(texts), US).form
    atoms = kind.blocking_atoms(form)
    assert "exact" in atoms
    for label, atom in atoms.items():
        assert atom.type == pa.string()
        assert len(atom) == len(form), label
        assert "" not in atom.to_pylist(), label
        assert all(not one.is_valid or two.is_valid for one, two in zip(atom, form, strict=True)), label
    tokens = kind.tokens(form)
    assert tokens is None or (len(tokens) == len(form) and all(word for words in tokens.to_pylist() for word in words or []))


@every_type
def test_nothing_comes_to_nothing(kind: AttributeType) -> None:
    """Empty arrays are taken everywhere."""
    empty = strings([])
    result = kind.standardise(empty)
    assert (len(result.value), len(result.form), len(result.status)) == (0, 0, 0)
    assert len(kind.compare(empty, empty)) == 0
    assert all(len(atom) == 0 for atom in kind.blocking_atoms(empty).values())


@every_type
def test_no_text_is_too_much(kind: AttributeType) -> None:
    """Long, foreign and hostile texts are standardised, compared and blocked on like any others."""
    form = kind.standardise(strings(EXAMPLES), US).form.drop_null().unique()
    kind.compare(form, pa.concat_arrays([form.slice(1), form.slice(0, 1)]))
    kind.blocking_atoms(form)
    kind.tokens(form)


@every_type
def test_missing_values_and_common_placeholders_are_told_apart(kind: AttributeType) -> None:
    """A text without letter or digit is missing, `n/a` a placeholder, in every type."""
    assert kind.standardise(strings([None, "", " - ", "n/a", "Unknown"])).status.tolist() == [
        Status.MISSING, Status.MISSING, Status.MISSING, Status.PLACEHOLDER, Status.PLACEHOLDER,
    ]  # fmt: skip


def test_the_catalogue_has_every_type_under_its_own_name() -> None:
    """The 24 types of the project file, each with a sentence for the steward and levels from exact to different."""
    names = (
        "given_name family_name full_name name_suffix organisation email phone date_of_birth date street city region postcode country "
        "address gender identifier national_id consent category text number numbers url"
    )
    assert set(TYPES) == set(names.split())
    for name, kind in TYPES.items():
        assert kind.name == name
        assert type(kind).__doc__
        assert kind.levels[0] == "exact"
        assert kind.levels[-1] == "different"
        assert len(set(kind.levels)) == len(kind.levels)
