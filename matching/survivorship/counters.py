"""Counters: what a golden record says of itself beside its values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matching.records import Longs, Records
from matching.survive import Survivors
from matching.survivorship.clusters import TIMESTAMP, Clusters, seen, source_sets

COUNTERS = pa.schema(
    [
        ("golden", pa.int64()),
        ("member_count", pa.int64()),
        ("source_count", pa.int64()),
        ("sources", pa.string()),
        ("first_seen", TIMESTAMP),
        ("last_seen", TIMESTAMP),
        ("completeness", pa.float64()),
    ]
)


def counters(records: Records, golden: Longs, survivors: Survivors) -> pa.Table:
    """One row a customer, by golden number.

    `sources` are names in alphabetical order joined by a comma; first and last seen are the earliest and latest modification
    time of a member, null where none is known; completeness is the share of the project's attributes that have a value.
    """
    clusters = Clusters.of(golden)
    in_order = clusters.of_record[clusters.order]
    first, last = seen(in_order, records.modified[clusters.order])
    source_count, sources = source_sets(clusters.of_record, records.source, records.sources)
    members = np.bincount(clusters.of_record, minlength=len(clusters))
    columns = [clusters.golden, members, source_count, sources, first, last, completeness(survivors)]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=COUNTERS)


def completeness(survivors: Survivors) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """For each customer, the share of attributes that have a value."""
    filled = np.zeros(len(survivors.golden), np.int64)
    for choice in survivors.choices.values():
        filled += np.asarray(choice.value.is_valid())
    return filled / max(len(survivors.choices), 1)
