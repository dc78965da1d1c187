"""Settle: one column decides what another means, until every one is part of an attribute or left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matching.attribute_types import TYPES
from matching.infer.columns import Column, listed, percent
from matching.infer.contents import Guess, region_of, separator
from matching.infer.entries import Entry
from matching.infer.names import words_of
from matching.infer.table import NOT_KNOWN, Inferred, Table, inferred
from matching.infer.whole import name_order, parts_of_address, parts_of_name, reading_of_address, reading_of_name

SEVERAL = ("email", "phone")
"""Types of which a record can have several values, in several columns."""
OF_THINGS = frozenset(
    {
        "title",
        "text",
        "price",
        "category",
        "brand",
        "year",
        "size",
        "release_date",
        "description",
        "album",
        "artist",
        "authors",
        "venue",
        "pages",
    }
)
"""Attributes that describe a thing; of a person or a firm they say what it bought, not who it is."""
OF_FIRMS = frozenset({"category", "year", "release_date"})
"""Those of them that describe firms as well: the industry, the year of foundation."""
OF_ONE_KIND = frozenset({"identifier", "national_id", "text", "category", "number", "date"})
"""Types of which a record can have several attributes, each of another kind."""
OF_MANY_KINDS = frozenset({"size", "company_number"})
"""Attributes that are different things under different names: a width is no weight, a tax number of a firm no number of its register."""
KINDS = {"full names": "full_name", "place of birth": "category", "title": "text", "family name suffix": "name_suffix"}
"""Types of what `column_words.csv` names otherwise and no other column settles."""
MOST_BRANDS = 0.1
"""Distinct values, as a share of all, up to which brands and journals are kinds rather than texts."""


def infer(columns: Sequence[Column]) -> Inferred:
    """What the columns of one or several inputs mean; record keys and columns that name sources are not among them."""
    table = Table(columns)
    settle_works(table)
    settle_names(table)
    settle_births(table)
    settle_whole_records(table)
    settle_addresses(table)
    for name in table.of(*SEVERAL):
        add_several(table, name)
    settle_rest(table)
    settle_unknown(table)
    return inferred(table)


def settle_works(table: Table) -> None:
    """Of books and wares, an institution or a publisher is one more trait, like the year."""
    if table.context.works:
        for name in table.of("organisation"):
            table.guesses[name] = replace(table.guesses[name], kind="brand", attribute="institution")


def settle_names(table: Table) -> None:
    """Given and family names, whole names and organisations."""
    context = table.context
    for name in table.of("given_name", "family_name"):
        # `nom` and `nombre` are part of a name only beside the other part.
        other = {"given_name": "family_name", "family_name": "given_name"}[table.guesses[name].kind]
        if not table.of(other) and table.columns[name].words >= 1.6:
            table.guesses[name] = replace(table.guesses[name], kind="name", attribute="name")
    for name in table.of("name", "full name", "organisation"):
        guess = table.guesses[name]
        kind, why = reading_of_name(table.columns[name], guess, context)
        attribute = {"full name": "name"}.get(kind, kind)
        table.guesses[name] = replace(guess, kind=kind, attribute=attribute, why=guess.why + why)
    for name in table.of("given_name"):
        table.add(name, table.guesses[name].attribute, "given_name")
    settle_family_names(table)
    for name in table.of("organisation"):
        table.add(name, "organisation", "organisation", "another organisation is named by {}")
    for name in table.of("full name"):
        settle_whole_name(table, name)


def settle_family_names(table: Table) -> None:
    """A second family name is written behind the first; a former one is another value."""
    for name in table.of("family_name"):
        table.add(name, "family_name", "family_name")
    for name in table.of("second family name"):
        entry = table.entries.get("family_name")
        if entry and len(entry.columns) == 1:
            entry.columns = [(*entry.columns[0], name)]
            table.found(name, "family_name", "family_name", "written behind the first")
        else:
            table.add(name, "family_name", "family_name")
    for name in table.of("former family name"):
        if entry := table.entries.get("family_name"):
            entry.many = True
            entry.columns.append((name,))
            table.found(name, "family_name", "family_name")
        else:
            table.add(name, "family_name", "family_name")


def settle_whole_name(table: Table, name: str) -> None:
    """A whole name fills given and family name, beside columns of their own where there are any."""
    of_a_contact = words_of(name)[:1] == ("contact",) and "organisation" in table.entries
    if of_a_contact and not {"given_name", "family_name"} & table.types:
        table.leave_out(name, "whom to ask for; the organisations are matched")
        return
    column = table.columns[name]
    others = [entry for entry in table.entries.values() if entry.read_as == "full_name" and entry.inputs & column.inputs]
    if others:
        table.leave_out(name, f"another whole name is in {listed(others[0].columns[0])}")
        return
    table.add_whole(name, "name", "full_name", parts_of_name(column), name_order(column))


def settle_births(table: Table) -> None:
    """Dates of birth; year, month and day of birth are one where all three are known, and an age says less than any."""
    for name in table.of("date_of_birth"):
        table.add(name, "date_of_birth", "date_of_birth")
    parts = [next(iter(table.of(kind)), "") for kind in ("birth year", "birth month", "birth day")]
    if all(parts) and "date_of_birth" not in table.entries:
        inputs = set(table.columns[parts[0]].inputs)
        table.entries["date_of_birth"] = Entry("date_of_birth", "date_of_birth", [tuple(parts)], inputs=inputs)
        for part in parts:
            table.found(part, "date_of_birth", "date_of_birth", "part of the date of birth")
    dated = sum(table.columns[name].told for name in table.columns_of("date_of_birth"))
    for name in table.of("birth year", "birth month", "birth day"):
        if dated >= 0.5 * table.columns[name].told:
            table.leave_out(name, "the date of birth says it")
        else:
            kind = "number" if table.guesses[name].kind == "birth year" else "category"
            table.add(name, table.guesses[name].attribute, kind)
    for name in table.of("age"):
        if {"date_of_birth", "birth_year"} & table.entries.keys():
            table.leave_out(name, "the date of birth says more")
        else:
            table.add(name, "age", "number")


def settle_whole_records(table: Table) -> None:
    """What by its values alone ends like an address, where nothing else tells who lives there, is a whole record in one text."""
    if table.entries or len(table.guesses) > 1:
        return
    for name in table.of("address"):
        if not (guess := table.guesses[name]).by_name:
            table.guesses[name] = Guess("text", "text", f"{guess.why}, and no other column says of whom", False)


def settle_addresses(table: Table) -> None:
    """Streets with their house numbers, and what is named an address: a whole one, or a street."""
    placed = bool(table.of("city", "postcode"))
    for name in table.of("address", "street"):
        guess = table.guesses[name]
        kind, why = reading_of_address(table.columns[name], guess, placed)
        table.guesses[name] = replace(guess, kind=kind, attribute=kind, why=guess.why + why)
    for name in table.of("street"):
        if table.add(name, "street", "street", "another street is in {}"):
            join_house_number(table, name)
    for name in table.of("house number", "street part"):
        table.leave_out(name, "there is no street to it, or the street has it already")
    for name in table.of("whole address"):
        table.add_whole(name, "address", "address", parts_of_address(table.columns[name]))
    for name in table.of("address"):
        table.add(name, "address", "address", "another address is in {}")
    for name in table.of("street unit"):
        table.leave_out(name, "a flat or a second line, told differently every time")
    for name in table.of("city", "region", "postcode", "country"):
        kind = table.guesses[name].kind
        table.add(name, kind, kind, f"another {kind} is in {{}}")


def join_house_number(table: Table, name: str) -> None:
    """A house number of its own is written before its street; directions and kinds of street stand in the columns' order."""
    parts = [part for part in table.columns if part in table.of("house number", "street part")]
    parts = [part for part in parts if table.columns[part].inputs & table.columns[name].inputs]
    numbered = table.columns[name].like(r"^\d|\d$") >= 0.5
    numbers = [part for part in parts if table.guesses[part].kind == "house number" and not numbered][:1]
    others = [part for part in table.columns if part == name or (part in parts and table.guesses[part].kind == "street part")]
    entry = table.entries["street"]
    entry.columns = [(*numbers, *others) if alternative == (name,) else alternative for alternative in entry.columns]
    for part in (*numbers, *others):
        if part != name:
            table.found(part, "street", "street", "part of the street")


def add_several(table: Table, name: str) -> None:
    """Let a column give one more value of an attribute."""
    kind, column = table.guesses[name].kind, table.columns[name]
    entry = table.entries.setdefault(kind, Entry(kind, kind, []))
    entry.many |= bool(entry.inputs & column.inputs)
    entry.inputs |= column.inputs
    entry.columns.append((name,))
    if entry.split is None and (sign := separator(column, kind)):
        entry.split, entry.many = sign, True
    if kind == "phone":
        postcode = next(iter(table.columns_of("postcode")), None)
        entry.region = entry.region or region_of(column, table.columns[postcode] if postcode else None)
    table.found(name, kind, kind)


def settle_rest(table: Table) -> None:
    """What needs no other column, but for what describes things where the table is about people or firms."""
    people = bool({"given_name", "family_name", "date_of_birth"} & table.types)
    firms = "organisation" in table.entries
    for name in table.of(*{guess.kind for guess in table.guesses.values()}):
        guess, column = table.guesses[name], table.columns[name]
        kind = kind_of(guess, column)
        if guess.attribute in OF_THINGS and (people or (firms and guess.attribute not in OF_FIRMS)):
            table.leave_out(name, "says nothing of who a person is" if people else "says nothing of which organisation it is")
        elif kind not in TYPES:
            table.leave_out(name, "not told in a way that can be compared")
        elif kind == "category" and column.different > 0.8 and column.sampled > 20:
            table.leave_out(name, "nearly every value is different")
        else:
            taken = guess.attribute in table.entries and table.entries[guess.attribute].inputs & column.inputs
            own = (taken and kind in OF_ONE_KIND) or guess.attribute in OF_MANY_KINDS
            attribute = table.label(name, "_".join(words_of(name)) if guess.by_name else guess.attribute) if own else guess.attribute
            table.add(name, attribute, kind)


def kind_of(guess: Guess, column: Column) -> str:
    """The attribute type of what no other column settles."""
    if guess.attribute == "pages":
        return "identifier" if column.like(r"\d\W+\w*\d") >= 0.3 else "number"
    if guess.kind == "brand":
        return "category" if column.distinct <= max(20, MOST_BRANDS * column.sampled) else "text"
    return KINDS.get(guess.kind, guess.kind)


def settle_unknown(table: Table) -> None:
    """Where nothing else is known, texts of letters are compared as texts: a table of one column has a meaning too."""
    if any(entry.type not in ("category", "number", "date", "gender") for entry in table.entries.values()):
        return
    for name, column in table.columns.items():
        if table.findings[name].why == NOT_KNOWN and column.different >= 0.3 and column.like(r"\p{L}{2}") >= 0.5:
            table.guesses[name] = Guess(
                "text", "text", f"nothing else is recognised, and {percent(column.different)} of its texts differ", False
            )
            table.add(name, table.label(name, "text"), "text")
