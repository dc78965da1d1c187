"""Names of columns: what `cust_surname`, `birthDate` or `Nachname` promise, before anything in the column is looked at."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from anyascii import anyascii

LONGEST_PHRASE = 6
"""Words of the longest phrase in the table."""
QUALIFIER, ABOUT = "qualifier", "about"
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
HEADED = frozenset({"region", "country", "city", "name", "date", "category", "full name"})
"""Meanings that say little without what stands before them: the country of a passport is not the customer's."""
SAYS_WHOSE = frozenset({"identifier", "national_id", "url", "email", "phone"})

ENDS_OF_KEYS = frozenset({"id", "ids", "key", "nr", "no", "num", "number", "ref", "code", "uid", "uuid", "pk", "numero", "nomer", "nummer"})
"""Last words of names that number something, if nothing else is known of it."""
SMALL_WORDS = frozenset({"of", "the", "de", "du", "des", "der", "di", "del", "da", "do", "dos", "la", "le", "el", "van", "av"})
"""Words that make no difference."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column's name says."""

    attribute: str
    """The attribute's usual name; empty where the name says nothing known."""
    kind: str
    """An attribute type, or a word of `column_words.csv` for what is settled by the contents or by the other columns."""
    exact: bool = True
    """Whether the name is a phrase of the table, but for qualifiers such as `home` or `primary`; else it only contains one."""


UNKNOWN = Meaning("", "unknown", False)
"""The name says nothing."""
OF_SOMETHING_ELSE = Meaning("", ABOUT, False)
"""The name is of something else: the type of a telephone, the date of an entry, the employer's name."""

NUMBER = Meaning("key", "key", False)
"""The name is of a number of something unknown."""


@cache
def rows() -> tuple[tuple[tuple[str, ...], Meaning], ...]:
    """The table `column_words.csv`."""
    with (Path(__file__).parent / "column_words.csv").open(encoding="utf-8", newline="") as file:
        return tuple((words_of(row["words"]), Meaning(row["attribute"], row["meaning"])) for row in csv.DictReader(file))


@cache
def whole_names() -> dict[tuple[str, ...], Meaning]:
    """What a column is that is called so and nothing else; each phrase also as one word (`firstname`)."""
    spaced = {words: meaning for words, meaning in rows() if meaning.attribute}
    return {("".join(words),): meaning for words, meaning in spaced.items()} | spaced


@cache
def phrases() -> dict[tuple[str, ...], Meaning]:
    """What phrases mean within a longer name, where some say less: a *type* is a category, and the `phone_type` is none."""
    return whole_names() | {words: meaning for words, meaning in rows() if not meaning.attribute}


def words_of(name: str) -> tuple[str, ...]:
    """The words of a column's name in small ASCII letters, figures apart.

    >>> words_of("custBirthDate"), words_of("PRIMARY_NAME_LAST"), words_of("E-Mail 2"), words_of("Straße")
    (('cust', 'birth', 'date'), ('primary', 'name', 'last'), ('e', 'mail', '2'), ('strasse',))
    """
    latin = anyascii(name[:200])
    return tuple(re.findall(r"[a-z]+|\d+", CAMEL.sub(" ", latin).lower()))


def meaning_of(name: str) -> Meaning:
    """What a column's name says.

    >>> meaning_of("surname").attribute, meaning_of("billing_city").kind, meaning_of("Téléphone portable").kind
    ('family_name', 'city', 'phone')
    >>> meaning_of("phone_type").kind, meaning_of("passport_country").kind, meaning_of("xyz").kind
    ('about', 'about', 'unknown')
    """
    words = words_of(name)
    plain = tuple(word for word in words if not word.isdigit())
    bare = tuple(word for word in plain if word not in SMALL_WORDS)
    for tried in (words, plain, bare):
        if tried in whole_names():
            return whole_names()[tried]
    found = from_parts(parts_of(plain), bool(plain) and plain[-1] in ENDS_OF_KEYS)
    return found if found not in (UNKNOWN, NUMBER) else said_by_one_word(plain) or found


def said_by_one_word(words: Sequence[str]) -> Meaning | None:
    """What a word says that mostly only describes another: a `mobile_no` is a telephone."""
    found = [whole_names()[(word,)] for word in words if (word,) in whole_names()]
    return next(
        (replace(meaning, exact=False) for meaning in reversed(found) if meaning.kind in ("phone", "email", "postcode", "address")), None
    )


def parts_of(words: Sequence[str]) -> list[Meaning]:
    """The phrases that a name consists of, the longest first at each word; UNKNOWN for a word that is in none."""
    table, found, at = phrases(), list[Meaning](), 0
    while at < len(words):
        length = next((n for n in range(min(LONGEST_PHRASE, len(words) - at), 0, -1) if tuple(words[at : at + n]) in table), 0)
        found.append(table[tuple(words[at : at + length])] if length else UNKNOWN)
        at += length or 1
    return found


def from_parts(parts: Sequence[Meaning], numbered: bool) -> Meaning:
    """What the phrases of a name mean together: mostly what the last says, unless another sets it apart."""
    telling = [part for part in parts if part.kind not in (QUALIFIER, ABOUT, UNKNOWN.kind)]
    # `customer_number` is a key and `phone_number` none: a bare number says something only where nothing else does.
    telling = [part for part in telling if part.kind != "key"] or telling
    if any(part.kind == ABOUT for part in parts):
        return OF_SOMETHING_ELSE
    if not telling:
        return NUMBER if numbered else UNKNOWN
    last = telling[-1]
    if last.kind in ("house number", "street unit") and any(part.kind == "street" for part in telling):
        last = next(part for part in telling if part.kind == "street")
    if last.kind in HEADED and any(part.kind in SAYS_WHOSE or part.kind == "organisation" for part in telling[:-1]):
        whose = next(part for part in telling if part.kind in SAYS_WHOSE or part.kind == "organisation")
        return whose if whose.kind == "organisation" and last.kind == "name" else OF_SOMETHING_ELSE
    unknown = sum(part is UNKNOWN for part in parts)
    if last.kind in ("name", "key") and unknown:
        # The name of something that is not known, or its number.
        return OF_SOMETHING_ELSE if last.kind == "name" else Meaning(last.attribute, last.kind, False)
    return Meaning(last.attribute, last.kind, not unknown and len(set(telling)) == 1)
