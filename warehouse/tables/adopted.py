"""What was brought in from before: ids that customers had elsewhere, and keys that a source has given anew."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, Table, Text

from warehouse.columns import Number, UtcTime, key, metadata, one_of, required

adopted_id = Table(
    "adopted_id",
    metadata,
    key("external_id", Text, comment="As other systems know the customer"),
    required("golden_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    required("adopted_at", UtcTime),
    required("adopted_by", Text),
    comment="Ids that customers had before this project, and the golden id that each became",
)
Index(None, adopted_id.c.golden_number)

adopted_record = Table(
    "adopted_record",
    metadata,
    key("source", Text),
    key("key", Text),
    required("golden_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    comment="Which golden id a record is to claim when it first comes, for it had it before this project",
)
Index(None, adopted_record.c.golden_number)

renamed_record = Table(
    "renamed_record",
    metadata,
    key("new_id", Number, ForeignKey("record.record_id")),
    required("old_id", BigInteger, ForeignKey("record.record_id")),
    key("run", Integer, comment="The run that found it; it counts once that run's source is live"),
    required("probability", Double, comment="Match probability of the two"),
    required("state", Text),
    one_of("state", ("applied", "asked", "refused")),
    comment="The same customer under a new key of the same source",
)
Index(None, renamed_record.c.old_id)
Index(None, renamed_record.c.run)
