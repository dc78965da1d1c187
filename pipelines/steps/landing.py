"""Landing: a source's rows on their way into the warehouse. What is new or changed is staged, what is refused goes to quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors import Batch, Connector, Refused, Since
from domain.attributes import Role
from domain.sources import Source
from matching.records import NO_TIME
from matching.standardise import modified_times, standardise
from pipelines.steps.rows import SeenKeys, UnreadRows, content_hashes, keys_in_raw, raw_json, record_keys
from pipelines.steps.session import Session
from pipelines.steps.suppress import Suppression
from quality import refusals
from warehouse.quarantine import quarantine_rows, uncount
from warehouse.staged import arrivals
from warehouse.staging import (
    LONGEST_KEY,
    end_records,
    live_keys,
    next_record_id,
    stage_records,
    stage_standard,
    unstage,
    withdraw,
)

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Progress = Callable[[str, int], None]
"""Is told the source and the number of rows read so far."""

REPEATED = "its key is repeated; nothing tells which row is right"


@dataclass
class Tally:
    """Counts while a source is being pulled."""

    read: int = 0
    quarantined: int = 0
    suppressed: int = 0
    """Rows of erased customers: nothing of them is kept."""
    keyless: int = 0
    """Rows among them that have no key."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows that came together."""

    cells: pa.RecordBatch
    numbers: Places
    """The number of each in its source."""
    keys: pa.StringArray

    def some(self, mask: Mask) -> Rows:
        """Those of a mask."""
        chosen = pa.array(mask)
        return Rows(self.cells.filter(chosen), self.numbers[mask], self.keys.filter(chosen))


class Landing:
    """One reading of one source."""

    def __init__(self, session: Session, source: Source, renewed: bool, progress: Progress | None = None) -> None:
        """`renewed`: unchanged rows are standardised anew as well."""
        self.session, self.source, self.renewed, self.progress = session, source, renewed, progress
        self.tally, self.seen, self.unread = Tally(), SeenKeys(), UnreadRows()
        self.repeated: list[pa.StringArray] = []
        self.unidentified: list[pa.StringArray] = []
        """Keys of rows that were refused for what they hold."""
        self.known = live_keys(session.warehouse, source.name).combine_chunks()
        """Every record of the source that was ever seen."""
        self.index = pd.Index(self.known.column("key").to_pandas())
        self.living = self.known.filter(self.known.column("live"))
        self.suppression = Suppression(session, source)
        self.came_true: list[pa.StringArray] = []
        """Keys of live records whose rows have turned out to be an erased customer's."""
        self.newest: int | None = pc.max(self.living.column("modified")).as_py()
        """Microseconds since 1970 (UTC) of the last change that is known."""
        with session.warehouse.connect() as connection:
            self.next_id = next_record_id(connection)

    def read(self, connector: Connector, since: Since | None) -> None:
        """Land every row that is not left out. SourceError where the source cannot be read, or not to its end."""
        self.land_all(connector.batches(self.source.columns, since))

    def land_all(self, batches: Iterable[Batch]) -> None:
        """Land every row of some batches."""
        for batch in batches:
            self.land(batch)
            if self.progress:
                self.progress(self.source.name, self.tally.read)
        self.withdraw_repeated()

    def undo(self) -> None:
        """Take back all that was landed."""
        unstage(self.session.warehouse, self.session.run, self.source.name)
        uncount(self.session.warehouse, self.session.run, self.source.name)

    def land(self, batch: Batch) -> None:
        """One batch of rows."""
        self.tally.read += batch.rows.num_rows + len(batch.refused)
        self.refuse_unread(batch.refused)
        rows = Rows(batch.rows, batch.numbers, record_keys(batch.rows, self.source.key))
        keyless = np.asarray(rows.keys.is_null())
        self.tally.keyless += int(keyless.sum())
        rows = self.without(rows, keyless, f"its key is missing ({', '.join(self.source.key)})")
        too_long = np.asarray(pc.greater(pc.binary_length(rows.keys), LONGEST_KEY))
        rows = self.without(rows, too_long, f"its key is longer than {LONGEST_KEY:,} bytes ({', '.join(self.source.key)})")
        rows = self.without_erased(rows, self.was_erased(rows.keys), by_key=True)
        again = self.seen.repeated(rows.keys, rows.numbers)
        if again.any():
            others = self.without_erased(rows.some(again), np.ones(int(again.sum()), bool), by_key=False)
            self.repeated.append(others.keys)
            self.without(others, np.ones(len(others.numbers), bool), REPEATED)
            rows = rows.some(~again)
        self.stage(rows)

    def was_erased(self, keys: pa.StringArray) -> Mask:
        """Which keys were an erased customer's, and are no live record's."""
        if not self.suppression.any:
            return np.zeros(len(keys), bool)
        place = self.index.get_indexer(keys.to_pandas())
        lives = np.zeros(len(keys), bool)
        lives[place >= 0] = np.asarray(self.known.column("live").take(pa.array(place[place >= 0])))
        return self.suppression.has(keys) & ~lives

    def without_erased(self, rows: Rows, asked: Mask, by_key: bool) -> Rows:
        """The rows, but for those asked about that are an erased customer's: by their keys too, or by their whole identity alone."""
        if not (self.suppression.any and asked.any()):
            return rows
        some = rows.some(asked)
        standard = standardise(pa.Table.from_batches([some.cells]), self.source, self.session.project.attributes).table()
        gone = asked.copy()
        gone[asked] = self.suppression.turned_away(some.keys, standard, np.full(len(standard), by_key))
        self.tally.suppressed += int(gone.sum())
        return rows.some(~gone)

    def without(self, rows: Rows, mask: Mask, reason: str) -> Rows:
        """The rows that are not refused."""
        if not mask.any():
            return rows
        refused = rows.some(mask)
        self.refuse(refused.numbers, refused.keys, raw_json(refused.cells), [reason] * len(refused.numbers))
        return rows.some(~mask)

    def refuse_unread(self, refused: Sequence[Refused]) -> None:
        """Quarantine rows that could not be read, under their keys where those could."""
        if not refused:
            return
        erased = self.was_erased(keys_in_raw([row.raw for row in refused], self.source.key))
        self.tally.suppressed += int(erased.sum())
        refused = [row for row, gone in zip(refused, erased.tolist(), strict=True) if not gone]
        raws = [row.raw for row in refused]
        keys = keys_in_raw(raws, self.source.key)
        self.unread.add(raws)
        self.tally.keyless += keys.null_count
        self.refuse(np.array([row.row for row in refused]), keys, pa.array(raws, pa.string()), [row.reason for row in refused])

    def refuse(self, numbers: Places, keys: pa.StringArray, raw: pa.StringArray, reasons: Sequence[str]) -> None:
        """Quarantine rows, with their raw text and the reason."""
        if not len(numbers):
            return
        self.tally.quarantined += len(numbers)
        attribute = pa.nulls(len(numbers), pa.string())
        rows = pa.table({"row_number": numbers, "key": keys, "raw": raw, "reason": pa.array(reasons), "attribute": attribute})
        quarantine_rows(self.session.warehouse, self.session.run, self.source.name, rows)

    def stage(self, rows: Rows) -> None:
        """Keep what is new or changed among rows with keys of their own."""
        raw = raw_json(rows.cells)
        hashes = content_hashes(raw)
        place = self.index.get_indexer(rows.keys.to_pandas())
        live, same = self.compared(place, hashes)
        todo = np.arange(len(place)) if self.renewed else np.flatnonzero(~same)
        if not len(todo):
            self.tally.unchanged += len(place)
            return
        attributes = self.session.project.attributes
        standard = standardise(pa.Table.from_batches([rows.cells]).take(pa.array(todo)), self.source, attributes).table()
        erased = self.erased_among(rows.keys.take(pa.array(todo)), standard, ~same[todo], live[todo])
        if erased.any():
            todo, standard = todo[~erased], standard.filter(pa.array(~erased))
        refused, reason = refusals(standard, [a.name for a in attributes if a.role is not Role.NEUTRAL])
        unfit = todo[refused]
        keys = rows.keys.take(pa.array(unfit))
        self.unidentified.append(keys)
        self.refuse(rows.numbers[unfit], keys, raw.take(pa.array(unfit)), [reason] * len(unfit))
        accepted = todo[~refused]
        ids = self.ids_of(place[accepted])
        fresh = ~same[accepted]
        self.stage_versions(rows, raw, hashes, place, accepted[fresh], ids[fresh])
        numbered = standard.filter(pa.array(~refused)).add_column(0, "record_id", pa.array(ids))
        stage_standard(self.session.warehouse, self.session.run, attributes, numbered)
        self.tally.new += int((~live[accepted[fresh]]).sum())
        self.tally.changed += int(live[accepted[fresh]].sum())
        self.tally.unchanged += len(place) - int(fresh.sum()) - len(unfit) - int(erased.sum())

    def erased_among(self, keys: pa.StringArray, standard: pa.Table, fresh: Mask, live: Mask) -> Mask:
        """Which new or changed rows are an erased customer's by their whole identity; a live record of theirs ends."""
        gone = np.zeros(len(keys), bool)
        if not (self.suppression.any and fresh.any()):
            return gone
        chosen = pa.array(fresh)
        gone[fresh] = self.suppression.turned_away(keys.filter(chosen), standard.filter(chosen), np.zeros(int(fresh.sum()), bool))
        self.tally.suppressed += int(gone.sum())
        ended = keys.filter(pa.array(gone & live))
        self.came_true.append(ended)
        for key in ended.to_pylist():
            self.suppression.came_true(key)
        return gone

    def compared(self, place: Places, hashes: pa.Array) -> tuple[Mask, Mask]:
        """Which rows are of live records, and which say what those say already."""
        live, same, known = np.zeros(len(place), bool), np.zeros(len(place), bool), place >= 0
        earlier = self.known.take(pa.array(place[known]))
        live[known] = np.asarray(earlier.column("live"))
        same[known] = np.asarray(pc.fill_null(pc.equal(earlier.column("content_hash"), hashes.filter(pa.array(known))), False))
        return live, same

    def ids_of(self, place: Places) -> Places:
        """The record numbers of rows, new ones for keys never seen."""
        ids, known = np.zeros(len(place), np.int64), place >= 0
        ids[known] = self.known.column("record_id").take(pa.array(place[known])).to_numpy()
        ids[~known] = self.next_id + np.arange((~known).sum())
        self.next_id += int((~known).sum())
        return ids

    def stage_versions(self, rows: Rows, raw: pa.StringArray, hashes: pa.Array, place: Places, fresh: Places, ids: Places) -> None:
        """Stage the raw versions of new and changed rows."""
        if not len(fresh):
            return
        chosen = pa.array(fresh)
        columns = {
            "record_id": pa.array(ids),
            "key": rows.keys.take(chosen),
            "is_new": pa.array(place[fresh] < 0),
            "content_hash": hashes.take(chosen),
            "modified": self.modified(rows.cells.take(chosen)),
            "raw": raw.take(chosen),
        }
        stage_records(self.session.warehouse, self.session.run, self.source.name, pa.table(columns))

    def modified(self, cells: pa.RecordBatch) -> pa.Array:
        """When each row was last changed, in microseconds since 1970 (UTC); null where it is not known."""
        if not self.source.modified:
            return pa.nulls(cells.num_rows, pa.int64())
        times = modified_times(cells.column(self.source.modified), self.source.modified_format)
        known = times[times != NO_TIME].tolist() + ([] if self.newest is None else [self.newest])
        self.newest = max(known, default=None)
        return pa.array(times, mask=times == NO_TIME)

    def withdraw_repeated(self) -> None:
        """Of a key that came more than once the first row is refused as well: nothing tells which is right."""
        if not self.repeated:
            return
        keys = pc.unique(pa.concat_arrays(self.repeated))
        first = arrivals(self.session.warehouse, self.session.run, self.source.name, keys.to_pylist()).combine_chunks()
        if self.unidentified:
            # Of a key whose first row was refused already, what is found is the record's last good version.
            refused = pc.is_in(first.column("key"), pa.concat_arrays(self.unidentified))
            first = first.filter(pc.or_(first.column("staged"), pc.invert(refused)))
        staged, new = (int(pc.sum(first.column(name)).as_py() or 0) for name in ("staged", "is_new"))
        keys_again, raw = (pa.array(first.column(name).to_pylist(), pa.string()) for name in ("key", "raw"))
        self.refuse(self.seen.first_rows(keys_again), keys_again, raw, [REPEATED] * len(first))
        self.tally.new -= new
        self.tally.changed -= staged - new
        self.tally.unchanged -= len(first) - staged
        withdraw(self.session.warehouse, self.session.run, self.source.name, keys.to_pylist())

    def end_vanished(self) -> int:
        """End the live records that the source no longer has, but for those that may be among the rows that could not be read."""
        keys = pa.array(self.living.column("key").to_pandas(), pa.string())
        gone = ~self.seen.has(keys) & ~self.unread.may_hold(keys)
        if self.came_true:
            gone |= np.asarray(pc.is_in(keys, pa.concat_arrays(self.came_true)))
        if not gone.any():
            return 0
        return end_records(self.session.warehouse, self.session.run, self.living.column("record_id").filter(pa.array(gone)))
