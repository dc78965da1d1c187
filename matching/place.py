"""A whole address from its parts: street, city, region, postcode and country agree together or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LevelArray = npt.NDArray[np.uint8]

PLACE_TYPES = ("street", "address", "postcode", "city", "region", "country")
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
SAME_STREET = ("same street", "close text", "same number and word", "similar")


def place_levels(parts: Sequence[tuple[str, tuple[str, ...], LevelArray]], classes: int) -> LevelArray:
    """Join the parts' levels into one; a part is (type, the type's labels, level of each pair: 0 missing, 1..classes equal, ...)."""
    by_type = {kind: (labels, levels) for kind, labels, levels in reversed(parts)}
    count = len(parts[0][2])
    nothing = np.zeros(count, bool)

    def at(kind: str, *wanted: str) -> npt.NDArray[np.bool_]:
        if kind not in by_type:
            return nothing
        labels, levels = by_type[kind]
        chosen = [i + classes for i, label in enumerate(labels) if label in wanted]
        return np.isin(levels, np.array(chosen, np.uint8))

    def equal(kind: str) -> npt.NDArray[np.bool_]:
        return (by_type[kind][1] >= 1) & (by_type[kind][1] <= classes) if kind in by_type else nothing

    def known(kind: str) -> npt.NDArray[np.bool_]:
        return by_type[kind][1] > 0 if kind in by_type else nothing

    street = "street" if "street" in by_type else "address"
    postcode, city = equal("postcode"), equal("city")
    near = at("postcode", "same district", "one character off") | at("city", "close", "contained")
    placed = known("postcode") | known("city")
    here = postcode | city | near
    rarity = by_type[street][1] if street in by_type else np.zeros(count, np.uint8)
    small = city & (by_type["city"][1] <= 2) if "city" in by_type else nothing
    base = classes + 1
    conditions = [
        equal(street) & here,
        at(street, *CLOSE_STREET) & (here | ~placed),
        equal(street) & ~placed,
        equal(street),
        at(street, *SAME_STREET) & here,
        postcode,
        small,
        city,
        near,
        equal("region") & (known(street) | placed),
        known(street) | placed | known("region") | known("country"),
    ]
    choices = [rarity, *(np.full(count, base + i, np.uint8) for i in range(len(PLACE_LEVELS)))]
    if street == "address" and "street" not in by_type and not (set(by_type) & {"postcode", "city"}):
        conditions[0] = equal(street)
    return np.select(conditions, choices, 0).astype(np.uint8)
