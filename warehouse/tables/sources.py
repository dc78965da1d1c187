"""Sources, their records in every version, and the rows that were refused."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from warehouse.columns import Json, Number, UtcTime, key, metadata, one_of, optional, required, span
from warehouse.visibility import span_indexes

source = Table(
    "source",
    metadata,
    key("source_id", Integer),
    required("name", Text),
    required("owner", Text),
    required("active", Boolean, comment="Declared in the project file"),
    required("live_run", Integer, comment="The pointer: records show the state of this run; 0: never live"),
    required("state", Text),
    optional("data_as_of", UtcTime, comment="When the live data were pulled"),
    optional("held_reason", Text),
    UniqueConstraint("name"),
    one_of("state", ("live", "held", "never")),
    comment="A department's database",
)

source_batch = Table(
    "source_batch",
    metadata,
    key("source_id", Integer, ForeignKey("source.source_id")),
    key("run", Integer, ForeignKey("run.number")),
    required("state", Text),
    *(optional(name, BigInteger) for name in ("read", "accepted", "quarantined", "suppressed", "new", "changed", "unchanged", "vanished")),
    optional("pulled_at", UtcTime),
    optional("reason", Text, comment="Why it was held or failed"),
    optional("columns", Json, comment="The columns found in the source, by name with their types"),
    one_of("state", ("landed", "live", "held", "failed")),
    comment="One pull of one source and what it came to: read = accepted + quarantined + suppressed",
)

record = Table(
    "record",
    metadata,
    key("record_id", Number),
    required("source_id", Integer, ForeignKey("source.source_id")),
    required("key", Text, comment="The record's key within its source"),
    UniqueConstraint("source_id", "key"),
    comment="Every source record ever seen; its number says nothing of order",
)

source_record = Table(
    "source_record",
    metadata,
    key("record_id", Number, ForeignKey("record.record_id")),
    *span(),
    required("content_hash", LargeBinary, comment="16 bytes over all pulled columns"),
    optional("modified", BigInteger, comment="Microseconds since 1970 (UTC) of the last change the source tells"),
    required("raw", Text, comment="JSON: the row as pulled"),
    comment="Every version of every source record",
)
span_indexes(source_record)

quarantine = Table(
    "quarantine",
    metadata,
    key("quarantine_id", Number),
    required("source_id", Integer, ForeignKey("source.source_id")),
    required("digest", Text, comment="Over key, raw row, attribute and reason: the same refusal is kept once"),
    required("row_number", BigInteger, comment="Place in the pull that last brought it"),
    optional("key", Text),
    required("raw", Text),
    required("reason", Text),
    optional("attribute", Text, comment="Set when one value was refused, not the row"),
    required("state", Text),
    required("copies", BigInteger, comment="How many such rows the last pull brought"),
    required("first_run", Integer, ForeignKey("run.number")),
    required("last_run", Integer, ForeignKey("run.number")),
    UniqueConstraint("source_id", "digest"),
    one_of("state", ("waiting", "released")),
    comment="Refused rows with their raw values and the reason",
)
Index(None, quarantine.c.source_id, quarantine.c.last_run)
