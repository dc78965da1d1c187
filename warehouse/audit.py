"""The audit log: who did what when, appended and chained, so that a change of any earlier entry is found out.

Each entry holds the hash of the one before, so the last hash seals them all. What exactly was done (the *payload*) may be
personal, so it lies beside and the entry holds its keyed hash (HMAC): a payload is erased together with its key, the entry
stays, and the chain still verifies (crypto-shredding; the chain is Haber and Stornetta's, 1991).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from warehouse.ids import among, batches
from warehouse.tables import audit_entry, audit_payload

BEGINNING = bytes(32)
"""Stands before the first entry."""
LOCK = 7_036_803
"""Number of the PostgreSQL advisory lock that lets one transaction append at a time."""


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


def record_act(connection: sa.Connection, at: datetime, actor: str, action: str, subject: str, payload: Mapping[str, Any]) -> int:
    """Append an entry, in the transaction that does what it tells; returns its sequence.

    `subject` names golden ids, runs or sources, never a customer's data; those belong into `payload`.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    sequence, before = _end(connection)
    key = secrets.token_bytes(32)
    sealed = payload_hash(key, payload)
    own = entry_hash(before, sequence, at, actor, action, subject, sealed)
    signed = {"sequence": sequence, "at": at, "actor": actor, "action": action, "subject": subject}
    connection.execute(audit_entry.insert().values(**signed, payload_hash=sealed, hash=own))
    connection.execute(audit_payload.insert().values(sequence=sequence, key=key, payload=dict(payload)))
    return sequence


def _end(connection: sa.Connection) -> tuple[int, bytes]:
    """The sequence of the next entry, and the hash it is chained to."""
    newest = sa.select(audit_entry.c.sequence, audit_entry.c.hash).order_by(audit_entry.c.sequence.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    return (last.sequence + 1, last.hash) if last else (1, BEGINNING)


def payload_hash(key: bytes, payload: Mapping[str, Any]) -> bytes:
    """The keyed hash of what was done."""
    return hmac.digest(key, json.dumps(payload, sort_keys=True, default=str).encode(), "sha256")


def entry_hash(before: bytes, sequence: int, at: datetime, actor: str, action: str, subject: str, payload_hash: bytes) -> bytes:
    """The hash that seals an entry and, by that of the one `before`, all earlier ones."""
    told = json.dumps([sequence, at.isoformat(), actor, action, subject, payload_hash.hex()])
    return hashlib.sha256(before + told.encode()).digest()


def broken(connection: sa.Connection) -> list[str]:
    """What is wrong with the log, a sentence each; an empty list: nothing was changed, removed or slipped in."""
    return list(_broken(connection))


def _broken(connection: sa.Connection) -> Iterator[str]:
    joined = audit_entry.outerjoin(audit_payload, audit_payload.c.sequence == audit_entry.c.sequence)
    columns = (*audit_entry.c, audit_payload.c.key, audit_payload.c.payload)
    before, expected = BEGINNING, 1
    for row in connection.execute(sa.select(*columns).select_from(joined).order_by(audit_entry.c.sequence)):
        if row.sequence != expected:
            yield f"entries {expected} to {row.sequence - 1} are missing"
        elif row.hash != entry_hash(before, row.sequence, row.at, row.actor, row.action, row.subject, row.payload_hash):
            yield f"entry {row.sequence} was changed, or one before it"
        if row.key is not None and payload_hash(row.key, row.payload) != row.payload_hash:
            yield f"what entry {row.sequence} says was done is not what was sealed"
        before, expected = row.hash, row.sequence + 1


def entries(connection: sa.Connection, subject: str | None = None, limit: int = 100, before: int | None = None) -> list[Entry]:
    """The latest entries, newest first; those whose subject names `subject`, and of these only ones earlier than `before`."""
    joined = audit_entry.outerjoin(audit_payload, audit_payload.c.sequence == audit_entry.c.sequence)
    found = sa.select(audit_entry, audit_payload.c.payload).select_from(joined).order_by(audit_entry.c.sequence.desc()).limit(limit)
    if subject is not None:
        found = found.where((sa.literal(" ") + audit_entry.c.subject + " ").contains(f" {subject} ", autoescape=True))
    if before is not None:
        found = found.where(audit_entry.c.sequence < before)
    return [Entry(row.sequence, row.at, row.actor, row.action, row.subject, row.payload) for row in connection.execute(found)]


def erase_payloads(connection: sa.Connection, sequences: Sequence[int]) -> None:
    """Remove what exactly was done, with its keys; the entries stay and the chain still verifies."""
    for part in batches(list(sequences)):
        connection.execute(audit_payload.delete().where(among(connection.dialect.name, audit_payload.c.sequence, part)))
