"""Web addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role
from matching.attribute_types import comparing
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.text_tools import keep, matches, true_mask, where
from matching.attribute_types.word_tables import words

LONGEST = 2048
"""A web address has at most so many characters."""

_HOST = r"(?:[\p{L}\p{N}\p{M}](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}])?\.)+[\p{L}\p{M}][\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}]"
_ADDRESS = rf"^(?:[a-zA-Z][a-zA-Z0-9+.-]*://)?{_HOST}(?::[0-9]{{1,5}})?(?:[/?#][^ <>\"]*)?$"


class Url(AttributeType):
    """A web address, compared without `https://`, `www.` and the last slash."""

    name: ClassVar[str] = "url"
    role: ClassVar[Role] = Role.NEUTRAL
    learns_placeholders = True
    levels: ClassVar[tuple[str, ...]] = ("exact", "same host", "different")
    placeholders: ClassVar[frozenset[str]] = words("placeholders", "text", type="url")

    def parse(self, text: pa.StringArray, options: Options) -> pa.StringArray:
        """Scheme and host in small letters; the path as it is.

        >>> Url().parse(pa.array(["HTTPS://Www.Example.org/A/", "not a page"]), Options()).to_pylist()
        ['https://www.example.org/A/', None]
        """
        address = keep(text, matches(text, _ADDRESS) & ~true_mask(pc.greater(pc.utf8_length(text), LONGEST)))
        return where(matches(address, r"^(?:[^/?#]*://)?[^/?#]*\p{Lu}"), address, _lower_host)

    def form(self, value: pa.StringArray) -> pa.StringArray:
        """
        >>> Url().form(pa.array(["https://www.example.org/A/#top", "http://example.org"])).to_pylist()
        ['example.org/a', 'example.org']
        """
        bare = pc.replace_substring_regex(pc.utf8_lower(value), r"^(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?", "")
        return pc.replace_substring_regex(bare, r"/*(?:#.*)?$", "")

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """
        >>> pages = pa.array(["example.org/a", "example.org"]), pa.array(["example.org/b", "example.com"])
        >>> [Url.levels[level] for level in Url().compare(*pages)]
        ['same host', 'different']
        """
        return comparing.levels_of(true_mask(pc.equal(host(left), host(right))))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        return {"exact": form, "host": host(form)}


def _lower_host(address: pa.StringArray) -> pa.StringArray:
    part = pc.extract_regex(address, r"^(?P<site>(?:[^/?#]*://)?[^/?#]*)(?P<rest>.*)$")
    return pc.binary_join_element_wise(pc.utf8_lower(pc.struct_field(part, "site")), pc.struct_field(part, "rest"), "")


def host(form: pa.StringArray) -> pa.StringArray:
    """The host of each form.

    >>> host(pa.array(["example.org/a?b=c"])).to_pylist()
    ['example.org']
    """
    return pc.replace_substring_regex(form, r"[/?:].*$", "")
