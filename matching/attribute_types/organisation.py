"""Organisations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import atoms, comparing, trigrams
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.coded import Places
from matching.attribute_types.places import replace_words
from matching.attribute_types.text_tools import Mask, fold, keep, matches, none_if_empty, one_of, true_mask
from matching.attribute_types.word_tables import any_of, rows, words

LONGEST = 300
"""An organisation's name has at most so many characters."""

CLOSE = 0.9
"""Share of letters that need no edit, words in alphabetical order, from which on two names are close."""
VERY_ALIKE = (0.9, 0.75, 0.6)
"""Lower ends of the levels of names that share so many of their letter trigrams, rare ones counting for more."""
ALIKE = (0.45, 0.3)
"""The same for levels weaker than `similar`."""
LONGEST_ACRONYM = 8
"""Letters of a form that may be an acronym."""

SURE_FORMS = words("organisation_words", "word", kind="form")
LEGAL_FORMS = SURE_FORMS | words("organisation_words", "word", kind="ambiguous form")
COMMON_WORDS = words("organisation_words", "word", kind="word")
ABBREVIATIONS = {row["word"]: row["full"] for row in rows("organisation_words") if row["kind"] == "abbreviation"}
SMALL_WORDS = words("organisation_words", "word", kind="small word")

_LEGAL_END = rf"(?: (?:and )?{any_of(LEGAL_FORMS)})+$"
_SURE_END = rf" {any_of(SURE_FORMS)}$"
_COMMON_WORD = rf"(?:^| ){any_of(COMMON_WORDS)}(?: |$)"
_WRITTEN_FORM = r"(?:&|\+) ?(?i:co|cie)\b| (?:S\.A\.|A\.G\.|A/S|AG|SA|AB|BV|NV|KG|SpA|LP|Oy|Co\.|N\.A\.)$"


class Organisation(AttributeType):
    """A company, authority, school or club, compared without its legal form and with usual abbreviations written out."""

    name: ClassVar[str] = "organisation"
    role: ClassVar[Role] = Role.SHARED
    refine_by: ClassVar[tuple[str, ...]] = ("first word", "longest word", "first 5 letters")
    levels: ClassVar[tuple[str, ...]] = (
        "exact", "same words", "acronym", "contained", "close", *(f"alike {share:.0%}" for share in VERY_ALIKE),
        "similar", *(f"alike {share:.0%}" for share in ALIKE), "different",
    )  # fmt: skip
    weighs_trigrams: ClassVar[bool] = True
    placeholders: ClassVar[frozenset[str]] = words("placeholders", "text", type="organisation")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        bare = none_if_empty(pc.utf8_trim(text, ' ,;:"*_-/\\|'))
        return keep(bare, matches(bare, r"\p{L}|\p{N}{2}") & ~true_mask(pc.greater(pc.utf8_length(bare), LONGEST)))

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> Organisation().form(pa.array(["The Smith & Sons Co., Ltd.", "ACME GmbH & Co. KG", "Intl. Mfg.", "Limited"])).to_pylist()
        ['smith and sons', 'acme', 'international manufacturing', 'limited']
        """
        folded = fold(pc.replace_substring_regex(value, r"[&+]", " and "))
        bare = pc.replace_substring_regex(pc.replace_substring_regex(folded, _LEGAL_END, ""), r"^the ", "")
        return replace_words(pc.replace_substring_regex(bare, r"^st ", "saint "), ABBREVIATIONS)

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> firms = pa.array(["ibm", "acme trading", "smith bros"]), pa.array(["international business machines", "acme", "smyth bros"])
        >>> [Organisation.levels[level] for level in Organisation().compare(*firms)]
        ['acronym', 'contained', 'close']
        """
        return self.compare_weighed(left, right, trigrams.EQUAL_WEIGHTS)

    def compare_weighed(self, left: pa.StringArray, right: pa.StringArray, weights: trigrams.TrigramWeights) -> Levels:
        return _levels(left, right, trigrams.cosine(left, right, weights))

    def prepare_weighed(self, form: pa.StringArray, weights: trigrams.TrigramWeights) -> tuple[pa.StringArray, trigrams.Vectors]:
        return form, trigrams.Vectors(form, weights)

    def between(self, prepared: tuple[pa.StringArray, trigrams.Vectors], left: Places, right: Places) -> Levels:
        form, vectors = prepared
        return _levels(form.take(left), form.take(right), vectors.cosine(left, right))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        return {
            "exact": form,
            "first word": atoms.first_word(form),
            "longest word": atoms.longest_word(form),
            "first 5 letters": atoms.first_letters(atoms.letters(form), 5),
            "acronym": pc.coalesce(_acronym(form, 3), keep(form, ~matches(form, " "))),
        }

    def tokens(self, form: pa.StringArray) -> pa.ListArray:
        return atoms.distinct_words(form)


def _levels(left: pa.StringArray, right: pa.StringArray, alike: npt.NDArray[np.float64]) -> Levels:
    """Levels of pairs whose trigrams are so much alike."""
    pairs = comparing.WordPairs(left, right)
    telling = ~one_of(pairs.words, SMALL_WORDS)
    shared, of_left, of_right = pairs.shared(telling), pairs.of_left(telling), pairs.of_right(telling)
    same_letters = true_mask(pc.equal(atoms.letters(left), atoms.letters(right)))
    ratio = comparing.sorted_ratio(left, right)
    return comparing.levels_of(
        (shared > 0) & (shared == of_left) & (shared == of_right) | same_letters,
        _acronym_of(left, right, pairs.of_right() >= 2) | _acronym_of(right, left, pairs.of_left() >= 2),
        (shared == np.minimum(of_left, of_right)) & ((shared >= 2) | (shared == 1) & _same_first_word(left, right)),
        ratio >= CLOSE,
        *(alike >= share for share in VERY_ALIKE),
        (ratio >= 0.8) | (np.minimum(of_left, of_right) >= 2) & (comparing.set_ratio(left, right) >= 0.8),
        *(alike >= share for share in ALIKE),
    )


def looks_like_organisation(text: pa.StringArray) -> Mask:
    """Which names are told to be an organisation's by a legal form or a word such as *bank*, *school*, *services*.

    >>> looks_like_organisation(pa.array(["Acme Ltd", "First National Bank", "Maria Sa", "Total SA", "John Banks"])).tolist()
    [True, True, False, True, False]
    """
    folded = fold(pc.replace_substring_regex(text, r"[&+]", " and "))
    written = matches(text, _WRITTEN_FORM) & ~true_mask(pc.utf8_is_upper(text))
    return matches(folded, _SURE_END) | matches(folded, _COMMON_WORD) | written


def _acronym(form: pa.StringArray, least: int) -> pa.StringArray:
    """Initials of so many words or more, small words apart."""
    telling = pc.replace_substring_regex(form, rf"\b{any_of(SMALL_WORDS)}\b ?", "")
    return atoms.acronym(pc.utf8_trim(telling, " "), least)


def _acronym_of(short: pa.StringArray, long: pa.StringArray, enough: Mask) -> Mask:
    """Which short forms are the initials of the long ones (where these have words enough), small words or not."""
    maybe = enough & (comparing.lengths(atoms.letters(short)) <= LONGEST_ACRONYM)
    return comparing.within(maybe, atoms.letters(short), long, _are_initials)


def _are_initials(letters: pa.StringArray, long: pa.StringArray) -> Mask:
    return true_mask(pc.equal(letters, _acronym(long, 2))) | true_mask(pc.equal(letters, atoms.acronym(long, 2)))


def _same_first_word(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Which pairs begin with the same word of at least four letters that is nobody's in particular."""
    first = atoms.first_word(left)
    telling = (comparing.lengths(first) >= 4) & ~one_of(first, COMMON_WORDS | SMALL_WORDS)
    return true_mask(pc.equal(first, atoms.first_word(right))) & telling
