"""Contents: what a column holds, told by its values alone, and whether they bear out its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types import TYPES
from matching.attribute_types.address_parts import split_address
from matching.attribute_types.nickname_table import canonical, is_given_name
from matching.attribute_types.organisation import looks_like_organisation
from matching.attribute_types.region import REGIONS
from matching.attribute_types.text_tools import keep, matches, one_of, valid_mask
from matching.attribute_types.word_tables import any_of, words
from matching.infer.columns import Column, percent
from matching.infer.names import Meaning

SURE = 0.9
"""Share of the values that must be of a type where nothing but the values speaks for it."""
BORNE_OUT = 0.5
"""Share of the values that a type must be able to read where the column's name speaks for it."""
LOWEST: Mapping[str, float] = {"date_of_birth": 0.3, "date": 0.3, "national_id": 0.3, "given_name": 0.5, "number": 0.6, "phone": 0.4}
READ_AS: Mapping[str, str] = {
    "full name": "full_name",
    "full names": "full_name",
    "former family name": "family_name",
    "second family name": "family_name",
    "birth year": "number",
    "place of birth": "category",
    "brand": "category",
    "age": "number",
}
"""Types by which the values of what `column_words.csv` names otherwise are judged."""
PEOPLE_SAY: Mapping[str, str] = {
    "email": "e-mail addresses",
    "phone": "telephone numbers",
    "date_of_birth": "dates",
    "date": "dates",
    "url": "web addresses",
    "postcode": "postal codes",
    "country": "countries",
    "gender": "genders",
    "number": "numbers",
    "given_name": "names",
    "family_name": "names",
    "full_name": "names",
    "national_id": "identity numbers",
}
BRITISH = r"(?i)^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$"
CANADIAN = r"(?i)^[A-Z]\d[A-Z] ?\d[A-Z]\d$"
AMERICAN_PHONE = r"^(?:\+?1[-. ]?)?\(?[2-9]\d{2}\)?[-/. ]{1,2}\d{3}[-. ]\d{4}\b"
PHONE = r"^(?:\+|\(\+?\d|00|0)?[\d(](?:[() ./-]{0,3}\d){5,13}(?: ?(?:x|ext\.?) ?\d+)?$"
WEB = r"(?i)^(?:https?://|www\.)\S+$"
IDENTITY = r"^\d{3}-\d{2}-\d{4}$|^\d{3}\.\d{3}\.\d{3}-\d{2}$"
STREET_WORD = (
    rf"(?i)(?:\b|[a-z]){any_of(words('street_words', 'word', kind='type') | {'strasse', 'straße', 'str', 'rue', 'calle', 'via'})}\b"
)
LETTERS = r"^[\p{L}\p{M}.'’\- ]+$"
OLDEST = 1500


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is held to be, before the other columns are looked at."""

    kind: str
    attribute: str
    why: str
    by_name: bool


def borne_out(column: Column, meaning: Meaning) -> Guess | None:
    """What the name says, where the values bear it out; none where they do not."""
    kind = READ_AS.get(meaning.kind, meaning.kind)
    why = "column name" if meaning.exact else "word in the column name"
    if kind not in TYPES:
        return Guess(meaning.kind, meaning.attribute, why, True)
    # Telephones are read by a country that is not known yet.
    share = max(column.valid(kind), column.like(PHONE)) if kind == "phone" else column.valid(kind)
    lowest = LOWEST.get(kind, BORNE_OUT) if meaning.exact else max(BORNE_OUT, LOWEST.get(kind, 0.0))
    if share < lowest or ((stricter := MUST_LOOK_LIKE.get(kind)) and stricter(column) < BORNE_OUT):
        return None
    return Guess(meaning.kind, meaning.attribute, f"{why}, {percent(share)} valid", True)


def has_figures(column: Column) -> float:
    """Share of the values with a figure."""
    return column.like(r"\d")


def is_wordy(column: Column) -> float:
    """Share of the values with a letter that is none of a date, an e-mail or a web address."""
    return column.like(r"\p{L}") - column.like(r"@|(?i)^(?:www\.|https?:)")


MUST_LOOK_LIKE: Mapping[str, Callable[[Column], float]] = {
    "postcode": has_figures,
    "phone": has_figures,
    "national_id": has_figures,
    "identifier": has_figures,
    "city": is_wordy,
    "region": is_wordy,
    "organisation": is_wordy,
    "url": lambda column: column.like(r"\."),
}
"""Types that read nearly everything, and what must be seen in their values all the same."""


def by_contents(column: Column) -> Guess | None:
    """What the values alone tell; none where they tell nothing for sure."""
    if column.told < 2 or column.constant:
        return None
    for kind, share_of in TOLD_BY_VALUES.items():
        if (found := share_of(column)) >= SURE:
            return guess_of(column, kind, found)
    return by_words(column)


def postcode_share(column: Column) -> float:
    """Share of the postal codes of the countries that write letters in them; others are numbers like any."""
    return max(column.like(BRITISH), column.like(CANADIAN))


def region_share(column: Column) -> float:
    """Share of the states and counties that are known."""
    return column.share(one_of(column.folded, REGIONS)) if column.like(r"^\d+$") < 0.1 else 0.0


def country_share(column: Column) -> float:
    """Share of the countries; their numeric codes are numbers like any."""
    return column.valid("country") if column.like(r"\d") < 0.1 else 0.0


def guess_of(column: Column, kind: str, share: float) -> Guess | None:
    """A type told by the values; a date only where it can be of birth, since any other may be of the entry."""
    if kind == "date":
        return (
            Guess("date_of_birth", "date_of_birth", f"{percent(share)} are dates, as far apart as births", False)
            if births(column)
            else None
        )
    return Guess(kind, kind, f"{percent(share)} are valid {PEOPLE_SAY.get(kind, kind + 's')}", False)


def by_words(column: Column) -> Guess | None:
    """Names, streets and addresses, told by words that only they have."""
    if (share := address_share(column)) >= BORNE_OUT and column.words >= 4:
        return Guess("address", "address", f"{percent(share)} end in a town or a postal code", False)
    if (share := column.like(r"\d.*\p{L}") if column.words < 8 else 0.0) >= BORNE_OUT and column.like(STREET_WORD) >= BORNE_OUT:
        return Guess("street", "street", f"{percent(share)} have a number and a street", False)
    if (share := organisation_share(column)) >= 0.25 and column.words < 10:
        return Guess("organisation", "organisation", f"{percent(share)} have a word that only organisations have", False)
    share = given_share(column)
    if share >= BORNE_OUT and column.words < 1.3:
        return Guess("given_name", "given_name", f"{percent(share)} are known given names", False)
    if share >= 0.4 and 1.7 <= column.words < 4 and column.like(LETTERS.replace("- ", "-, ")) >= SURE:
        return Guess("full name", "name", f"{percent(share)} hold a known given name", False)
    return None


def gender_share(column: Column) -> float:
    """Share of genders, where words or letters tell them: figures may mean anything."""
    few = column.distinct <= 12 and column.like(r"\p{L}") >= SURE
    return column.valid("gender") if few and column.distinct >= 2 else 0.0


def phone_share(column: Column) -> float:
    """Share of telephone numbers, where signs or a prefix set them apart from other numbers."""
    share = column.like(PHONE)
    told_apart = column.like(r"^[+(]|^0\d|\d[ )./-]+\d{2,}")
    return min(share, column.valid("phone")) if told_apart >= 0.7 and 7 <= column.length <= 25 and column.different > 0.05 else 0.0


TOLD_BY_VALUES: Mapping[str, Callable[[Column], float]] = {
    "email": lambda column: column.valid("email"),
    "url": lambda column: column.like(WEB),
    "national_id": lambda column: column.like(IDENTITY),
    "date": lambda column: column.valid("date"),
    "gender": gender_share,
    "postcode": postcode_share,
    "region": region_share,
    "country": country_share,
    "phone": phone_share,
}
"""Types that values tell by themselves, in the order in which they are tried: the share of the values that are of it."""


def births(column: Column) -> bool:
    """Whether dates lie as births do: over decades, and most of them years ago."""
    value = TYPES["date_of_birth"].standardise(column.values).value.drop_null()
    if len(value) < 2:
        return False
    years = np.asarray(pc.year(value))
    low, middle, high = np.quantile(years, [0.05, 0.5, 0.95])
    return bool(high - low >= 20 and low >= OLDEST and middle <= date.today().year - 12)


def given_share(column: Column) -> float:
    """Share of the values whose first word, or the first after a comma, is a known given name."""
    first = pc.struct_field(pc.extract_regex(column.text, r"^(?:[^,]+, ?)?(?P<first>[^ ,]+)"), "first")
    named = pc.utf8_lower(first)
    return column.share(valid_mask(canonical(named)) | is_given_name(named))


def organisation_share(column: Column) -> float:
    """Share of the values with a legal form or a word such as *bank* or *school*."""
    return column.share(looks_like_organisation(column.text))


def address_share(column: Column) -> float:
    """Share of the values that are whole addresses: a street, and a town or a postal code behind it."""
    parts = split_address(column.text)
    somewhere = valid_mask(parts.city) | valid_mask(parts.postcode)
    return column.share(somewhere & valid_mask(parts.street) & matches(column.text, r"\d.*[ ,]"))


def date_format(column: Column) -> str | None:
    """The order of slashed dates, where figures above 12 tell that the day comes first; none where the usual reading holds.

    >>> date_format(Column("born", pa.array(["25/12/1980", "03/04/1975", "30/01/1990"]), 3, 3))
    '%d/%m/%Y'
    """
    for sign in "/-":
        shape = rf"^(\d{{1,2}}){sign}(\d{{1,2}}){sign}\d{{4}}$"
        if column.like(shape) < SURE:
            continue
        found = pc.extract_regex(
            keep(column.text, matches(column.text, shape)),
            shape.replace(r"(\d{1,2})", r"(?P<x>\d{1,2})", 1).replace(r"(\d{1,2})", r"(?P<y>\d{1,2})", 1),
        )
        first, second = (np.asarray(pc.fill_null(pc.struct_field(found, part).cast(pa.int64()), 0)) for part in "xy")
        day_first, month_first = column.share(first > 12), column.share(second > 12)
        if day_first >= 0.1 and month_first <= 0.02:
            return f"%d{sign}%m{sign}%Y"
    return None


def separator(column: Column, kind: str) -> str | None:
    """What parts several values in one cell; none where cells hold one."""
    for sign in (";", "|", ","):
        if column.like(rf".{re.escape(sign)} ?.") >= 0.01:
            first = pc.list_element(pc.split_pattern(column.text, sign), 0)
            split = matches(column.text, rf".{re.escape(sign)} ?.")
            readable = TYPES[kind].standardise(pc.utf8_trim(first, " ")).status == 1
            if column.share(split & readable) >= 0.8 * column.share(split):
                return sign
    return None


def region_of(column: Column, postcodes: Column | None) -> str | None:
    """The country in which telephones without a prefix are read, where their shape or the postal codes tell."""
    if column.like(AMERICAN_PHONE) >= BORNE_OUT:
        return "US"
    if (postcodes and postcodes.like(BRITISH) >= BORNE_OUT) or column.like(r"^\+44|^0044") >= BORNE_OUT:
        return "GB"
    return None
