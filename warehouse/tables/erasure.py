"""Erasure: who was erased, and the keyed hashes by which the same person is known when they come again."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Table, Text

from warehouse.columns import Number, UtcTime, key, metadata, one_of, optional, required

SUPPRESSION_KINDS = ("record", "trait", "person", "identity", "key")

erasure = Table(
    "erasure",
    metadata,
    key("golden_number", Number, ForeignKey("golden_identity.golden_number")),
    required("run", Integer, ForeignKey("run.number")),
    required("erased_at", UtcTime),
    required("erased_by", Text),
    required("reason", Text),
    required("records", BigInteger, comment="Source records that were removed"),
    optional("finished_at", UtcTime, comment="When the database's file was rewritten too; until then the next run does it"),
    comment="The proof that a customer was erased; it holds nothing of them",
)

suppression = Table(
    "suppression",
    metadata,
    key("kind", Text),
    key("hash", LargeBinary, comment="32 bytes: HMAC-SHA256 with the key from the environment"),
    key("golden_number", Number, ForeignKey("erasure.golden_number")),
    one_of("kind", SUPPRESSION_KINDS),
    comment="By what an erased customer is known when they come with the next load",
)
Index(None, suppression.c.golden_number)
