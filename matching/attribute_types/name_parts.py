"""Whole names taken apart into given name, family name or organisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types import atoms
from matching.attribute_types.names import CREDENTIALS, PARTICLES, SUFFIXES, untitled
from matching.attribute_types.nickname_table import is_given_name
from matching.attribute_types.organisation import looks_like_organisation
from matching.attribute_types.text_tools import Mask, fold, keep, matches, missing_mask, rewrite, tidy, where
from matching.attribute_types.word_tables import any_of

FAMILY_FIRST = "family_first"
"""The order in which a name without a comma is read: family name, then given names."""

_PARTICLE = rf"(?i:{any_of(PARTICLES | {'st', 'st.', 'mc', 'mac', 'le'})})"
_SUFFIX = rf"(?i:{any_of(SUFFIXES)})"
_ASIDE = r'\([^()]*\)|\[[^\[\]]*\]|"[^"]*"|“[^”]*”'
_JOINED = r" (?i:and|und|et|&|\+) "

_COMMA = r"^(?P<family>[^,]+), ?(?P<given>[^,]+)"
_GIVEN_FIRST = rf"^(?P<given>.+?) (?P<family>(?:{_PARTICLE} )*(?:\S+ y )?\S+)$"
_FAMILY_FIRST = rf"^(?P<family>(?:{_PARTICLE} )*\S+) (?P<given>.+)$"
_INITIALS_LAST = rf"^(?:{_PARTICLE} )*\S{{2,}}(?: (?:\p{{Lu}}\.?|(?:\p{{Lu}}\.){{2,3}}))+$"
_FAMILY_ALONE = rf"^(?:{any_of(PARTICLES)} )+\S+$|^{_PARTICLE} (?:{_PARTICLE} )+\S+$"
_TWO_FAMILIES = r"^(?P<one>\S+) (?P<first>[^ &]{3,}) & (?P<other>\S+) (?P<second>\S{3,})$"


@dataclass(frozen=True, slots=True)
class NameParts:
    """The parts of whole names, along the names given; a part that a name lacks is null."""

    given: pa.StringArray
    family: pa.StringArray
    """With its suffix: `Smith Jr`."""
    organisation: pa.StringArray


def split_full_name(text: pa.StringArray, order: str | None = None) -> NameParts:
    """Given name, family name, or organisation of each whole name; `order` says how names without a comma are read.

    A name of one word is a family name. Two people under one family name keep it: `John & Mary` and `Smith`.

    >>> names = ["SMITH, JOHN A", "Dr. Ludwig van der Berg Jr.", "John and Mary Smith", "Mr & Mrs Jones", "Acme Ltd", "de la Cruz"]
    >>> parts = split_full_name(pa.array(names))
    >>> parts.given.to_pylist()
    ['JOHN A', 'Ludwig', 'John & Mary', None, None, None]
    >>> parts.family.to_pylist()
    ['SMITH', 'van der Berg Jr', 'Smith', 'Jones', None, 'de la Cruz']
    >>> parts.organisation.to_pylist()
    [None, None, None, None, 'Acme Ltd', None]
    """
    whole = tidy(text)
    whole = keep(whole, ~missing_mask(whole))
    firm = looks_like_organisation(whole)
    given, family = _split_people(keep(whole, ~firm), order)
    return NameParts(given, family, keep(whole, firm))


def _split_people(whole: pa.StringArray, order: str | None) -> tuple[pa.StringArray, pa.StringArray]:
    name, suffix = _without_suffix(_bare(whole))
    comma = matches(name, ",")
    alone = ~matches(name, " ") | matches(name, _FAMILY_ALONE) | matches(name, r"^\S+ & \S+$")
    family_first = ~comma & ~alone & (_initials_last(name) | (order == FAMILY_FIRST))
    given, family = keep(name, np.zeros(len(name), bool)), keep(name, alone & ~comma)
    for chosen, pattern in ((comma, _COMMA), (family_first, _FAMILY_FIRST), (~comma & ~alone & ~family_first, _GIVEN_FIRST)):
        given, family = _fill(given, family, name, chosen, pattern)
    given, family = _two_families(name, given, family)
    return where(comma, given, untitled), pc.coalesce(pc.binary_join_element_wise(family, suffix, " "), family)


def _bare(whole: pa.StringArray) -> pa.StringArray:
    """Without titles, degrees and what stands in brackets; `and` between people as `&`."""
    name = untitled(tidy(rewrite(whole, _ASIDE, " ", hint=r'[(\["“]')))
    name = rewrite(name, rf"(?:,? (?i:{CREDENTIALS})\.?)+$", "")
    return rewrite(rewrite(name, _JOINED, " & "), " ?, ?", ", ", hint=" ,|,[^ ]")


def _without_suffix(name: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """The name without a suffix (`Jr`, `III`) at its end or between commas, and the suffix."""
    name = rewrite(name, rf"^([^,]+), ({_SUFFIX})\.?, (.+)$", r"\1, \3 \2")
    ending = rf"^(?P<name>.+?),? (?P<suffix>{_SUFFIX})\.?$"
    found = pc.extract_regex(keep(name, matches(name, rf" {_SUFFIX}\.?$")), ending)
    return pc.coalesce(pc.struct_field(found, "name"), name), pc.struct_field(found, "suffix")


def _initials_last(name: pa.StringArray) -> Mask:
    """`Smith J A` is a family name with initials; `Mary J` is a known given name with one."""
    shaped = matches(name, _INITIALS_LAST)
    return shaped & ~is_given_name(fold(atoms.first_word(keep(name, shaped))))


def _fill(
    given: pa.StringArray, family: pa.StringArray, name: pa.StringArray, chosen: Mask, pattern: str
) -> tuple[pa.StringArray, pa.StringArray]:
    """The parts of the chosen names set by the pattern's groups."""
    if not chosen.any():
        return given, family
    mask = pa.array(chosen)
    part = pc.extract_regex(name.filter(mask), pattern)
    return tuple(pc.replace_with_mask(old, mask, pc.struct_field(part, group)) for old, group in ((given, "given"), (family, "family")))


def _two_families(name: pa.StringArray, given: pa.StringArray, family: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """`John Smith & Mary Jones`: both given names, and both family names unless they are one."""
    shaped = matches(name, _TWO_FAMILIES)
    # In `Mary Ann & John Smith`, Ann is no family name.
    shaped &= ~is_given_name(fold(pc.struct_field(pc.extract_regex(keep(name, shaped), _TWO_FAMILIES), "first")))
    if not shaped.any():
        return given, family
    mask = pa.array(shaped)
    part = pc.extract_regex(name.filter(mask), _TWO_FAMILIES)
    one, first, other, second = (pc.struct_field(part, group) for group in ("one", "first", "other", "second"))
    both = pc.binary_join_element_wise(first, second, " & ")
    families = pc.if_else(pc.equal(pc.utf8_lower(first), pc.utf8_lower(second)), second, both)
    givens = pc.binary_join_element_wise(one, other, " & ")
    return pc.replace_with_mask(given, mask, givens), pc.replace_with_mask(family, mask, families)
