"""Attributes: what is known of a customer, and how each is stored and chosen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """Whom agreement on an attribute speaks for."""

    PERSONAL = "personal"
    """One person: a given name, a birth date, an e-mail."""
    SHARED = "shared"
    """A household or a firm: a family name, a street, a telephone."""
    NEUTRAL = "neutral"
    """Nobody in particular: a gender, a consent, a category."""


class Storage(StrEnum):
    """How a value is typed in the warehouse."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Status(IntEnum):
    """What standardising made of one raw value."""

    MISSING = 0
    VALID = 1
    INVALID = 2
    PLACEHOLDER = 3


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named value of a customer, as the project file declares it."""

    name: str
    type: str
    """The attribute type's name, for example `email`."""
    role: Role
    storage: Storage
    many: bool = False
    """A customer can have several; the others are kept as contacts."""
    survive: tuple[str, ...] = ("most_trusted", "most_recent", "most_complete")
    """Survivorship rules, tried in order until one decides."""
    group: str | None = None
    """Attributes of one group survive together, from one record."""
    protected: bool = False
    """Values that disagree open a steward task."""
    region: str | None = None
    """Two-letter country in which a telephone without a prefix is read."""
    half_life: float | None = None
    """Days after which a value's trust has halved; none: trust does not age."""
    description: str = ""
