"""Entries: the attributes of a table while their columns are gathered, and as the domain's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from domain.attributes import Attribute
from domain.sources import ColumnMap
from matching.attribute_types import TYPES
from matching.roles import role_of

TOLD = """given_name middle_name family_name name_suffix organisation name title authors artist album description brand venue
date_of_birth birth_year birth_month birth_day age gender national_id social_security tax_number health_number passport
driving_licence bank_account company_number model_number isbn ean article_number serial_number email phone street
address city region postcode country url birth_place nationality"""
ORDER = {name: place for place, name in enumerate(TOLD.split())}
"""Where an attribute is told; others come behind, by name."""


@dataclass(slots=True)
class Entry:
    """One attribute, or one whole text that is parsed into several, while its columns are gathered."""

    name: str
    type: str
    columns: list[tuple[str, ...]]
    """One tuple a value, or one for each input that calls it otherwise; joined within."""
    read_as: str | None = None
    order: str | None = None
    format: str | None = None
    split: str | None = None
    many: bool = False
    region: str | None = None
    parts: tuple[str, ...] = ()
    """Types of the attributes into which a whole text is parsed."""
    inputs: set[int] = field(default_factory=set)


def sorted_entries(entries: Iterable[Entry]) -> list[Entry]:
    """In the order in which attributes are told; whole names and addresses last, to fill what columns of their own leave open."""
    return sorted(entries, key=lambda entry: (entry.read_as is not None, ORDER.get(entry.name, len(ORDER)), entry.name))


def attributes_of(entries: Iterable[Entry]) -> tuple[Attribute, ...]:
    """The attributes that the entries fill, with the roles they have together."""
    plain = {entry.name: entry for entry in entries if entry.read_as is None}
    types = {name: entry.type for name, entry in plain.items()}
    for part in dict.fromkeys(part for entry in entries for part in entry.parts):
        if part not in types.values():
            types[part] = part
    return ordered(with_roles(types, plain))


def with_roles(types: Mapping[str, str], plain: Mapping[str, Entry]) -> Iterator[Attribute]:
    """The attributes of these types."""
    kinds = set(types.values())
    for name, kind in types.items():
        entry = plain.get(name)
        many, region = (entry.many, entry.region) if entry else (False, None)
        yield Attribute(name, kind, role_of(kind, kinds), TYPES[kind].storage, many=many, region=region)


def ordered(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Attributes in the order in which they are told and compared, however they were found."""
    return tuple(sorted(attributes, key=lambda attribute: (ORDER.get(attribute.name, len(ORDER)), attribute.name)))


def maps_of(entries: Iterable[Entry]) -> Iterator[ColumnMap]:
    """How columns fill the attributes."""
    for entry in entries:
        yield ColumnMap(entry.name, tuple(entry.columns), entry.format, entry.read_as, entry.order, entry.split)
