"""Tables: what each column is by itself, and the attributes that they come to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.attributes import Attribute
from domain.sources import ColumnMap
from matching.attribute_types import TYPES
from matching.infer.columns import Column, Finding, listed
from matching.infer.contents import Guess, borne_out, by_contents, date_format
from matching.infer.entries import Entry, attributes_of, maps_of, sorted_entries
from matching.infer.names import ABOUT, Meaning, meaning_of, words_of
from matching.infer.whole import Context

SET_APART = {
    "other": "says nothing of who a record is",
    "key": "a number that its source gives each row",
    "source": "names a source",
    ABOUT: "by its name about something else than the record itself",
}
BESIDE = frozenset({"source", "key", "record_id", "modified"})
"""Names of columns that stand beside the attributes; no attribute is called so, nor with `_status` at its end."""
UNMISTAKABLE = frozenset({"email", "url"})
"""Types that values tell whatever the column is called."""
EMPTY, HOLLOW = "empty", "nothing but placeholders"
NOT_KNOWN = "neither its name nor its values are recognised"
ONLY_APART = frozenset({"region", "country", "category", "number", "gender", "city", "date", "text", "organisation", "url"})
"""Types that say nothing where every record has the same value."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What was inferred of a table."""

    attributes: tuple[Attribute, ...]
    maps: tuple[ColumnMap, ...]
    """Of several columns for an attribute that takes one value, the first that is valid counts."""
    parts: Mapping[str, tuple[str, ...]]
    """Of each map that is parsed, the types of the attributes that are its parts."""
    findings: tuple[Finding, ...]
    """One for each column that was looked at, in their order."""


class Table:
    """The columns, what each is held to be, and what became of it so far."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = {column.name: column for column in columns}
        self.guesses: dict[str, Guess] = {}
        self.entries: dict[str, Entry] = {}
        self.findings: dict[str, Finding] = {}
        for column in columns:
            if guess := self.guess(column, meaning_of(column.name)):
                self.guesses[column.name] = guess

    def guess(self, column: Column, meaning: Meaning) -> Guess | None:
        """By its name, if the values bear it out; else by the values, unless the name sets it apart."""
        found, why = None, SET_APART.get(meaning.kind, NOT_KNOWN)
        if column.told == 0 or (meaning.kind in TYPES and column.hollow(meaning.kind)):
            why = EMPTY if column.filled == 0 else HOLLOW
        elif meaning.kind not in SET_APART:
            found = borne_out(column, meaning) if meaning.attribute else by_contents(column)
            if found is None and (other := by_contents(column)) and other.kind in UNMISTAKABLE:
                found = other
            why = f"named like {meaning.attribute.replace('_', ' ')}, but its values are not" if meaning.attribute else why
        if found is None:
            self.leave_out(column.name, why)
        return found

    def leave_out(self, column: str, why: str) -> None:
        """Note that a column is not used."""
        self.findings[column] = Finding(column, None, None, why)

    def found(self, name: str, attribute: str, kind: str, why: str = "") -> None:
        """Note what a column is used for."""
        self.findings[name] = Finding(name, attribute, kind, why or self.guesses[name].why)

    def of(self, *kinds: str) -> list[str]:
        """The columns of some kinds that are still open, the surest and fullest first."""
        found = [name for name, guess in self.guesses.items() if guess.kind in kinds and name not in self.findings]
        return sorted(found, key=lambda name: (not self.guesses[name].by_name, -self.columns[name].told, name))

    def columns_of(self, entry: str) -> list[str]:
        """The columns of an entry; none where there is no such entry."""
        return [name for names in self.entries[entry].columns for name in names] if entry in self.entries else []

    @property
    def context(self) -> Context:
        """What kinds of columns the table has."""
        return Context(frozenset(guess.kind for guess in self.guesses.values()))

    @property
    def types(self) -> set[str]:
        """The types that are filled so far, those of parts among them."""
        plain = {entry.type for entry in self.entries.values() if entry.read_as is None}
        return plain | {part for entry in self.entries.values() for part in entry.parts}

    def add(self, name: str, attribute: str, kind: str, taken: str = "{} says it already") -> bool:
        """Let a column fill an attribute; where another of the same input does, it is left out."""
        column, entry = self.columns[name], self.entries.get(attribute)
        if column.constant and column.told > 2 and kind in ONLY_APART:
            self.leave_out(name, "every record has the same")
            return False
        if entry is not None and entry.inputs & column.inputs:
            self.leave_out(name, taken.format(listed(self.columns_of(attribute)[:1])))
            return False
        if entry is None:
            format = date_format(column) if kind in ("date", "date_of_birth") else None
            entry = self.entries[attribute] = Entry(attribute, kind, [], format=format)
        entry.columns.append((name,))
        entry.inputs |= column.inputs
        self.found(name, attribute, kind)
        return True

    def add_whole(self, name: str, usual: str, read_as: str, parts: tuple[str, ...], order: str | None = None) -> None:
        """Let a column of whole names or addresses be parsed into attributes, under a label."""
        label = self.label(name, usual)
        self.entries[label] = Entry(label, read_as, [(name,)], read_as, order, parts=parts, inputs=set(self.columns[name].inputs))
        self.found(name, label, read_as)

    def label(self, name: str, usual: str) -> str:
        """A name for an entry that is not taken: the usual one, else the column's own."""
        own = re.sub(r"[^a-z0-9_]", "", "_".join(words_of(name)))[:30].strip("_0123456789") or usual
        own = f"{own}_value" if own in BESIDE or own.endswith("_status") else own
        tried = [usual, own, *(f"{usual}_{number}" for number in range(2, len(self.columns) + 3))]
        return next(one for one in tried if one not in self.entries)


def inferred(table: Table) -> Inferred:
    """What a settled table comes to."""
    entries = sorted_entries(table.entries.values())
    return Inferred(
        attributes_of(entries),
        tuple(maps_of(entries)),
        {entry.name: entry.parts for entry in entries if entry.parts},
        tuple(table.findings[name] for name in table.columns),
    )
