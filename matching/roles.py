"""Roles: whom agreement on an attribute speaks for, given what else is known of the customers."""

from __future__ import annotations

from collections.abc import Collection

from domain.attributes import Role
from matching.attribute_types import TYPES

NAMES_OF_PEOPLE = frozenset({"given_name", "family_name", "full_name"})
AMONG_FIRMS = {
    "organisation": Role.SHARED,
    "url": Role.SHARED,
    "street": Role.PERSONAL,
    "address": Role.PERSONAL,
    "city": Role.PERSONAL,
    "postcode": Role.PERSONAL,
    "region": Role.PERSONAL,
    "country": Role.PERSONAL,
    "phone": Role.PERSONAL,
}
"""Branches of a firm share its name and website; address and telephone tell them apart."""


def role_of(kind: str, kinds: Collection[str]) -> Role:
    """The role of an attribute type among the attribute types that are filled.

    Where customers are people, a household shares surname, address and telephone. Where only organisations are named it is
    the other way about. (docs/decisions/0008-among-firms-the-name-is-shared.md)

    >>> role_of("phone", {"given_name", "phone", "organisation"}), role_of("phone", {"organisation", "phone"})
    (<Role.SHARED: 'shared'>, <Role.PERSONAL: 'personal'>)
    """
    firms = "organisation" in kinds and not NAMES_OF_PEOPLE & set(kinds)
    return AMONG_FIRMS.get(kind, TYPES[kind].role) if firms else TYPES[kind].role
