"""Contacts: every live value of the attributes of which a customer can have several, the golden one marked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.records import Column, Ints, Longs, Records
from matching.survive import Choice, Survivors
from matching.survivorship.candidates import Alike, said_by
from matching.survivorship.clusters import TIMESTAMP, Clusters, runs, seen, source_sets

CONTACTS = pa.schema(
    [
        ("golden", pa.int64()),
        ("attribute", pa.string()),
        ("value", pa.string()),
        ("sources", pa.string()),
        ("first_seen", TIMESTAMP),
        ("last_seen", TIMESTAMP),
        ("winner", pa.bool_()),
    ]
)


def contacts(records: Records, golden: Longs, survivors: Survivors, *, alike: Alike | None = None) -> pa.Table:
    """The distinct values of every `many` attribute of every customer, by attribute and golden number.

    Values of one form are one contact, shown as the golden value is, else as its first record has it. `sources` are names
    in alphabetical order joined by a comma; first and last seen are modification times, null where none is known.
    """
    clusters = Clusters.of(golden)
    chosen = [choice for choice in survivors.choices.values() if choice.attribute.many]
    tables = [_of_attribute(records, clusters, choice, alike or {}) for choice in chosen]
    return pa.concat_tables(tables) if tables else CONTACTS.empty_table()


def _of_attribute(records: Records, clusters: Clusters, choice: Choice, alike: Alike) -> pa.Table:
    column = records.columns[choice.attribute.name]
    cluster = clusters.of_record[column.row]
    order, group = _grouped(cluster, said_by(column, alike))
    starts, _ = runs(group)
    shown = _shown(order, group, starts, choice)
    record = column.row[order]
    first, last = seen(group, records.modified[record])
    _, sources = source_sets(group, records.source[record], records.sources)
    value = _text(column, shown)
    of = cluster[order[starts]]
    winner = pc.equal(value, pc.cast(choice.value, pa.string()).take(pa.array(of))).fill_null(False)
    attribute = pa.repeat(pa.scalar(choice.attribute.name), len(starts))
    return pa.Table.from_arrays([pa.array(clusters.golden[of]), attribute, value, sources, first, last, winner], schema=CONTACTS)


def _grouped(cluster: Ints, said: Longs) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Entries by cluster, what they say and record; and for each the number of its contact, counted in that order."""
    order = np.lexsort((said, cluster))
    first = np.zeros(len(order), bool)
    first[1:] = (np.diff(cluster[order]) != 0) | (np.diff(said[order]) != 0)
    return order, np.cumsum(first)


def _shown(order: npt.NDArray[np.intp], group: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], choice: Choice) -> Ints:
    """The entry whose value stands for each contact."""
    shown = order[starts].astype(np.int32)
    group_of_entry = np.empty(len(order), np.intp)
    group_of_entry[order] = group
    winners = choice.entry[choice.entry >= 0]
    shown[group_of_entry[winners]] = winners
    return shown


def _text(column: Column, entry: Ints) -> pa.StringArray:
    return pc.cast(column.values.take(pa.array(column.code[entry])), pa.string())
