"""Masking: values as those see them who may count customers but not know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from domain.attributes import Attribute, Storage

HIDDEN = "***"
Text = sa.ColumnElement[Any]

SHOWN = frozenset({"city", "region", "country", "gender", "consent", "category", "number"})
"""Types that tell nobody who it is. All that is not listed, here or in `MASKS`, is hidden altogether."""


def masked(column: Text, attribute: Attribute) -> Text:
    """The value, or what is left of it; nothing stays nothing."""
    if attribute.type in SHOWN:
        return column
    if attribute.storage is Storage.DATE:
        return sa.cast(sa.extract("year", column), sa.Integer)
    mask = MASKS.get(attribute.type, _hidden) if attribute.storage is Storage.TEXT else _hidden
    return sa.case((column.is_(None), sa.null()), else_=mask(column))


def _hidden(_text: Text) -> Text:
    return sa.literal(HIDDEN, sa.Text)


def _first_letter(text: Text) -> Text:
    return sa.func.substr(text, 1, 1).concat(HIDDEN)


def _first_letter_at(text: Text) -> Text:
    return sa.func.substr(text, 1, 1).concat(f"{HIDDEN}@{HIDDEN}")


def _last_two(text: Text) -> Text:
    """Of a short one nothing: two characters would be much of it."""
    ending = sa.literal(HIDDEN, sa.Text).concat(sa.func.substr(text, sa.func.length(text) - 1))
    return sa.case((sa.func.length(text) > 6, ending), else_=HIDDEN)


MASKS: dict[str, Callable[[Text], Text]] = {
    "given_name": _first_letter,
    "family_name": _first_letter,
    "full_name": _first_letter,
    "organisation": _first_letter,
    "email": _first_letter_at,
    "phone": _last_two,
    "identifier": _last_two,
    "national_id": _last_two,
}
