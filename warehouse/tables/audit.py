"""The audit log: who did what when, chained by hashes, and what was done beside it, so that it can be erased."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, Table, Text

from warehouse.columns import Json, Number, UtcTime, key, metadata, required

audit_entry = Table(
    "audit_entry",
    metadata,
    key("sequence", Number, comment="From 1, without gaps"),
    required("at", UtcTime),
    required("actor", Text, comment="A person, or the name of a program"),
    required("action", Text, comment="merge, pin, undo, erase, publish, for example"),
    required("subject", Text, comment="What it was done to: golden ids, run numbers; never a customer's data"),
    required("payload_hash", LargeBinary, comment="32 bytes: HMAC-SHA256 of the payload, by the key that lies beside it"),
    required("hash", LargeBinary, comment="32 bytes: SHA-256 over the entry before and all of this one"),
    comment="Who did what when: appended, never changed; each entry seals all before it",
)
Index(None, audit_entry.c.subject)

audit_payload = Table(
    "audit_payload",
    metadata,
    key("sequence", Number, ForeignKey("audit_entry.sequence")),
    required("key", LargeBinary, comment="32 random bytes; without them the hash tells nothing"),
    required("payload", Json),
    comment="What exactly was done; a row can be erased, and the chain still verifies",
)
