"""A whole address from its parts: street, city, region, postcode and country agree together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LevelArray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

PLACE_TYPES = ("street", "address", "postcode", "city", "region", "country")
STREET_TYPES = ("street", "address")
PLACE_LEVELS = (
    "same address, spelled otherwise or another unit",
    "same street and number, place unknown",
    "same street and number, another place",
    "same street, another number or unit",
    "same postcode",
    "same small city",
    "same city",
    "near by",
    "same region",
    "different",
)
"""Levels after the four of an equal address, strongest first."""

CLOSE_STREET = ("unit missing", "same number, close street", "same words", "contained", "close")
SAME_STREET = ("same street", "close text", "same number and word", "similar text", "similar")


class PlacePart(NamedTuple):
    """One part of the address over all pairs."""

    type: str
    labels: tuple[str, ...]
    """Of the type's levels."""
    levels: LevelArray
    """Of each pair: 0 missing, 1 to the number of frequency classes equal, then the type's other levels."""


class PlaceParts:
    """The parts by type, the first where there are several of one."""

    def __init__(self, parts: Sequence[PlacePart], classes: int, count: int) -> None:
        self.by_type = {part.type: part for part in reversed(parts)}
        self.classes, self.nothing = classes, np.zeros(count, bool)

    def at(self, kind: str, *wanted: str) -> Mask:
        """Pairs at one of some levels of a part."""
        if kind not in self.by_type:
            return self.nothing
        part = self.by_type[kind]
        one_of = np.zeros(256, bool)
        one_of[[i + self.classes for i, label in enumerate(part.labels) if label in wanted]] = True
        return one_of[part.levels]

    def equal(self, kind: str) -> Mask:
        """Pairs with equal forms of a part."""
        return self.known(kind) & (self.by_type[kind].levels <= self.classes) if kind in self.by_type else self.nothing

    def known(self, kind: str) -> Mask:
        """Pairs in which both have a part."""
        return self.by_type[kind].levels > 0 if kind in self.by_type else self.nothing

    @property
    def placed(self) -> Mask:
        """Pairs whose postcode or city can be compared."""
        return self.known("postcode") | self.known("city")

    @property
    def near(self) -> Mask:
        """Pairs whose postcode or city is almost the same."""
        return self.at("postcode", "same district", "one character off") | self.at("city", "close", "contained")

    @property
    def here(self) -> Mask:
        """Pairs whose postcode or city is the same, or almost."""
        return self.equal("postcode") | self.equal("city") | self.near


def may_be_one_place(parts: Sequence[PlacePart], classes: int, count: int) -> Mask:
    """Which pairs the parts other than the street do not set apart."""
    found = PlaceParts(parts, classes, count)
    return found.here | ~found.placed


def place_levels(parts: Sequence[PlacePart], classes: int) -> LevelArray:
    """Join the parts' levels into one; `classes` is the number of frequency classes of equal values."""
    count = len(parts[0].levels)
    found = PlaceParts(parts, classes, count)
    street = "street" if "street" in found.by_type else "address"
    here, placed = found.here, found.placed
    rarity = found.by_type[street].levels if street in found.by_type else np.zeros(count, np.uint8)
    small = found.equal("city") & (found.by_type["city"].levels <= 2) if "city" in found.by_type else found.nothing
    conditions = [
        found.equal(street) & here,
        found.at(street, *CLOSE_STREET) & (here | ~placed),
        found.equal(street) & ~placed,
        found.equal(street),
        found.at(street, *SAME_STREET) & here,
        found.equal("postcode"),
        small,
        found.equal("city"),
        found.near,
        found.equal("region") & (found.known(street) | placed),
        found.known(street) | placed | found.known("region") | found.known("country"),
    ]
    choices = [rarity, *(np.full(count, classes + 1 + i, np.uint8) for i in range(len(PLACE_LEVELS)))]
    return np.select(conditions, choices, 0).astype(np.uint8)
