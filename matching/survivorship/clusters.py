"""Records cluster by cluster: runs of sorted arrays, and what is counted or joined over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.records import NO_TIME, Ints, Longs

TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Clusters:
    """Customers in ascending order of their golden numbers; a customer's place there is its cluster index."""

    golden: Longs
    """The golden number of each cluster."""
    of_record: Ints
    """The cluster index of each record."""
    order: Ints
    """Records by cluster, within it in their own order."""

    def __len__(self) -> int:
        return len(self.golden)

    @classmethod
    def of(cls, golden: Longs) -> Clusters:
        """The clusters of records whose golden numbers (or any other labels) are given.

        >>> clusters = Clusters.of(np.array([9, 4, 9]))
        >>> clusters.golden.tolist(), clusters.of_record.tolist(), clusters.order.tolist()
        ([4, 9], [1, 0, 1], [1, 0, 2])
        """
        order = np.argsort(golden, kind="stable").astype(np.int32)
        in_order = golden[order]
        first = np.ones(len(in_order), bool)
        first[1:] = in_order[1:] != in_order[:-1]
        of_record = np.empty(len(golden), np.int32)
        of_record[order] = np.cumsum(first) - 1
        return cls(in_order[first].astype(np.int64), of_record, order)


def runs(ascending: npt.NDArray[np.signedinteger]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where each run of equal numbers starts, and its length.

    >>> starts, sizes = runs(np.array([3, 3, 5, 8, 8, 8]))
    >>> starts.tolist(), sizes.tolist()
    ([0, 2, 3], [2, 1, 3])
    """
    first = np.ones(len(ascending), bool)
    first[1:] = ascending[1:] != ascending[:-1]
    starts = np.flatnonzero(first)
    return starts, np.diff(starts, append=len(ascending))


def distinct(numbers: Longs) -> Longs:
    """The different numbers, ascending.

    >>> distinct(np.array([5, 3, 5])).tolist()
    [3, 5]
    """
    ascending = np.sort(numbers)  # numpy's own `unique` goes by hashes here, ten times slower on a million numbers
    return ascending[runs(ascending)[0]]


def seen(cluster: npt.NDArray[np.signedinteger], modified: Longs) -> tuple[pa.Array, pa.Array]:
    """First and last modification time of each run of `cluster`, which ascends; null where none is known."""
    starts, _ = runs(cluster)
    if not len(starts):
        return pa.array([], TIMESTAMP), pa.array([], TIMESTAMP)
    last = np.maximum.reduceat(modified, starts)
    first = np.minimum.reduceat(np.where(modified == NO_TIME, np.iinfo(np.int64).max, modified), starts)
    unknown = last == NO_TIME
    return pa.array(first, mask=unknown).cast(TIMESTAMP), pa.array(last, mask=unknown).cast(TIMESTAMP)


def source_sets(group: npt.NDArray[np.signedinteger], source: Ints, names: Sequence[str]) -> tuple[Longs, pa.StringArray]:
    """How many sources each group has, and their names in alphabetical order, joined by a comma.

    Groups are numbered from 0 without a gap; `group[i]` has a record of source `source[i]`.

    >>> count, text = source_sets(np.array([0, 0, 0, 1]), np.array([1, 0, 1, 1]), ["billing", "crm"])
    >>> count.tolist(), text.to_pylist()
    ([2, 1], ['billing, crm', 'crm'])
    """
    both = distinct(group.astype(np.int64) * max(len(names), 1) + source)
    starts, sizes = runs(both // max(len(names), 1))
    offsets = pa.array(np.append(starts, len(both)), pa.int32())
    spelt = pa.array(list(names), pa.string()).take(pa.array(both % max(len(names), 1)))
    return sizes.astype(np.int64), pc.binary_join(pa.ListArray.from_arrays(offsets, spelt), ", ")
