"""Names and addresses that may be whole or a part, a person's or a firm's: what the other columns and the values tell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.address_parts import split_address
from matching.attribute_types.full_name import FAMILY_FIRST
from matching.attribute_types.nickname_table import canonical, is_given_name
from matching.attribute_types.text_tools import matches, valid_mask
from matching.infer.columns import Column, percent
from matching.infer.contents import Guess, address_share, given_share, organisation_share

OF_PEOPLE = frozenset({"given_name", "family_name", "full name", "date_of_birth", "gender", "birth year", "age", "place of birth"})
OF_THINGS = frozenset({"number", "text", "brand", "title", "identifier", "full names", "year"})
OF_WORKS = frozenset({"title", "text", "full names", "brand"})
PLACED = frozenset({"street", "address", "city", "postcode", "phone"})


@dataclass(frozen=True, slots=True)
class Context:
    """The kinds of columns that a table has."""

    kinds: Collection[str]

    @property
    def people(self) -> bool:
        """Whether a column tells what only people have."""
        return bool(OF_PEOPLE & set(self.kinds))

    @property
    def things(self) -> bool:
        """Whether columns tell what things have, and none where they live."""
        return bool(OF_THINGS & set(self.kinds)) and not PLACED & set(self.kinds)

    @property
    def works(self) -> bool:
        """Whether columns tell what only works and wares have: authors or makers, titles, numbers of products."""
        return not self.people and len(OF_WORKS & set(self.kinds)) >= 2


def reading_of_name(column: Column, guess: Guess, context: Context) -> tuple[str, str]:
    """Whose name a column holds, as a kind, and what tells: `full name`, `organisation` or `title`."""
    if guess.kind != "name":
        return guess.kind, ""
    firms, people = organisation_share(column), given_share(column)
    if context.people or (people >= 0.3 and people > firms and 1.3 <= column.words <= 4):
        return "full name", ", of people" if context.people else f", {percent(people)} hold a known given name"
    if firms >= 0.3:
        return "organisation", f", {percent(firms)} have a word that only organisations have"
    if context.things or column.words > 6:
        return "title", ", of things"
    return "organisation", ", not of people"


def name_order(column: Column) -> str | None:
    """`family_first` where names without a comma end, rather than begin, in a known given name."""
    bare = column.share(~matches(column.text, ",") & matches(column.text, " "))
    if bare < 0.5:
        return None
    first = pc.utf8_lower(pc.replace_substring_regex(column.text, r"[ ,].*$", ""))
    last = pc.utf8_lower(pc.replace_substring_regex(column.text, r"^.* ", ""))
    begin, end = (column.share((valid_mask(canonical(word)) | is_given_name(word)) & matches(column.text, " ")) for word in (first, last))
    return FAMILY_FIRST if end >= 0.3 and end > 2 * begin else None


def parts_of_name(column: Column) -> tuple[str, ...]:
    """The attributes into which whole names are parsed; organisations only where some are told."""
    return ("given_name", "family_name", "organisation") if organisation_share(column) >= 0.03 else ("given_name", "family_name")


def reading_of_address(column: Column, guess: Guess, placed: bool) -> tuple[str, str]:
    """What a column of streets or addresses holds: `whole address`, `street`, or an `address` that cannot be parsed."""
    share = address_share(column)
    if share >= (0.3 if guess.kind == "address" else 0.5):
        return "whole address", f", {percent(share)} end in a town or a postal code"
    if guess.kind == "street" or placed or column.words < 5:
        return "street", ""
    return "address", ""


def parts_of_address(column: Column) -> tuple[str, ...]:
    """The attributes into which whole addresses are parsed: those that more than a few have."""
    parts = split_address(column.text)
    named: dict[str, pa.Array] = {"city": parts.city, "region": parts.region, "postcode": parts.postcode}
    return ("street", *(name for name, values in named.items() if column.share(valid_mask(values)) >= 0.03))
