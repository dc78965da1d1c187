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
    by_folded = {candidate.casefold(): candidate for candidate in sorted(words)}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean '{by_folded[near[0]]}'?" if near else ""


def listed(words: Iterable[str], near: str = "", most: int = 8) -> str:
    """The first `most` of `words` in quotes, those nearest to `near` first, equally near ones by the alphabet; without `near` as they come.

    >>> listed(["name", "city", "d_o_b"], near="dob")
    "'d_o_b', 'city', 'name'"
    >>> listed(["c", "b", "a"], most=2)
    "'c', 'b', ..."
    """
    ordered = sorted(words, key=lambda word: (-_alike(near, word), word.casefold(), word)) if near else list(words)
    quoted = [f"'{word}'" for word in ordered[:most]]
    return ", ".join(quoted + ["..."] * (len(ordered) > most))


def _alike(left: str, right: str) -> float:
    return SequenceMatcher(None, left.casefold(), right.casefold()).ratio()
