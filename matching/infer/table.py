"""Tables: the columns together, where one settles what another means, become attributes and how they are mapped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.attributes import Attribute
from domain.sources import ColumnMap
from matching.attribute_types import TYPES
from matching.infer.columns import Column, Finding, listed, percent
from matching.infer.contents import Guess, borne_out, by_contents, date_format, region_of, separator
from matching.infer.names import ABOUT, Meaning, meaning_of, words_of
from matching.infer.whole import Context, name_order, parts_of_address, parts_of_name, reading_of_address, reading_of_name
from matching.roles import role_of

SEVERAL = frozenset({"email", "phone"})
"""Types of which a record can have several values in several columns."""
ONLY_OTHERS = frozenset(
    {"title", "text", "price", "category", "brand", "year", "size", "release_date", "description", "album", "artist", "authors"}
)
"""Attributes that describe a thing; of a person or a firm they say what it bought, not who it is."""
OF_FIRMS = frozenset({"category", "year", "release_date"})
"""Those of them that describe firms as well: the industry, the year of foundation."""
ORDER = (
    "given_name middle_name family_name name_suffix organisation name title authors artist album description brand venue date_of_birth birth_year "
    "birth_month birth_day age gender national_id social_security tax_number health_number passport driving_licence bank_account "
    "company_number product_number email phone street address city region postcode country url birth_place nationality"
).split()
"""Attributes in the order in which they are told; others come behind, by name."""


@dataclass(slots=True)
class Entry:
    """One attribute, or one whole text that is parsed into several, while its columns are gathered."""

    name: str
    type: str
    columns: list[tuple[str, ...]]
    read_as: str | None = None
    order: str | None = None
    format: str | None = None
    split: str | None = None
    many: bool = False
    region: str | None = None
    inputs: set[int] = field(default_factory=set)


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


def infer(columns: Sequence[Column]) -> Inferred:
    """What the columns of one or several inputs mean; those that are keys or name the source are not among them."""
    table = Table(columns)
    table.guess()
    table.settle()
    entries = sorted(table.entries.values(), key=lambda entry: (place_of(entry.name), entry.read_as is not None, entry.name))
    findings = tuple(table.findings[column.name] for column in columns)
    return Inferred(attributes_of(entries, table), tuple(maps_of(entries)), table.parts, findings)


def place_of(name: str) -> int:
    """Where an attribute is told; numbered ones (`phone_2`) stand with the first."""
    return ORDER.index(name) if name in ORDER else len(ORDER)


class Table:
    """The columns and what is held of them so far."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = {column.name: column for column in columns}
        self.guesses: dict[str, Guess] = {}
        self.entries: dict[str, Entry] = {}
        self.findings: dict[str, Finding] = {}
        self.parts: dict[str, tuple[str, ...]] = {}
        """By whole name or address, the types of the attributes into which it is parsed."""

    def guess(self) -> None:
        """What each column is by itself."""
        for name, column in self.columns.items():
            meaning = meaning_of(name)
            if column.told == 0:
                self.leave_out(name, "empty" if column.filled == 0 else "nothing but placeholders")
                continue
            guess = self.guess_of(column, meaning)
            if guess is not None:
                self.guesses[name] = guess

    def guess_of(self, column: Column, meaning: Meaning) -> Guess | None:
        """By its name, if the values bear it out; else by the values, unless the name sets it apart."""
        if meaning.kind in ("other", "key", "source", ABOUT):
            self.leave_out(column.name, SET_APART[meaning.kind])
            return None
        if meaning.attribute and (found := borne_out(column, meaning)):
            return found
        found = by_contents(column)
        if found is None:
            self.leave_out(
                column.name,
                f"named like {readable(meaning)}, but its values are not"
                if meaning.attribute
                else "neither its name nor its values are known",
            )
        return found

    def leave_out(self, column: str, why: str) -> None:
        """Note that a column is not used."""
        self.findings[column] = Finding(column, None, None, why)

    @property
    def part_types(self) -> list[str]:
        """The types of all parts, each once."""
        return list(dict.fromkeys(part for parts in self.parts.values() for part in parts))

    def of(self, *kinds: str) -> list[str]:
        """The columns of some kinds, the surest and fullest first."""
        found = [name for name, guess in self.guesses.items() if guess.kind in kinds and name not in self.findings]
        return sorted(found, key=lambda name: (not self.guesses[name].by_name, -self.columns[name].told, name))

    def settle(self) -> None:
        """Every column becomes part of an attribute or is left out; what others need comes first."""
        self.settle_names()
        self.settle_births()
        self.settle_addresses()
        for name in self.of(*SEVERAL):
            self.add_several(name)
        self.settle_rest()

    # -- names ---------------------------------------------------------------------------------------------------------

    @property
    def context(self) -> Context:
        """What kind of things the table is about, as far as its columns tell."""
        kinds = {guess.kind for name, guess in self.guesses.items() if self.columns[name].told}
        return Context(kinds)

    def settle_names(self) -> None:
        """Given and family names, whole names and organisations."""
        context = self.context
        for name in self.of("given_name", "family_name"):
            # `nom` and `nombre` are part of a name only beside the other part.
            other = {"given_name": "family_name", "family_name": "given_name"}[self.guesses[name].kind]
            if not self.of(other) and self.columns[name].words >= 1.6:
                self.guesses[name] = Guess("name", "name", self.guesses[name].why, True)
        for name in self.of("name", "full name", "organisation"):
            kind, why = reading_of_name(self.columns[name], self.guesses[name], context)
            self.guesses[name] = Guess(
                kind,
                {"title": "title"}.get(kind, "organisation" if kind == "organisation" else "name"),
                f"{self.guesses[name].why}{why}",
                self.guesses[name].by_name,
            )
        for name in self.of("given_name"):
            self.add(name, self.guesses[name].attribute, "given_name")
        self.settle_family_names()
        for name in self.of("organisation"):
            self.add(name, "organisation", "organisation", "another organisation is named by {}")
        for name in self.of("full name"):
            self.settle_whole_name(name)

    def settle_family_names(self) -> None:
        """A second family name is written behind the first; a former one is another value."""
        for name in self.of("family_name"):
            self.add(name, "family_name", "family_name")
        entry = self.entries.get("family_name")
        for name in self.of("second family name"):
            if entry and len(entry.columns) == 1:
                entry.columns = [(*entry.columns[0], name)]
                self.found(name, "family_name", "family_name", "written behind the first")
            else:
                self.add(name, "family_name", "family_name")
        for name in self.of("former family name"):
            if entry:
                entry.many = True
                entry.columns.append((name,))
                self.found(name, "family_name", "family_name")
            else:
                self.add(name, "family_name", "family_name")

    def settle_whole_name(self, name: str) -> None:
        """A whole name fills given and family name, beside columns of their own where there are any."""
        column, guess = self.columns[name], self.guesses[name]
        if (
            "organisation" in self.entries
            and words_of(name)[:1] == ("contact",)
            and not {"given_name", "family_name"} & self.entries.keys()
        ):
            self.leave_out(name, "whom to ask for; the organisations are matched")
            return
        label = self.label(name, "name")
        self.entries[label] = Entry(label, "full_name", [(name,)], "full_name", name_order(column), inputs=set(column.inputs))
        self.parts[label] = parts_of_name(column)
        self.found(name, label, "full_name", guess.why)

    # -- births --------------------------------------------------------------------------------------------------------

    def settle_births(self) -> None:
        """Dates of birth; year, month and day of birth are one where all three are known, and an age says less than any."""
        for name in self.of("date_of_birth"):
            self.add(name, "date_of_birth", "date_of_birth")
        dated = sum(self.columns[part].told for alternative in self.columns_of("date_of_birth") for part in alternative)
        parts = [next(iter(self.of(kind)), None) for kind in ("birth year", "birth month", "birth day")]
        year, month, day = parts
        if year and month and day and "date_of_birth" not in self.entries:
            self.entries["date_of_birth"] = Entry(
                "date_of_birth", "date_of_birth", [(year, month, day)], inputs=set(self.columns[year].inputs)
            )
            for part in (year, month, day):
                self.found(part, "date_of_birth", "date_of_birth", "part of the date of birth")
        for name in self.of("birth year", "birth month", "birth day"):
            if dated >= 0.5 * self.columns[name].told:
                self.leave_out(name, "the date of birth says it")
            else:
                kind = "number" if self.guesses[name].kind == "birth year" else "category"
                self.add(name, self.guesses[name].attribute, kind)
        for name in self.of("age"):
            if {"date_of_birth", "birth_year"} & self.entries.keys():
                self.leave_out(name, "the date of birth says more")
            else:
                self.add(name, "age", "number")

    def columns_of(self, entry: str) -> list[tuple[str, ...]]:
        """The columns of an entry; none where there is no such entry."""
        return self.entries[entry].columns if entry in self.entries else []

    # -- addresses -----------------------------------------------------------------------------------------------------

    def settle_addresses(self) -> None:
        """Streets with their house numbers, and what is named an address: a whole one, or a street."""
        placed = bool(self.of("city", "postcode"))
        for name in self.of("address", "street"):
            kind, why = reading_of_address(self.columns[name], self.guesses[name], placed)
            self.guesses[name] = Guess(kind, kind, f"{self.guesses[name].why}{why}", self.guesses[name].by_name)
        for name in self.of("street"):
            if self.add(name, "street", "street", "another street is in {}"):
                self.join_house_number(name)
        for name in self.of("house number", "street part"):
            self.leave_out(name, "there is no street to it")
        for name in self.of("whole address"):
            label = self.label(name, "address")
            self.entries[label] = Entry(label, "address", [(name,)], "address", inputs=set(self.columns[name].inputs))
            self.parts[label] = parts_of_address(self.columns[name])
            self.found(name, label, "address")
        for name in self.of("address"):
            self.add(name, "address", "address", "another address is in {}")
        for name in self.of("street unit"):
            self.leave_out(name, "a flat or a second line, told differently every time")
        for name in self.of("city", "region", "postcode", "country"):
            self.add(
                name,
                self.guesses[name].kind,
                self.guesses[name].kind,
                "another {} is used".replace("{}", self.guesses[name].kind + " in {}"),
            )

    def join_house_number(self, name: str) -> None:
        """A house number of its own is written before its street, directions and kinds of street in their order."""
        parts = [part for part in self.columns if part in self.guesses and self.guesses[part].kind in ("house number", "street part")]
        parts = [part for part in parts if part not in self.findings and self.columns[part].inputs & self.columns[name].inputs]
        numbered = self.columns[name].like(r"^\d|\d$") >= 0.5
        numbers = [part for part in parts if self.guesses[part].kind == "house number" and not numbered][:1]
        others = [part for part in self.columns if part == name or (part in parts and self.guesses[part].kind == "street part")]
        entry = self.entries["street"]
        entry.columns = [(*numbers, *others) if alternative == (name,) else alternative for alternative in entry.columns]
        for part in parts:
            if part in (*numbers, *others):
                self.found(part, "street", "street", "part of the street")

    # -- all others ----------------------------------------------------------------------------------------------------

    def settle_rest(self) -> None:
        """What needs no other column, but for what describes things where the table is about people or firms."""
        people = bool("family_name" in self.part_types or {"given_name", "family_name", "date_of_birth"} & self.entries.keys())
        firms = "organisation" in self.entries
        for name in self.of(*{guess.kind for guess in self.guesses.values()}):
            guess, column = self.guesses[name], self.columns[name]
            if (people or (firms and guess.attribute not in OF_FIRMS)) and guess.attribute in ONLY_OTHERS:
                self.leave_out(name, "says nothing of who a person is" if people else "says nothing of which organisation it is")
                continue
            kind = KINDS.get(guess.kind, guess.kind)
            if guess.kind == "brand":
                kind = "category" if column.distinct <= max(20, 0.1 * column.sampled) else "text"
            if kind not in TYPES:
                self.leave_out(name, "not told in a way that can be compared")
            elif kind == "category" and column.different > 0.8 and column.sampled > 20:
                self.leave_out(name, "nearly every value is different")
            else:
                attribute = guess.attribute
                if attribute in self.entries and (kind in ("identifier", "national_id", "text", "category", "number", "date")):
                    attribute = self.label(name, attribute)
                self.add(name, attribute, kind)

    def add(self, name: str, attribute: str, kind: str, taken: str = "{} says it already") -> bool:
        """Let a column fill an attribute; where another of the same input does, it is left out."""
        column = self.columns[name]
        entry = self.entries.get(attribute)
        if column.constant and column.told > 2 and kind in ONLY_APART:
            self.leave_out(name, "every record has the same")
            return False
        if entry is None:
            entry = self.entries[attribute] = Entry(attribute, kind, [], format=date_format(column) if kind.startswith("date") else None)
        elif entry.inputs & column.inputs:
            self.leave_out(name, taken.format(listed([entry.columns[0][0]])))
            return False
        entry.columns.append((name,))
        entry.inputs |= column.inputs
        self.found(name, attribute, kind)
        return True

    def add_several(self, name: str) -> None:
        """Let a column give one more value of an attribute."""
        kind, column = self.guesses[name].kind, self.columns[name]
        entry = self.entries.setdefault(kind, Entry(kind, kind, []))
        entry.many |= bool(entry.inputs & column.inputs)
        entry.inputs |= column.inputs
        entry.columns.append((name,))
        if entry.split is None and (sign := separator(column, kind)):
            entry.split, entry.many = sign, True
        if kind == "phone":
            postcodes = next(iter(self.of("postcode")), None) or next((c for (c,) in self.columns_of("postcode")), None)
            entry.region = entry.region or region_of(column, self.columns[postcodes] if postcodes else None)
        self.found(name, kind, kind)

    def found(self, name: str, attribute: str, kind: str, why: str = "") -> None:
        """Note what a column is used for."""
        self.findings[name] = Finding(name, attribute, kind, why or self.guesses[name].why)

    def label(self, name: str, usual: str) -> str:
        """A name for an entry that is not taken: the usual one, else the column's own."""
        own = re.sub(r"[^a-z0-9]+", "_", "_".join(words_of(name))).strip("_")[:30] or usual
        tried = [usual, own, *(f"{usual}_{number}" for number in range(2, len(self.columns) + 3))]
        return next(one for one in tried if one not in self.entries and one[:1].isalpha())


KINDS = {"full names": "full_name", "place of birth": "category", "title": "text", "family name suffix": "category", "year": "number"}
"""Types of what `column_words.csv` names otherwise and no other column settles."""
ONLY_APART = frozenset({"region", "country", "category", "number", "gender", "city", "date", "text", "organisation", "url"})
"""Types that say nothing where every record has the same value."""
SET_APART = {
    "other": "says nothing of who a record is",
    "key": "a number that its source gives each row",
    "source": "names a source, and another column does",
    ABOUT: "about something else than the record itself, by its name",
}


def readable(meaning: Meaning) -> str:
    """A meaning in a sentence."""
    return meaning.attribute.replace("_", " ")


def attributes_of(entries: Iterable[Entry], table: Table) -> tuple[Attribute, ...]:
    """The attributes that the entries fill, with the roles they have together."""
    plain = {entry.name: entry for entry in entries if entry.read_as is None}
    types = {name: entry.type for name, entry in plain.items()}
    types |= {part: part for part in table.part_types if part not in types.values()}
    kinds = set(types.values())
    return ordered(
        Attribute(
            name,
            kind,
            role_of(kind, kinds),
            TYPES[kind].storage,
            many=name in plain and plain[name].many,
            region=plain[name].region if name in plain else None,
        )
        for name, kind in types.items()
    )


def ordered(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Attributes in the order in which they are told and compared, however they were found."""
    return tuple(sorted(attributes, key=lambda attribute: (place_of(attribute.name), attribute.name)))


def maps_of(entries: Iterable[Entry]) -> Iterable[ColumnMap]:
    """How columns fill them; whole names and addresses come last, and fill what columns of their own leave open."""
    for entry in sorted(entries, key=lambda entry: entry.read_as is not None):
        yield ColumnMap(entry.name, tuple(entry.columns), entry.format, entry.read_as, entry.order, entry.split)
