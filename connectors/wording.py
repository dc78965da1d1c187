"""Naming the right word beside a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches


def hint(word: str, words: Iterable[str]) -> str:
    """A question that offers the nearest of `words`, or nothing where none is near.

    >>> hint("tabel", ["url", "table", "query"])
    "; did you mean 'table'?"
    >>> hint("colour", ["url", "table"])
    ''
    """
    by_folded = {candidate.casefold(): candidate for candidate in words}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[near[0]]}'?" if near else ""


def listed(words: Iterable[str], near: str = "", most: int = 8) -> str:
    """The first `most` of `words` in quotes, those nearest to `near` first.

    >>> listed(["name", "city", "d_o_b"], near="dob")
    "'d_o_b', 'name', 'city'"
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b', ..."
    """
    ordered = sorted(words, key=lambda word: -_alike(near, word)) if near else list(words)
    quoted = [f"'{word}'" for word in ordered[:most]]
    return ", ".join(quoted + ["..."] * (len(ordered) > most))


def _alike(left: str, right: str) -> float:
    return SequenceMatcher(None, left.casefold(), right.casefold()).ratio()
