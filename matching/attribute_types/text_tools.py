"""Text tools that attribute types share; all take and give Arrow arrays of the same length."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import anyascii
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# Control and format characters (NUL, escape codes, zero width, direction marks) never belong to a value.
CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\p{Cf}]"
BLANKS = r"[\s\x0b\x85\p{Z}]+"
UNTIDY_BLANKS = r"[\t\n\x0b\f\r\x{85}\x{1680}\x{2028}\x{2029}]|  "  # NFKC makes blanks of the others
# What is left in text that has been through a web page; escaped once more by every page it went through.
ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}[0-9]{0,2});"
ESCAPED_AMPERSANDS = r"&(?:(?:amp|AMP|#0{0,4}38|#[xX]0{0,4}26);)+"
DEEPEST_ENTITY = 3

Mask = npt.NDArray[np.bool_]


def tidy(text: pa.StringArray) -> pa.StringArray:
    """Composed (NFKC), without control characters and HTML entities, white space folded to single blanks; empty becomes null.

    >>> tidy(pa.array(["  Ann\\u00a0 Lee\\x00 ", "J&#246;rg &amp; Co", "", None])).to_pylist()
    ['Ann Lee', 'Jörg & Co', None, None]
    """
    plain = _composed(text.cast(pa.string()))
    for _ in range(DEEPEST_ENTITY):
        escaped = matches(plain, ENTITY)
        plain = where(escaped, plain, lambda few: _composed(pa.array([_unescape(t) for t in few.to_pylist()], pa.string())))
    return plain


def _composed(text: pa.StringArray) -> pa.StringArray:
    # Before composing: a letter and its accent may stand on either side of a character that goes.
    plain = pc.replace_substring_regex(text, CONTROL, "")
    composed = pc.utf8_normalize(plain, form="NFKC")
    single = where(matches(composed, UNTIDY_BLANKS), composed, lambda few: pc.replace_substring_regex(few, BLANKS, " "))
    return none_if_empty(pc.utf8_trim(single, " "))


def _unescape(text: str) -> str:
    """
    >>> _unescape("J&#246;rg &amp;amp; Zo&euml; &x;")
    'Jörg & Zoë &x;'
    """
    return re.sub(ENTITY, lambda found: html.unescape(found[0]), re.sub(ESCAPED_AMPERSANDS, "&", text))


def missing_mask(text: pa.StringArray) -> Mask:
    """Which tidied texts hold no letter and no digit at all: null, `-`, `???`."""
    return ~matches(text, r"[\p{L}\p{N}]")


def fold(text: pa.Array) -> pa.StringArray:
    """Lower case ASCII letters and digits, words separated by single blanks; empty becomes null.

    Apostrophes and points inside words vanish (`O'Brien` and `OBrien`, `J.R.` and `JR` are the same word).

    >>> fold(pa.array(["O'Brien", "Zoë  Müller-Lüdenscheidt", "J.R.", "Łukasz", "--"])).to_pylist()
    ['obrien', 'zoe muller ludenscheidt', 'jr', 'lukasz', None]
    """
    latin = to_ascii(text.cast(pa.string()))
    lower = pc.utf8_lower(latin)
    # Scanning is much cheaper than replacing, and most texts are letters and single blanks.
    joined = where(matches(lower, r"['`.]"), lower, lambda few: pc.replace_substring_regex(few, r"['`.]", ""))
    words = where(matches(joined, r"[^a-z0-9 ]|  "), joined, lambda few: pc.replace_substring_regex(few, r"[^a-z0-9]+", " "))
    return none_if_empty(pc.utf8_trim(words, " "))


def to_ascii(text: pa.StringArray) -> pa.StringArray:
    """Transliterated to ASCII (anyascii); texts that are ASCII already are not touched.

    >>> to_ascii(pa.array(["Łódź", "Иван", "Ann", None])).to_pylist()
    ['Lodz', 'Ivan', 'Ann', None]
    """
    foreign = pc.fill_null(pc.invert(pc.string_is_ascii(text)), False)
    if not pc.any(foreign).as_py():
        return text
    latin = pa.array([anyascii.anyascii(t) for t in text.filter(foreign).to_pylist()], pa.string())
    return pc.replace_with_mask(text, foreign, latin)


def per_distinct(text: pa.StringArray, function: Callable[[str], str | None]) -> pa.StringArray:
    """`function` of each non-null text, called once per distinct one; for what no vectorised way exists."""
    coded: Any = text.dictionary_encode()
    results = pa.array([function(t) for t in coded.dictionary.to_pylist()], pa.string())
    return results.take(coded.indices)


def true_mask(condition: pa.BooleanArray) -> Mask:
    """An Arrow condition as a numpy mask; null is false."""
    return np.asarray(pc.fill_null(condition, False), dtype=bool)


def valid_mask(values: pa.Array) -> Mask:
    """Which values are not null."""
    return np.asarray(values.is_valid(), dtype=bool)


def matches(text: pa.StringArray, pattern: str) -> Mask:
    """Which texts contain the regular expression (RE2); null does not."""
    return true_mask(pc.match_substring_regex(text, pattern))


def one_of(text: pa.StringArray, words: Iterable[str]) -> Mask:
    """Which texts are one of the words; null is not."""
    return true_mask(pc.is_in(text, value_set=pa.array(sorted(words), pa.string())))


def keep(values: pa.Array, mask: Mask) -> pa.Array:
    """The values where the mask holds, null elsewhere."""
    return pc.if_else(pa.array(mask), values, pa.scalar(None, values.type))


def none_if_empty(text: pa.StringArray) -> pa.StringArray:
    """Null in the place of an empty text."""
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def where(mask: Mask, text: pa.StringArray, function: Callable[[pa.StringArray], pa.StringArray]) -> pa.StringArray:
    """`function` applied to the texts where the mask holds, the others untouched: for rules that few values need.

    >>> where(np.array([True, False]), pa.array(["a", "b"]), pc.utf8_upper).to_pylist()
    ['A', 'b']
    """
    if not mask.any():
        return text
    chosen = pa.array(mask)
    return pc.replace_with_mask(text, chosen, function(text.filter(chosen)))


def rewrite(text: pa.StringArray, pattern: str, instead: str, hint: str | None = None) -> pa.StringArray:
    """Every match of the pattern replaced, for patterns that few texts match; `hint` is a cheaper sign of one.

    >>> rewrite(pa.array(["12 Po Box", "Main"]), r"\\bPo Box\\b", "PO Box").to_pylist()
    ['12 PO Box', 'Main']
    """
    return where(matches(text, hint or pattern), text, partial(pc.replace_substring_regex, pattern=pattern, replacement=instead))
