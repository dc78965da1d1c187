"""How departments write things: a recipe for every kind of column, from a sheet of attributes to the department's own text.

A recipe is made by a function named after what it writes, and takes a sheet and a source of chance. Missing stays missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.mailboxes import without_accents
from pipelines.demo.sheet import Recipe, Sheet
from pipelines.demo.tables import chosen, draw, join, texts, where

Case = Callable[[pa.StringArray], pa.StringArray]
PHONES = {
    "parens": r"(\1) \2-\3",
    "dashes": r"\1-\2-\3",
    "dots": r"\1.\2.\3",
    "blanks": r"\1 \2 \3",
    "digits": r"\1\2\3",
    "plus": r"+1\1\2\3",
    "international": r"+1 \1 \2 \3",
    "long distance": r"1-\1-\2-\3",
}
"""Ways to write a telephone number; in full."""
TITLES = {"F": ["Mrs.", "Ms.", "Miss", "Dr."], "M": ["Mr.", "Mr", "Dr.", "Rev."]}


def as_is(text: pa.StringArray) -> pa.StringArray:
    """Text as it comes."""
    return text


def upper(text: pa.StringArray) -> pa.StringArray:
    """Capitals without accents, as old systems write."""
    return pc.utf8_upper(without_accents(text))


def lower(text: pa.StringArray) -> pa.StringArray:
    """Small letters, as typed on a telephone."""
    return pc.utf8_lower(text)


def typed(text: pa.StringArray, rng: np.random.Generator) -> pa.StringArray:
    """Text as customers type it into a form: some in small letters, some in capitals, some with a blank too many."""
    size = len(text)
    styles = [text, pc.utf8_lower(text), pc.utf8_upper(text), pc.binary_join_element_wise(text, " ", "")]
    return pc.choose(pa.array(draw(rng, np.array([86.0, 8, 4, 2]), size)), *styles)


def value(name: str, case: Case = as_is, length: int | None = None) -> Recipe:
    """One attribute as text, cut after `length` characters where the column has no room for more."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        text = case(sheet[name])
        return pc.utf8_slice_codeunits(text, 0, length) if length else text

    return write


def by_hand(name: str) -> Recipe:
    """One attribute as customers type it."""
    return lambda sheet, rng: typed(sheet[name], rng)


def given(case: Case = as_is, middle: float = 0.0) -> Recipe:
    """The given name, with a middle initial for a share of `middle` of those who have one."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        initial = where(chosen(rng, len(sheet), middle) & _named(sheet), sheet["middle"], None)
        return case(join(sheet["given_name"], initial))

    return write


def whole_name(
    order: str = "given first",
    case: Case = as_is,
    titles: float = 0.0,
    middle: float = 0.3,
    suffix: float = 0.7,
    length: int | None = None,
) -> Recipe:
    """A person's or organisation's name in one column, cut after `length` characters.

    `order` is `given first` (Ann B Lee Jr), `comma` (Lee Jr, Ann B) or `family first` (Lee Jr Ann B); titles, middle
    initials and suffixes are written for a share of those who have one.
    """

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        size, named = len(sheet), _named(sheet)
        initial = where(chosen(rng, size, middle) & named, sheet["middle"], None)
        after = where(chosen(rng, size, suffix) & named, sheet["suffix"], None)
        first = join(where(chosen(rng, size, titles) & named, _title(sheet, rng), None), sheet["given_name"], initial)
        if order == "given first":
            name = join(first, sheet["family_name"], after)
        else:
            name = join(join(sheet["family_name"], after), first, between=", " if order == "comma" else " ")
        written = case(name)
        return pc.utf8_slice_codeunits(written, 0, length) if length else written

    return write


def _named(sheet: Sheet) -> Any:
    return np.asarray(sheet["given_name"].is_valid(), dtype=bool)


def _title(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
    choice = draw(rng, np.array([10.0, 4, 2, 1]), len(sheet))
    woman = np.asarray(pc.fill_null(pc.equal(sheet["gender"], "F"), False), dtype=bool)
    man = np.asarray(pc.fill_null(pc.equal(sheet["gender"], "M"), False), dtype=bool)
    return where(woman, pa.array(TITLES["F"]).take(choice), where(man, pa.array(TITLES["M"]).take(choice), None))


def phone(*styles: str, second: bool = False, extension: float = 0.0) -> Recipe:
    """A telephone number in one or several of the styles in `PHONES`; for a share, with an extension."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        number = sheet["second_phone" if second else "phone"]
        ways = [pc.replace_substring_regex(number, r"^(.{3})(.{3})(.{4})$", PHONES[style]) for style in styles]
        written = pc.choose(pa.array(rng.integers(0, len(ways), len(sheet))), *ways) if len(ways) > 1 else ways[0]
        local = join(" x", pa.array(rng.integers(100, 999, len(sheet))).cast(pa.string()), between="")
        return where(chosen(rng, len(sheet), extension), pc.binary_join_element_wise(written, local, ""), written)

    return write


def several(first: str, second: str, between: str) -> Recipe:
    """Two values of one kind in one cell."""
    return lambda sheet, rng: join(sheet[first], sheet[second], between=between)


def date(name: str, format: str) -> Recipe:
    """A date as text, in the notation of strftime."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        coded: Any = sheet[name].dictionary_encode()
        return pc.strftime(coded.dictionary.cast(pa.timestamp("s")), format=format).take(coded.indices)

    return write


def modified(format: str) -> Recipe:
    """The time of the row's last change as text."""
    return lambda sheet, rng: pc.strftime(pa.array(sheet.time).cast(pa.timestamp("s")), format=format)


def modified_timestamp(sheet: Sheet, rng: np.random.Generator) -> pa.Array:
    """The time of the row's last change as a timestamp."""
    return pa.array(sheet.time).cast(pa.timestamp("s")).cast(pa.timestamp("us"))


def native(name: str) -> Recipe:
    """An attribute in its own type: a date as a date, a consent as a truth value."""
    return lambda sheet, rng: sheet[name]


def code(name: str, codes: dict[str | bool, str]) -> Recipe:
    """An attribute by the department's own codes."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        kind = sheet[name].type
        return pa.array(list(codes.values())).take(pc.index_in(sheet[name], pa.array(list(codes), kind)))

    return write


def state_name(case: Case = as_is) -> Recipe:
    """The state by its name; one that does not exist stays as it was written."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        named = texts("states", "state").take(pc.index_in(sheet["region"], texts("states", "code")))
        return case(pc.coalesce(named, sheet["region"]))

    return write


def postcode(plus_four: float = 0.0) -> Recipe:
    """The postcode, for a share of `plus_four` with the four further digits."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        more = pc.binary_join_element_wise(sheet["postcode"], pa.array(rng.integers(1000, 9999, len(sheet))).cast(pa.string()), "-")
        return where(chosen(rng, len(sheet), plus_four), more, sheet["postcode"])

    return write


def whole_address(case: Case = as_is, between: str = ", ") -> Recipe:
    """Street, town, state and postcode in one column."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.StringArray:
        return case(join(sheet["street"], sheet["city"], join(sheet["region"], sheet["postcode"]), between=between))

    return write


def town_line(case: Case = as_is) -> Recipe:
    """Town and state in one column: `SEATTLE WA`."""
    return lambda sheet, rng: case(join(sheet["city"], sheet["region"]))


def choice(*options: str) -> Recipe:
    """A column of the department's own business; the first options are the commonest."""
    return lambda sheet, rng: pa.array(options).take(draw(rng, 1 / (1 + np.arange(len(options))), len(sheet)))


def amount(mean: float, digits: int = 2) -> Recipe:
    """A number of the department's own business, such as a balance or a count."""

    def write(sheet: Sheet, rng: np.random.Generator) -> pa.Array:
        number = np.round(rng.exponential(mean, len(sheet)), digits)
        return pa.array(number if digits else number.astype(np.int64))

    return write
