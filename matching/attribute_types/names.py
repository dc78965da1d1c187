"""What the names of people have in common: casing, titles, suffixes (`Jr`), and what cannot be a name."""

from __future__ import annotations

import re
from string import ascii_lowercase

import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.text_tools import fold, keep, matches, none_if_empty, rewrite, true_mask, where
from matching.attribute_types.word_tables import any_of, rows, words

PARTICLES = words("name_words", "word", kind="particle")
SUFFIXES = {row["word"]: row["meaning"] for row in rows("name_words") if row["kind"] == "suffix"}
TITLES = any_of(words("name_words", "word", kind="title"))
CREDENTIALS = any_of(words("name_words", "word", kind="credential"))

LONGEST = 80
"""A given or family name has at most so many characters."""

REPEATED_LETTERS = frozenset(letter * count for letter in ascii_lowercase for count in range(3, 9))
NAME_PLACEHOLDERS = REPEATED_LETTERS | words("placeholders", "text", type="name")
"""What people type into the box for a name when they have none."""

_BEFORE = rf"^(?:(?i:{TITLES}\.?(?: (?:&|and|und|et|y|/))?[ ,]+)|[^\p{{L}}\p{{N}}']+)+"
_AFTER = r"[^\p{L}\p{N}\p{M}.'’)]+$"
_AFTER_UNOPENED = r"[^\p{L}\p{N}\p{M}.'’]+$"
_SUFFIX_END = rf"(?: {any_of(SUFFIXES)})+$"
_MAYBE_SUFFIX = rf"(?i)[^\p{{L}}\p{{N}}]{any_of(SUFFIXES)}(?:[^\p{{L}}\p{{N}}]|$)"
_PARTICLE_INSIDE = re.compile(rf"(?<= ){any_of(word.capitalize() for word in PARTICLES)}(?= )")
_MC = re.compile(
    r"\b(Mc|Mac(?=(?:donald|dougall|kenzie|leod|gregor|arthur|intyre|pherson|farlane|allister|lean|neil|millan)\b))([a-z])(?=[a-z])"
)


def recase(text: pa.StringArray) -> pa.StringArray:
    """Names all in capitals or all in small letters as they are usually written; mixed case stays as it is.

    >>> recase(pa.array(["O'BRIEN", "MCDONALD", "de la cruz", "JOHN SMITH III", "deVries"])).to_pylist()
    ["O'Brien", 'McDonald', 'De la Cruz', 'John Smith III', 'deVries']
    """
    one_case = true_mask(pc.utf8_is_upper(text)) | true_mask(pc.utf8_is_lower(text))
    return where(one_case, text, _title_case)


def _title_case(text: pa.StringArray) -> pa.StringArray:
    title = pc.utf8_title(text)
    # A capital that Unicode has only lately may be no letter yet to the patterns that read names: such a name stays.
    title = pc.if_else(pa.array(matches(text, r"\p{L}") & ~matches(title, r"\p{L}")), text, title)
    title = rewrite(title, r"(['’])S\b", r"\1s")
    unusual = matches(title, rf"\bMa?c[a-z]| {any_of(word.capitalize() for word in PARTICLES)} | (?:Ii|Iii|Iv)\.?$|\d(?:St|Nd|Rd|Th)\b")
    return where(unusual, title, lambda few: pa.array([_unusual_case(name) for name in few.to_pylist()], pa.string()))


def _unusual_case(name: str) -> str:
    """Celtic prefixes, particles inside a name, Roman numerals: too few to need vectors."""
    name = _MC.sub(lambda found: found[1] + found[2].upper(), name)
    name = _PARTICLE_INSIDE.sub(lambda found: found[0].lower(), name)
    name = re.sub(r"(?<=\d)(?:St|Nd|Rd|Th)\b", lambda found: found[0].lower(), name)
    return re.sub(r"(?<= )(?:Ii|Iii|Iv)(?=\.?$)", lambda found: found[0].upper(), name)


def untitled(text: pa.StringArray) -> pa.StringArray:
    """Names without titles before them and punctuation around them; a title alone stays.

    >>> untitled(pa.array(["Mr. John", "DR & MRS SMITH", '"Smith",', "Mr"])).to_pylist()
    ['John', 'SMITH', 'Smith', 'Mr']
    """
    bare = pc.replace_substring_regex(pc.replace_substring_regex(text, _BEFORE, ""), _AFTER, "")
    return none_if_empty(rewrite(bare, _AFTER_UNOPENED, "", hint=r"^[^(]*\)$"))


def fold_name(text: pa.StringArray) -> pa.StringArray:
    """Folded, but with points between initials as blanks, and without a suffix at the end.

    >>> fold_name(pa.array(["J.R.", "O'Brien Jr.", "Zoë-Ann"])).to_pylist()
    ['j r', 'obrien', 'zoe ann']
    """
    folded = fold(pc.replace_substring(text, ".", " "))
    return pc.replace_substring_regex(folded, _SUFFIX_END, "")


def suffix(values: pa.StringArray) -> pa.StringArray:
    """The generation that ends each name, or the family name before a comma: `jr`, `sr`, `ii`, `iii`, `iv`, or null.

    It tells a father from his son.

    >>> suffix(pa.array(["John Smith, Jr.", "Smith 3rd", "Smith Jr., John", "Junior", None])).to_pylist()
    ['jr', 'iii', 'jr', None, None]
    """
    values = keep(values, matches(values, _MAYBE_SUFFIX))
    values = rewrite(values, rf"^([^,]+ (?i:{any_of(SUFFIXES)})\.?),[^,]*$", r"\1", hint=",")
    folded = fold(values)
    found = pc.struct_field(pc.extract_regex(folded, rf" (?P<suffix>{any_of(SUFFIXES)})$"), "suffix")
    position = pc.index_in(found, value_set=pa.array(list(SUFFIXES)))
    return pa.array(list(SUFFIXES.values())).take(position)


def repair_digits(text: pa.StringArray) -> pa.StringArray:
    """Digits that a scanner or a finger put in the place of a letter inside a name: 0 for O, 1 for I or L, 5 for S.

    >>> repair_digits(pa.array(["J0HN", "Wi11iams", "5mith", "John2", "3rd"])).to_pylist()
    ['JOHN', 'Williams', 'smith', 'John2', '3rd']
    """
    return where(matches(text, r"[015]\p{L}"), text, _repair)


def _repair(text: pa.StringArray) -> pa.StringArray:
    for digit, capital, small in (("0", "O", "o"), ("1", "I", "l"), ("5", "S", "s")):
        text = pc.replace_substring_regex(text, rf"(\p{{L}}){digit}{digit}(\p{{Lu}})", rf"\1{capital}{capital}\2")
        text = pc.replace_substring_regex(text, rf"(\p{{L}}){digit}{digit}(\p{{L}})", rf"\1{small}{small}\2")
        text = pc.replace_substring_regex(text, rf"(\p{{L}}){digit}(\p{{Lu}})", rf"\1{capital}\2")
        text = pc.replace_substring_regex(text, rf"(\p{{L}}){digit}(\p{{L}})", rf"\1{small}\2")
        if digit != "1":
            text = pc.replace_substring_regex(text, rf"\b{digit}(\p{{Lu}}{{3,}})", rf"{capital}\1")
            text = pc.replace_substring_regex(text, rf"\b{digit}(\p{{L}}{{3,}})", rf"{small}\1")
    return text


def personal_name(text: pa.StringArray) -> pa.StringArray:
    """A given or family name as people write it; null for what cannot be one: digits, symbols, or far too long.

    >>> personal_name(pa.array(["MR JOHN", "van der berg", "J0hn 3RD", "agent 007", "x@y.com"])).to_pylist()
    ['John', 'Van der Berg', 'John 3RD', None, None]
    """
    name = repair_digits(untitled(text))
    numbered = pc.replace_substring_regex(name, r" (?i:2nd|3rd|4th)\.?$", "")
    refused = matches(numbered, r"[\p{N}@<>=#$%{}\[\]|\\~^*_+]") | true_mask(pc.greater(pc.utf8_length(name), LONGEST))
    return recase(keep(name, ~refused))
