"""Pull: all of a source, or only what may have changed since the last pull, landed and counted."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors import Connector, Since, open_source
from domain.runs import BatchCounts
from domain.sources import Source
from pipelines.steps.landing import Landing, Progress
from pipelines.steps.rows import SeenKeys, record_keys
from pipelines.steps.session import Session, code_fingerprint
from warehouse.quarantine import refuse_again, waiting_rows
from warehouse.sources import Batch, batch_history, land

MARGIN = timedelta(days=1)
"""How far an incremental pull looks back: what was still being written at the last one, and clocks that differ."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A source as it was landed, not live yet."""

    counts: BatchCounts
    columns: Mapping[str, str]
    """The columns found, with their types."""
    columns_before: Mapping[str, str]
    """Those of the last live pull; empty if there was none."""
    rows_before: int
    """Records that are live."""
    newest: datetime | None
    """The last change that the source tells."""


def pull_rows(session: Session, source: Source, progress: Progress | None = None) -> Pulled:
    """Land a source: stage what is new or changed, quarantine what is refused, end what vanished.

    SourceError where the source cannot be read; what was landed by then is never seen.
    """
    connector = open_source(source, session.project.folder, os.environ)
    before, made_by, contents = last_live(session, source), maker(session, source), what_is_read(connector, source)
    renewed = stamp(before).get("made_by") != made_by
    as_before = not renewed and before is not None and contents is not None and contents == stamp(before).get("contents")
    columns = stamp(before)["found"] if as_before else connector.columns()
    note(session, source, columns, made_by, contents)
    landing = Landing(session, source, renewed, progress)
    if as_before and before is not None and (known := counted_before(landing, before)):
        return Pulled(known, columns, columns, len(landing.living), moment(landing.newest))
    since = None if renewed else since_when(source, connector, before, landing.newest)
    landing.read(connector, since)
    if since is not None and before is not None and not count_left_out(landing, connector, before.run):
        landing.undo()
        landing = Landing(session, source, renewed, progress)
        landing.read(connector, None)
    landing.suppression.keep(lambda key: bool(landing.seen.has(pa.array([key]))[0]))
    vanished, t = landing.end_vanished(), landing.tally
    if contents != what_is_read(connector, source):  # It was written to meanwhile: nobody knows what of it was read.
        note(session, source, columns, made_by, None)
    if renewed and t.changed + t.unchanged < len(landing.living) - vanished:
        note(session, source, columns, "", None)  # Some live records are still as another map or other code made them.
    accepted = t.read - t.quarantined - t.suppressed
    counts = BatchCounts(source.name, t.read, accepted, t.quarantined, t.suppressed, t.new, t.changed, t.unchanged, vanished)
    return Pulled(counts, columns, stamp(before).get("found", {}), len(landing.living), moment(landing.newest))


def what_is_read(connector: Connector, source: Source) -> list[Any] | None:
    """What the rows of a source that is a file depend on, but for how they are standardised; none for other sources."""
    contents = connector.contents()
    return None if contents is None else [contents, list(source.key), source.modified, source.modified_format]


def counted_before(landing: Landing, before: Batch) -> BatchCounts | None:
    """The counts of a file that is byte for byte what it was at the last live pull: it is not read again.

    None where what is kept is not what that pull has left, and only reading tells how its rows stand.
    """
    session, name, then = landing.session, landing.source.name, before.counts
    if then is None or then.suppressed or then.accepted != len(landing.living):
        return None
    waiting = waiting_rows(session.warehouse, session.run, name, before.run)
    if (pc.sum(waiting.column("copies")).as_py() or 0) != then.quarantined:
        return None
    refuse_again(session.warehouse, session.run, waiting.column("quarantine_id"))
    if landing.progress:
        landing.progress(name, then.read)
    return BatchCounts(name, then.read, then.accepted, then.quarantined, 0, 0, 0, then.accepted, 0)


def moment(microseconds: int | None) -> datetime | None:
    """A moment told in microseconds since 1970 (UTC)."""
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)


def last_live(session: Session, source: Source) -> Batch | None:
    """The pull of a source that went live last."""
    with session.warehouse.connect() as connection:
        return next((batch for batch in batch_history(connection, source.name) if batch.state == "live"), None)


def stamp(batch: Batch | None) -> Mapping[str, Any]:
    """What a pull has noted of itself: the columns `found`, and what its standard records were `made_by`."""
    return (batch.columns if batch is not None else None) or {}


def note(session: Session, source: Source, columns: Mapping[str, str], made_by: str, contents: list[Any] | None) -> None:
    """Note that a pull has begun, of which columns, and what the file held by then."""
    told = {"found": dict(columns), "made_by": made_by, "contents": contents}
    with session.warehouse.begin() as connection:
        land(connection, session.run, source.name, datetime.now(UTC), told)


def maker(session: Session, source: Source) -> str:
    """Changes when the same raw row may come to another standard record."""
    mapped = [asdict(column) for column in source.map]
    text = json.dumps([mapped, [asdict(a) for a in session.project.attributes], code_fingerprint()], default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def since_when(source: Source, connector: Connector, before: Batch | None, newest: int | None) -> Since | None:
    """What a pull may leave out: rows that were not modified since a while before the last one.

    A modification time that lies ahead of that pull is a slip; it says nothing of later changes.
    """
    pulled = before.pulled_at if before is not None else None
    if not (source.modified and connector.incremental) or newest is None or pulled is None:
        return None
    return Since(source.modified, min(datetime.fromtimestamp(newest / 1e6, UTC), pulled) - MARGIN)


def count_left_out(landing: Landing, connector: Connector, since: int) -> bool:
    """Count the rows that an incremental pull has left out, which are there all the same; `since` is the run of the last live pull.

    They are live, an erased customer's, or were refused then and are still the same. False where that does not explain them (a key
    that is repeated now, a row that came with an old modification time): then only all rows tell how they stand.
    """
    listed, left, again, keyless = SeenKeys(), [pa.array([], pa.string())], Counter[str](), -landing.tally.keyless
    erased = -landing.tally.suppressed
    for batch in connector.batches(landing.source.key):
        if batch.refused:
            return False
        keys = record_keys(batch.rows, landing.source.key)
        keyless += keys.null_count
        keys = keys.drop_null()
        gone = landing.was_erased(keys)
        erased += int(gone.sum())
        keys = keys.filter(pa.array(~gone))
        repeated = listed.repeated(keys)
        again.update(keys.filter(pa.array(repeated)).to_pylist())
        left.append(keys.filter(pa.array(~repeated & ~landing.seen.has(keys))))
    if min(keyless, erased) < 0 or landing.seen.has(pa.array(list(again), pa.string())).any():
        return False
    missing = pa.concat_arrays(left)
    refused = still_refused(landing, since, missing, again, keyless)
    if refused is None:
        return False
    rows = len(missing) + again.total() + keyless
    landing.seen.repeated(missing)
    landing.tally.read += rows + erased
    landing.tally.suppressed += erased
    landing.tally.quarantined += refused
    landing.tally.unchanged += rows - refused
    return True


def still_refused(landing: Landing, since: int, missing: pa.StringArray, again: Counter[str], keyless: int) -> int | None:
    """How many of the rows that were left out are in quarantine since the last live pull; none where it does not hold just those.

    `missing` are the different keys of these rows, `again` says how many more there are of some, `keyless` how many have none.
    """
    session = landing.session
    waiting = waiting_rows(session.warehouse, session.run, landing.source.name, since).combine_chunks()
    waiting = waiting.filter(pc.or_(pc.is_in(waiting.column("key"), missing), pc.is_null(waiting.column("key"))))
    held = Counter[str | None]()
    for row in waiting.to_pylist():
        held[row["key"]] += row["copies"]
    live = pc.is_in(missing, pa.array(landing.living.column("key").to_pandas(), pa.string()))
    doubtful = pa.array([key for key in (*held, *again) if key is not None], pa.string())
    wanted: Counter[str | None] = Counter({None: keyless})
    for key in missing.filter(pc.or_(pc.invert(live), pc.is_in(missing, doubtful))).to_pylist():
        wanted[key] = 1 + again[key]
    if +wanted != +held:
        return None
    refuse_again(session.warehouse, session.run, waiting.column("quarantine_id"))
    return held.total()
