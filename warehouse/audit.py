"""The audit log: who did what when, appended and chained, so that a change of any earlier entry is found out.

Each entry holds the hash of the one before, so the last hash seals them all. What exactly was done (the *payload*) may be
personal, so it lies beside and the entry holds its keyed hash (HMAC): a payload is erased together with its key, the entry
stays, and the chain still verifies (crypto-shredding; the chain is Haber and Stornetta's, 1991).

What the chain alone cannot show: that its end was cut off, or that somebody who may write to the database has made it anew
from some entry on. Both are found by who has noted a hash elsewhere: `verify(..., expect=hash)`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from warehouse.ids import among, batches
from warehouse.tables import audit_entry, audit_payload

PROGRAM = "onefold run"
"""The actor where no person decides: a run that publishes, for example."""
BEGINNING = bytes(32)
"""Stands before the first entry."""
LOCK = 7_036_803
"""Number of the PostgreSQL advisory lock that lets one transaction append at a time; not that of a run, which lasts for hours."""
READ_ROWS = 5_000
"""Entries that are in memory at a time while the log is verified."""
MOST_FAULTS = 20
"""Sentences that are told of a broken log; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any] | None
    """None: it was erased."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying the log has found."""

    entries: int
    erased: int
    """Entries whose payload was erased."""
    last_hash: str
    """Seals all entries: noted elsewhere, it shows later that nothing up to here was changed or cut off."""
    faults: tuple[str, ...]
    """What is wrong, a sentence each, the first `MOST_FAULTS` of them; empty: nothing was changed, removed or slipped in."""
    more_faults: int
    """Faults beyond those."""


def record_act(connection: sa.Connection, at: datetime, actor: str, action: str, subject: str, payload: Mapping[str, Any]) -> int:
    """Append an entry, in the transaction that does what it tells; returns its sequence.

    `subject` names golden ids, runs, models or sources, as words apart by blanks, never a customer's data; those belong into
    `payload`, which is kept as JSON. Characters that no database keeps (NUL, half characters) are replaced. Raises `ValueError`
    for a time without a zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    sequence, before = _end(connection)
    key, kept = secrets.token_bytes(32), _as_kept(payload)
    sealed = payload_hash(key, json.dumps(kept, sort_keys=True))
    at, (actor, action, subject) = at.astimezone(UTC), map(_keepable, (actor, action, subject))
    own = entry_hash(before, sequence, at, actor, action, subject, sealed)
    signed = {"sequence": sequence, "at": at, "actor": actor, "action": action, "subject": subject}
    connection.execute(audit_entry.insert().values(**signed, payload_hash=sealed, hash=own))
    connection.execute(audit_payload.insert().values(sequence=sequence, key=key, payload=kept))
    return sequence


def _as_kept(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as it will be read again: what JSON does not know is text, keys are too.

    >>> _as_kept({10: datetime(2026, 11, 22, tzinfo=UTC), 9: ("a",)})
    {'10': '2026-11-22 00:00:00+00:00', '9': ['a']}
    """
    kept: dict[str, Any] = json.loads(json.dumps(payload, default=str))
    return kept


def _keepable(text: str) -> str:
    """A text that both databases keep and give back as it was.

    >>> _keepable("Ruth\\x00 \\ud800") == "Ruth\\ufffd \\ufffd"
    True
    """
    return "".join("\ufffd" if letter == "\0" or "\ud800" <= letter <= "\udfff" else letter for letter in text)


def _end(connection: sa.Connection) -> tuple[int, bytes]:
    """The sequence of the next entry, and the hash it is chained to."""
    newest = sa.select(audit_entry.c.sequence, audit_entry.c.hash).order_by(audit_entry.c.sequence.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    return (last.sequence + 1, last.hash) if last else (1, BEGINNING)


def payload_hash(key: bytes, payload: str) -> bytes:
    """The keyed hash of what was done, as its JSON text."""
    return hmac.digest(key, payload.encode(), "sha256")


def entry_hash(before: bytes, sequence: int, at: datetime, actor: str, action: str, subject: str, payload_hash: bytes) -> bytes:
    """The hash that seals an entry and, by that of the one `before`, all earlier ones."""
    told = json.dumps([sequence, at.isoformat(), actor, action, subject, payload_hash.hex()])
    return hashlib.sha256(before + told.encode()).digest()


def verify(connection: sa.Connection, expect: str | None = None) -> Verified:
    """Read the whole log and check every hash, a few thousand entries at a time.

    `expect` is the hash (64 hexadecimal digits) of an entry that was noted earlier: a log that no longer has it was cut off
    or made anew, and that is a fault too.
    """
    log = _Log(None if expect is None else expect.strip().lower())
    joined = audit_entry.outerjoin(audit_payload, audit_payload.c.sequence == audit_entry.c.sequence)
    kept = sa.type_coerce(audit_payload.c.payload, sa.Text).label("payload")  # as it is: what is no JSON any more is a fault
    columns = (*audit_entry.c, audit_payload.c.key, kept)
    in_order = sa.select(*columns).select_from(joined).order_by(audit_entry.c.sequence)
    faults: list[str] = []
    more = 0
    for fault in log.read(connection.execution_options(yield_per=READ_ROWS).execute(in_order)):
        if len(faults) < MOST_FAULTS:
            faults.append(fault)
        else:
            more += 1
    return Verified(log.entries, log.erased, log.before.hex(), tuple(faults), more)


class _Log:
    """The log while it is read: how far, and what it must go on with."""

    def __init__(self, expect: str | None) -> None:
        self.expect = None if expect == BEGINNING.hex() else expect
        self.before, self.next = BEGINNING, 1
        self.entries = self.erased = 0

    def read(self, rows: sa.Result[Any]) -> Iterator[str]:
        """Take all entries; what is wrong with them, a sentence each."""
        try:
            for row in rows:
                yield from self.faults(row)
                self.take(row)
        except (ValueError, TypeError, AttributeError):  # SQLite keeps any value in any column
            yield f"an entry after {self.next - 1} holds what Onefold never writes, and cannot be read"
            return
        if self.expect is not None:
            yield "no entry has the hash that was noted: the end was cut off, or the log was made anew"

    def take(self, row: sa.Row[Any]) -> None:
        """Go on from this entry."""
        self.entries += 1
        self.erased += row.key is None
        self.before, self.next = row.hash, row.sequence + 1
        if row.hash.hex() == self.expect:
            self.expect = None

    def faults(self, row: sa.Row[Any]) -> Iterator[str]:
        """What is wrong with one entry."""
        if row.sequence != self.next:
            yield missing(self.next, row.sequence - 1)
        elif row.hash != entry_hash(self.before, row.sequence, row.at, row.actor, row.action, row.subject, row.payload_hash):
            yield f"entry {row.sequence} is not as it was sealed: it was changed, or stands in another's place"
        if row.key is not None and payload_hash(row.key, row.payload) != row.payload_hash:
            yield f"what entry {row.sequence} says was done is not what was sealed"


def missing(first: int, last: int) -> str:
    """
    >>> missing(3, 3), missing(3, 5)
    ('entry 3 is missing', 'entries 3 to 5 are missing')
    """
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"


def broken(connection: sa.Connection) -> list[str]:
    """What is wrong with the log, a sentence each; an empty list: nothing was changed, removed or slipped in."""
    return list(verify(connection).faults)


def entries(connection: sa.Connection, subject: str | None = None, limit: int = 100, before: int | None = None) -> list[Entry]:
    """The latest entries, newest first; those whose subject names `subject`, and of these only ones earlier than `before`."""
    joined = audit_entry.outerjoin(audit_payload, audit_payload.c.sequence == audit_entry.c.sequence)
    found = sa.select(audit_entry, audit_payload.c.payload).select_from(joined).order_by(audit_entry.c.sequence.desc()).limit(limit)
    if subject is not None:
        found = found.where((sa.literal(" ") + audit_entry.c.subject + " ").contains(f" {_keepable(subject)} ", autoescape=True))
    if before is not None:
        found = found.where(audit_entry.c.sequence < before)
    return [Entry(row.sequence, row.at, row.actor, row.action, row.subject, row.payload) for row in connection.execute(found)]


def erase_payloads(connection: sa.Connection, sequences: Sequence[int]) -> None:
    """Remove what exactly was done, with its keys; the entries stay and the chain still verifies."""
    for part in batches(list(sequences)):
        connection.execute(audit_payload.delete().where(among(connection.dialect.name, audit_payload.c.sequence, part)))
