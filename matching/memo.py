"""Memo: how the commonest forms of an attribute compare with one another, once it has been found out."""

from __future__ import annotations

import numpy as np

from matching.comparisons import LevelArray
from matching.forms import Forms
from matching.records import Ints, Longs

COMMON = 4_096
"""Forms of an attribute that are common enough."""


class Memo:
    """The levels of pairs of an attribute's commonest forms that have been compared before."""

    def __init__(self, forms: Forms) -> None:
        frequency = forms.frequency()
        common = np.argsort(-frequency, kind="stable")[:COMMON]
        self.width = len(common) if len(frequency) > COMMON and frequency[common].sum() > len(forms.row) / 2 else 0
        self.rank = np.full(len(frequency), -1, np.int32)
        self.rank[common[: self.width]] = np.arange(self.width)
        self.levels = np.zeros(self.width**2, np.uint8)

    def places(self, a: Ints | Longs, b: Ints | Longs) -> tuple[Longs, Longs]:
        """Of pairs of two common forms, which they are, and where their level is kept."""
        one, other = self.rank[a], self.rank[b]
        both = np.flatnonzero((one >= 0) & (other >= 0))
        return both, np.minimum(one, other)[both].astype(np.int64) * self.width + np.maximum(one, other)[both]

    def look_up(self, a: Ints, b: Ints) -> LevelArray:
        """The level of each pair, 0 where it is not known."""
        found = np.zeros(len(a), np.uint8)
        if self.width:
            both, place = self.places(a, b)
            found[both] = self.levels[place]
        return found

    def keep(self, a: Longs, b: Longs, levels: LevelArray) -> None:
        """Remember the levels of pairs."""
        if self.width:
            both, place = self.places(a, b)
            self.levels[place] = levels[both]
