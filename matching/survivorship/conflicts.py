"""Conflicts: customers whose records disagree on a protected attribute, for stewards to look at."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matching.records import Column, Longs, Records
from matching.survive import PIN, Choice, Survivors
from matching.survivorship.candidates import Alike, said_by
from matching.survivorship.clusters import Clusters, distinct

CONFLICTS = pa.schema([("golden", pa.int64()), ("attribute", pa.string()), ("values", pa.int64())])


def conflicts(records: Records, golden: Longs, survivors: Survivors, *, alike: Alike | None = None) -> pa.Table:
    """Customers with more than one value in a protected attribute, with how many, by attribute and golden number.

    A value that a steward has pinned is settled, and no conflict.
    """
    clusters = Clusters.of(golden)
    protected = [choice for choice in survivors.choices.values() if choice.attribute.protected]
    tables = [_of_attribute(records.columns[choice.attribute.name], clusters, choice, alike or {}) for choice in protected]
    return pa.concat_tables(tables) if tables else CONFLICTS.empty_table()


def distinct_values(column: Column, clusters: Clusters, alike: Alike) -> Longs:
    """How many different values (forms, where `alike` is given) each customer has in one attribute."""
    said = said_by(column, alike)
    size = int(said.max(initial=0)) + 1
    cluster = distinct(clusters.of_record[column.row].astype(np.int64) * size + said) // size
    return np.bincount(cluster, minlength=len(clusters)).astype(np.int64)


def _of_attribute(column: Column, clusters: Clusters, choice: Choice, alike: Alike) -> pa.Table:
    values = distinct_values(column, clusters, alike)
    open_ = np.flatnonzero((values > 1) & (choice.rule != PIN))
    name = pa.repeat(pa.scalar(choice.attribute.name), len(open_))
    return pa.Table.from_arrays([pa.array(clusters.golden[open_]), name, pa.array(values[open_])], schema=CONFLICTS)
