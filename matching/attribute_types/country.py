"""Countries."""

from __future__ import annotations

import gettext
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from domain.attributes import Role
from matching.attribute_types.base import AttributeType, Options
from matching.attribute_types.places import look_up
from matching.attribute_types.text_tools import Mask, fold, true_mask
from matching.attribute_types.word_tables import rows, words

LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "fi", "cs", "hu", "tr", "ro")
"""Languages in which the names of countries are known, besides English."""


class Country(AttributeType):
    """A country: the same, by whatever name or code, or different."""

    name = "country"
    role = Role.NEUTRAL
    levels = ("exact", "different")
    placeholders = words("placeholders", "text", type="country")

    def is_placeholder(self, text: pa.StringArray) -> Mask:
        """`n/a` and the like; but `NA` in capitals is Namibia."""
        return super().is_placeholder(text) & ~true_mask(pc.equal(text, "NA"))

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """The two letters of ISO 3166; null for what is no country.

        >>> Country().parse(pa.array(["U.S.A.", "Germany", "Allemagne", "gbr", "826", "Atlantis"]), Options()).to_pylist()
        ['US', 'DE', 'DE', 'GB', 'GB', None]
        """
        return look_up(fold(text), country_names())


@cache
def country_names() -> dict[str, str]:
    """Folded names and codes of the countries, each to its two letters; where two claim one, English and codes go first."""
    codes = {code: c.alpha_2 for c in pycountry.countries for code in (c.alpha_2, c.alpha_3, c.numeric)}
    names = {name: c.alpha_2 for c in pycountry.countries for name in _english_names(c)}
    listed = {row["word"]: row["country"] for row in rows("country_names")}
    claims = [*codes.items(), *listed.items(), *names.items(), *_foreign_names()]
    folded = fold(pa.array([name for name, _ in claims])).to_pylist()
    table: dict[str, str] = {}
    for name, (_, code) in zip(folded, claims, strict=True):
        table.setdefault(name, code)
    return table


def _english_names(country: object) -> list[str]:
    names = (getattr(country, label, None) for label in ("name", "common_name", "official_name"))
    return [name for name in names if name]


def _foreign_names() -> list[tuple[str, str]]:
    found = []
    for language in LANGUAGES:
        translated = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
        found += [(translated(name), c.alpha_2) for c in pycountry.countries for name in _english_names(c)]
    return found
