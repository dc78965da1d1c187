"""Signing: who acts and why; nothing is decided without."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import OnefoldError

LONGEST_REASON, LONGEST_NAME = 2_000, 200


@dataclass(frozen=True, slots=True)
class Signature:
    """Who acts, and why."""

    steward: str
    reason: str


def signed(steward: str, reason: str) -> Signature:
    """A signature that can be kept.

    >>> signed(" ruth ", "she asked them")
    Signature(steward='ruth', reason='she asked them')
    """
    return Signature(readable(steward, "the name of who decides", LONGEST_NAME), readable(reason, "the reason", LONGEST_REASON))


def readable(text: str, what: str, longest: int) -> str:
    """Text without blanks around it; an OnefoldError where there is none, it is too long, or it is not text."""
    text = text.strip()
    if not text:
        raise OnefoldError(f"{what} is empty: say it, for whoever looks at this later.")
    if len(text) > longest:
        raise OnefoldError(f"{what} has {len(text):,} characters; {longest:,} are the most.")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise OnefoldError(f"{what} holds characters that are no text: write it in UTF-8.")
    return text
