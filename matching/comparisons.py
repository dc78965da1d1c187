"""Comparisons: what is compared of two records, and the levels it may come to.

Level 0 is `missing` (one side or both) and neutral; from 1 on the strongest level comes first, so that of several
values the best against the best is the smallest level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.attributes import Attribute, Role
from matching.attribute_types import TYPES
from matching.attribute_types.base import AGREEMENT
from matching.place import PLACE_LEVELS, PLACE_TYPES

LevelArray = npt.NDArray[np.uint8]
Classes = Mapping[str, npt.NDArray[np.uint8]]

RARITY = ("rarer than 1 in 100,000", "1 in 100,000", "1 in 10,000", "1 in 3,000", "1 in 1,000", "1 in 300", "over 1 in 100")
"""Frequency classes of equal values, rarest first: sharing a rare name says more than sharing a common one."""
RARITY_BOUNDS = (1e-5, 1e-4, 1 / 3_000, 1e-3, 1 / 300, 1e-2)
"""Shares of the records that part the classes: finer where values are common, for there most equal values lie."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One aspect that is compared, over one attribute or over several that belong together."""

    name: str
    attributes: tuple[Attribute, ...]
    role: Role
    labels: tuple[str, ...]
    """Label of every level; `labels[0]` is `missing`."""
    partner: str | None = None
    """The attribute that this one is sometimes swapped with: given name and family name."""
    agreement: float = AGREEMENT
    """Share of one customer's values that is expected to be equal before any is seen."""

    @property
    def is_place(self) -> bool:
        """Whether it compares a whole address from its parts."""
        return len(self.attributes) > 1

    @property
    def swapped(self) -> int | None:
        """The level of swapped names, where the comparison has it."""
        return self.labels.index(SWAPPED) if SWAPPED in self.labels else None


SWAPPED = "swapped with the other name"
MADE_OF_NAMES = ("similar local part", "same local part")
"""Levels of an e-mail that follow from the names it is made of: j.smith7 and j.smith9 are alike because both are J. Smith."""


def comparisons_for(attributes: Sequence[Attribute]) -> tuple[Comparison, ...]:
    """What is compared, in the attributes' order: each by itself, but the parts of an address together."""
    place = [a for a in attributes if a.type in PLACE_TYPES]
    together = place if len(place) > 1 else []
    given = next((a.name for a in attributes if a.type == "given_name"), None)
    family = next((a.name for a in attributes if a.type == "family_name"), None)
    partner = {given: family, family: given} if given and family else {}
    result: list[Comparison] = []
    for attribute in attributes:
        if attribute in together:
            if attribute is together[0]:
                result.append(
                    Comparison("address", tuple(together), together[0].role, ("missing", *exact_labels("same address"), *PLACE_LEVELS))
                )
            continue
        labels = ("missing", *exact_labels("exact"), *TYPES[attribute.type].levels[1:])
        if attribute.name in partner:
            labels = (*labels[:-1], SWAPPED, labels[-1]) if attribute.name == given else labels
        agreement = TYPES[attribute.type].agreement
        result.append(Comparison(attribute.name, (attribute,), attribute.role, labels, partner.get(attribute.name), agreement))
    return tuple(result)


def exact_labels(word: str) -> tuple[str, ...]:
    """Labels of the levels into which equality is split by frequency, rarest first.

    >>> exact_labels("exact")[-1]
    'exact (over 1 in 100)'
    """
    return tuple(f"{word} ({rarity})" for rarity in RARITY)


def rarity_class(frequency: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.uint8]:
    """The frequency class of each form among `total` records that have one: 0 rarest, the last commonest.

    >>> rarity_class(np.array([1, 30, 5_000]), 1_000_000).tolist()
    [0, 1, 5]
    """
    share = frequency / max(total, 1)
    return np.searchsorted(RARITY_BOUNDS, share, side="right").astype(np.uint8)
