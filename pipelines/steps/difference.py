"""Difference: what is seen at one run and not at another: records moved, golden ids given and taken, values. Only changed rows are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from domain.records import RecordKey
from matching.golden_ids import golden_id_text
from matching.records import Longs
from pipelines.steps.lookup import Connection
from pipelines.steps.show import texts_of
from warehouse import changes as changed
from warehouse.database import Warehouse
from warehouse.records import record_keys
from warehouse.versions import Match, differences, match

LISTED = 20
"""Changes of each kind that are listed, unless more are asked for; counts are always complete."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A record that belongs to another golden customer."""

    record: RecordKey
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class IdChange:
    """What became of a golden id, and the other one of it: into which it was merged, into which it was split."""

    golden_id: str
    other: str | None = None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A golden value of a customer who was there before and after."""

    golden_id: str
    attribute: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Turnover:
    """Rows that came, that are other than before, and that went."""

    new: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much changed, always complete."""

    customers_before: int
    customers_after: int
    records_moved: int
    """Records that were in one golden customer and are in another."""
    records_arrived: int
    records_left: int
    ids_minted: int
    ids_merged: int
    ids_split: int
    """Pairs of a golden id and another, new or revived, that some of its records are with now."""
    ids_revived: int
    ids_retired: int
    ids_erased: int
    customers_changed: int
    """Golden customers, there before and after, of whom a value is another."""
    values: Mapping[str, int]
    """Values of theirs that changed, by attribute; of all attributes."""
    contacts: Turnover
    relationships: Turnover

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        plain = (getattr(self, one.name) for one in fields(self) if one.name.startswith(("records", "ids")))
        turnovers = (count for one in (self.contacts, self.relationships) for count in (one.new, one.changed, one.gone))
        return bool(any(plain) or self.customers_changed or any(turnovers))


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two states: the counts, and the first of each kind."""

    counts: Counts
    limit: int
    """How many of each kind are listed at most: those of the lowest golden ids and record numbers."""
    moved: tuple[Moved, ...]
    minted: tuple[IdChange, ...]
    merged: tuple[IdChange, ...]
    split: tuple[IdChange, ...]
    revived: tuple[IdChange, ...]
    retired: tuple[IdChange, ...]
    values: tuple[ValueChange, ...]


def difference(warehouse: Warehouse, attributes: Sequence[Attribute], before: int, after: int, limit: int = LISTED) -> Difference:
    """What is seen at the later of two runs, published or staged, and not at the earlier. Only rows that changed are read."""
    records = Movements.between(warehouse, before, after)
    ids = Standings.between(warehouse, before, after)
    split = records.splits(ids.lively)
    golden, rows, values = golden_changes(warehouse, attributes, before, after)
    contacts = turnover(*changed.changed_contacts(warehouse, before, after), ("golden_number", "attribute", "value"))
    related = turnover(*changed.changed_relationships(warehouse, before, after), ("left_number", "right_number", "kind"))
    with warehouse.connect() as connection:
        counts = Counts(
            customers_before=changed.customers_at(connection, before),
            customers_after=changed.customers_at(connection, after),
            records_moved=len(records.record),
            records_arrived=records.arrived,
            records_left=records.left,
            ids_minted=len(ids.minted),
            ids_merged=len(ids.merged),
            ids_split=len(split),
            ids_revived=len(ids.revived),
            ids_retired=len(ids.retired),
            ids_erased=ids.erased,
            customers_changed=len(rows),
            values={name: int(column.sum()) for name, column in values.items()},
            contacts=contacts,
            relationships=related,
        )
        moved = tuple(listed_moves(connection, records, limit))
    listed = {name: id_changes(pairs, limit) for name, pairs in (*ids.pairs().items(), ("split", split))}
    return Difference(counts, limit, moved, **listed, values=tuple(listed_values(golden, rows, values, limit)))


@dataclass(frozen=True, slots=True)
class Movements:
    """Records that are with another golden id than before, by record number."""

    record: Longs
    before: Longs
    after: Longs
    arrived: int
    left: int

    @classmethod
    def between(cls, warehouse: Warehouse, before: int, after: int) -> Movements:
        """Those between two runs."""
        gone, come = changed.changed_memberships(warehouse, before, after)
        both = match(gone, come, ["record_id"])
        old, new = gone.column("golden_number").to_numpy()[both.old], come.column("golden_number").to_numpy()[both.new]
        moved = np.flatnonzero(old != new)
        record = gone.column("record_id").to_numpy()[both.old][moved]
        order = np.argsort(record)
        return cls(record[order], old[moved][order], new[moved][order], len(both.only_new), len(both.only_old))

    def splits(self, lively: Longs) -> Longs:
        """Pairs of a golden id and one that lives since, which some of its records are with now."""
        chosen = np.isin(self.after, lively)
        return np.unique(np.stack([self.before[chosen], self.after[chosen]], axis=1), axis=0)


@dataclass(frozen=True, slots=True)
class Standings:
    """Golden ids that stand otherwise than before, in order."""

    minted: Longs
    revived: Longs
    retired: Longs
    merged: Longs
    """Pairs: a golden id and the one that answers for it."""
    erased: int

    @property
    def lively(self) -> Longs:
        """The ids that live and did not before."""
        return np.concatenate((self.minted, self.revived))

    def pairs(self) -> dict[str, Longs]:
        """The changes by kind."""
        return {"minted": self.minted, "revived": self.revived, "retired": self.retired, "merged": self.merged}

    @classmethod
    def between(cls, warehouse: Warehouse, before: int, after: int) -> Standings:
        """Those between two runs. An id that came and went between them is none of either."""
        gone, come = changed.changed_states(warehouse, before, after)
        both = match(gone, come, ["golden_number"])
        old, new, fresh = gone.take(both.old), come.take(both.new), come.take(both.only_new)
        number, target = (new.column(name).to_numpy(zero_copy_only=False) for name in ("golden_number", "target"))
        was_live, is_live = is_in(old, "live"), is_in(new, "live")
        merged = was_live & is_in(new, "redirected")
        pairs = np.stack([number[merged], target[merged].astype(np.int64)], axis=1)
        return cls(
            minted=np.sort(fresh.column("golden_number").to_numpy()[is_in(fresh, "live")]),
            revived=np.sort(number[~was_live & is_live]),
            retired=np.sort(number[was_live & is_in(new, "retired")]),
            merged=pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))],
            erased=int((~is_in(old, "erased") & is_in(new, "erased")).sum()),
        )


def is_in(states: pa.Table, state: str) -> npt.NDArray[np.bool_]:
    """Which golden ids are in a state."""
    return np.asarray(pc.equal(states.column("state"), state), bool)


Rows = tuple[pa.Table, pa.Table]
Flags = npt.NDArray[np.bool_]


def golden_changes(warehouse: Warehouse, attributes: Sequence[Attribute], before: int, after: int) -> tuple[Rows, Longs, dict[str, Flags]]:
    """Golden records that were there before and after, row by row; the places of those with another value; which values, by attribute."""
    gone, come = changed.changed_golden(warehouse, attributes, before, after)
    both: Match = match(gone, come, ["golden_number"])
    order = np.argsort(gone.column("golden_number").to_numpy()[both.old])
    old, new = gone.take(both.old[order]), come.take(both.new[order])
    differing = differences(old, new, [attribute.name for attribute in attributes])
    rows = np.flatnonzero(np.logical_or.reduce([np.zeros(len(old), bool), *differing.values()]))
    return (old, new), rows, differing


def turnover(gone: pa.Table, come: pa.Table, keys: Sequence[str]) -> Turnover:
    """Rows that came, changed and went.

    >>> turnover(pa.table({"k": [1, 2], "v": ["a", "b"]}), pa.table({"k": [2, 3], "v": ["c", "d"]}), ["k"])
    Turnover(new=1, changed=1, gone=1)
    """
    both = match(gone, come, keys)
    rest = [name for name in gone.column_names if name not in keys]
    differing = differences(gone.take(both.old), come.take(both.new), rest)
    other = np.logical_or.reduce([np.zeros(len(both.old), bool), *differing.values()])
    return Turnover(len(both.only_new), int(other.sum()), len(both.only_old))


def listed_moves(connection: Connection, records: Movements, limit: int) -> list[Moved]:
    """The first records that moved."""
    ids = records.record[:limit].tolist()
    keys = record_keys(connection, ids)
    sides = (golden_ids(side[:limit]) for side in (records.before, records.after))
    return [Moved(keys[one], before, after) for one, before, after in zip(ids, *sides, strict=True)]


def id_changes(numbers: Longs, limit: int) -> tuple[IdChange, ...]:
    """The first changes of golden ids, which are single ones or pairs."""
    first = numbers[:limit]
    if first.ndim == 1:
        return tuple(map(IdChange, golden_ids(first)))
    return tuple(map(IdChange, golden_ids(first[:, 0]), golden_ids(first[:, 1])))


def listed_values(golden: Rows, rows: Longs, values: Mapping[str, Flags], limit: int) -> list[ValueChange]:
    """The first values that changed."""
    first = rows[:limit]
    old, new = (side.take(first) for side in golden)
    ids = golden_ids(old.column("golden_number").to_numpy())
    told = {name: (texts_of(old.column(name)), texts_of(new.column(name))) for name in values}
    found = (
        ValueChange(golden_id, name, told[name][0][at], told[name][1][at])
        for at, golden_id in enumerate(ids)
        for name, differs in values.items()
        if differs[first[at]]
    )
    return [one for _, one in zip(range(limit), found, strict=False)]


def golden_ids(numbers: Longs) -> list[str]:
    """Golden numbers as people read them."""
    return list(golden_id_text(np.asarray(numbers, np.int64)).to_pylist())
