"""Advantage: what rivals for one place say of a pair, beyond what its own values say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.records import Ints, Longs
from matching.score import Bits


@dataclass(frozen=True, slots=True)
class Advantage:
    """What rivals for a place in a source without duplicates add to or take from the weights of candidate pairs."""

    codes: Longs
    """Of the candidate pairs, ascending."""
    bits: Bits

    @classmethod
    def among(cls, left: Ints, right: Ints, bits: Bits, count: int) -> Advantage:
        """Those of some pairs of `count` records, in any order."""
        code = pair_code(np.minimum(left, right), np.maximum(left, right), count)
        order = np.argsort(code)
        return cls(code[order], bits[order])

    def of(self, code: Longs) -> tuple[Bits, Longs]:
        """What is added to each pair, and whether it is a candidate (1) or not (0)."""
        place = np.minimum(np.searchsorted(self.codes, code), max(len(self.codes) - 1, 0))
        found = self.codes[place] == code if len(self.codes) else np.zeros(len(code), bool)
        return np.where(found, self.bits[place] if len(self.bits) else 0, 0), found.astype(np.int64)

    def between(self, left: int, right: int, count: int) -> tuple[int, bool]:
        """What is added to one pair among `count` records, and whether it is there."""
        bits, found = self.of(pair_code(np.array([min(left, right)]), np.array([max(left, right)]), count))
        return int(bits[0]), bool(found[0])


def pair_code(left: Ints | Longs, right: Ints | Longs, count: int) -> Longs:
    """One number for each pair of records, in the order of left, then right."""
    return np.asarray(left.astype(np.int64) * count + right)
