"""The outbox: what consumers are told of each publication, and how far each of them has been told."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Table, Text

from warehouse.columns import Number, UtcTime, key, metadata, one_of, optional, required

EVENT_KINDS = ("created", "changed", "merged", "split", "revived", "retired", "erased")

outbox = Table(
    "outbox",
    metadata,
    key("event_id", Number, comment="From 1, without gaps, in the order of the publications"),
    # Without foreign keys: checking each of a million rows takes longer than all the rest, and the doctor asks for it too.
    required("run", Integer),
    required("kind", Text),
    required("golden_number", BigInteger),
    optional("other", BigInteger, comment="The second golden id: into which it was merged, into which it was split"),
    one_of("kind", EVENT_KINDS),
    comment="What consumers are told of a publication; before and after are read from the golden records of both runs",
)
Index(None, outbox.c.run)
Index(None, outbox.c.golden_number)

subscriber = Table(
    "subscriber",
    metadata,
    key("name", Text),
    required("last_event", BigInteger, comment="Every event up to this one was taken, or is a dead letter"),
    required("failures", Integer, comment="Times in a row that the next event could not be delivered"),
    optional("next_attempt", UtcTime),
    comment="Those to whom events are delivered, and how far",
)

dead_letter = Table(
    "dead_letter",
    metadata,
    key("subscriber", Text, ForeignKey("subscriber.name")),
    key("event_id", Number, ForeignKey("outbox.event_id")),
    required("attempts", Integer),
    required("reason", Text, comment="What the subscriber answered: a status, a broken connection"),
    required("given_up_at", UtcTime),
    comment="Events that a subscriber would not take",
)
