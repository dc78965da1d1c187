"""Labels: what people have said of pairs, as training sees it.

A label shapes the weights only if its pair was asked about for what was compared of it, its pattern: then the share of
*same* among the labels of a pattern is that of all its pairs. Pairs that were asked about because of the company they are
in (to learn whether two clusters are one) are more often, or more seldom, the same customer than others that look like
them; as labels they would mislead, and as decisions they bind all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from matching.cluster import Longs, connected
from matching.records import Ints, Records

Flags = npt.NDArray[np.bool_]
Tickets = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labels:
    """Pairs of record positions and whether each is the same customer."""

    left: Ints
    right: Ints
    same: Flags

    @classmethod
    def none(cls) -> Labels:
        """Nobody has said anything yet."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, bool))

    def __len__(self) -> int:
        return len(self.left)

    def folds(self, records: int, tickets: Tickets, count: int) -> Longs:
        """A part from 0 to `count` - 1 for each label; labels that share a record, directly or through others, are in one part.

        `tickets` are those of the records.
        """
        if not len(self):
            return np.empty(0, np.int64)
        component = connected(records, self.left, self.right)
        first = np.full(records, 1.0)
        np.minimum.at(first, component, tickets)
        return (first[component[self.left]] * count).astype(np.int64)


def record_tickets(records: Records) -> Tickets:
    """A number between 0 and 1 for each record, a hash of its key: samples are drawn by it, so they are the same in every run."""
    keys = pd.util.hash_array(records.keys.to_numpy(zero_copy_only=False), categorize=False)
    names = pd.util.hash_array(np.array(records.sources, dtype=object), categorize=False)
    return unit_interval(mixed(keys.astype(np.uint64) ^ mixed(names.astype(np.uint64))[records.source]))


def pair_tickets(tickets: Tickets, left: Ints, right: Ints) -> Tickets:
    """A number between 0 and 1 for each pair of records, from their tickets."""
    bits = tickets.view(np.uint64)
    return unit_interval(mixed(mixed(bits)[left] ^ bits[right]))


def mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Every bit in depends on every bit before (the finaliser of SplitMix64, Steele and others 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def unit_interval(bits: npt.NDArray[np.uint64]) -> Tickets:
    """64 bits as a number above 0 and below 1."""
    return (np.asarray(bits >> np.uint64(12), np.float64) + 0.5) / 2.0**52
