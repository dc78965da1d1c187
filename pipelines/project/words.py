"""Words in messages: how a wrong one is shown, and which right one is nearest to it."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

LONGEST_SHOWN = 60
"""Characters of a wrong word that a message repeats."""
LONGEST_SAID = 1000
"""Characters of a message, some of which come from below with a wrong value in them."""
NEAR = 70.0
"""Similarity in per cent from which a word is held to be meant; `birthdate` and `birth_date` have 95, `newest` and `longest` 62."""


def plain(word: object) -> str:
    """A word on one line of printable characters, cut when it is long; YAML's own spelling of true, false and null.

    >>> plain("two" + chr(10) + "lines"), plain(True)
    ('two?lines', 'true')
    """
    text = {True: "true", False: "false", None: "null"}[word] if word is None or isinstance(word, bool) else str(word)
    return one_line(text, LONGEST_SHOWN)


def one_line(text: str, longest: int) -> str:
    """The beginning of a text, with a `?` for each character that cannot be printed."""
    start = "".join(c if c.isprintable() else "?" for c in text[: longest + 1])
    return start if len(start) <= longest else start[:longest] + "…"


def quoted(word: object) -> str:
    """A word as messages show it.

    >>> quoted("birthdate")
    "'birthdate'"
    """
    return f"'{plain(word)}'"


def nearest(word: str, right: Iterable[str]) -> str | None:
    """The right word that was probably meant, or none; case does not count, and of two as near the first counts.

    >>> nearest("Birthdate", ["birth_date", "email"])
    'birth_date'
    """
    found = process.extractOne(word[:1000], list(right), scorer=fuzz.ratio, processor=str.lower, score_cutoff=NEAR)
    return str(found[0]) if found else None


def listed(words: Iterable[str]) -> str:
    """
    >>> listed(["email", "phone"])
    'email, phone'
    """
    return ", ".join(plain(word) for word in words)


def unknown(word: object, one: str, right: Iterable[str], many: str | None = None) -> str:
    """The sentence about a word that is none of the right ones.

    >>> unknown("birthdate", "an attribute", ["birth_date", "email"])
    "'birthdate' is not an attribute; did you mean 'birth_date'?"
    >>> unknown("newest", "a rule", ["most_recent", "most_agreed"])
    "'newest' is not a rule; the rules are most_agreed, most_recent"
    """
    words = sorted(right)
    near = nearest(word, words) if isinstance(word, str) else None
    kinds = many or one.split(" ", 1)[-1] + "s"
    advice = f"did you mean {quoted(near)}?" if near else f"the {kinds} are {listed(words)}"
    return f"{quoted(word)} is not {one}; {advice}"
