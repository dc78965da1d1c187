"""The identity ledger: golden ids, how each stands, and which records they hold, over time."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from warehouse.columns import Number, key, metadata, one_of, optional, required, span
from warehouse.visibility import span_indexes

golden_identity = Table(
    "golden_identity",
    metadata,
    key("golden_number", Number),
    required("golden_id", Text),
    required("minted_run", Integer),
    UniqueConstraint("golden_id"),
    comment="Every golden id ever given",
)
Index(None, golden_identity.c.minted_run)

identity_state = Table(
    "identity_state",
    metadata,
    key("golden_number", Number, ForeignKey("golden_identity.golden_number")),
    required("state", Text),
    optional("target", BigInteger, ForeignKey("golden_identity.golden_number"), comment="For a redirect: the live id it leads to"),
    *span(),
    one_of("state", ("live", "redirected", "retired", "erased")),
    CheckConstraint("(state = 'redirected') = (target IS NOT NULL)", name="target"),
    comment="How each golden id stands, over time",
)
span_indexes(identity_state)
Index(None, identity_state.c.target)

crosswalk = Table(
    "crosswalk",
    metadata,
    key("record_id", Number, ForeignKey("record.record_id")),
    required("golden_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    *span(),
    comment="Which golden customer each source record belongs to, over time",
)
span_indexes(crosswalk)
Index(None, crosswalk.c.golden_number)

identity_event = Table(
    "identity_event",
    metadata,
    key("run", Integer, ForeignKey("run.number")),
    key("sequence", BigInteger),
    required("kind", Text),
    required("golden_number", BigInteger),
    optional("other", BigInteger),
    one_of("kind", ("minted", "revived", "split", "merged", "redirected", "retired", "erased")),
    comment="What happened to golden ids",
)
Index(None, identity_event.c.golden_number)
