"""What stewards are asked and decide, and the models that learned from it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from domain.decisions import Verdict
from warehouse.columns import Json, Number, UtcTime, key, metadata, one_of, optional, required

decision = Table(
    "decision",
    metadata,
    key("id", Number),
    required("left_source", Text),
    required("left_key", Text),
    required("right_source", Text),
    required("right_key", Text),
    required("verdict", Text),
    required("steward", Text),
    required("decided_at", UtcTime),
    required("reason", Text),
    required("group_id", Text, comment="Pairs decided in one act share it; one undo takes all back"),
    optional("undone_by", Text, comment="The steward who took it back"),
    optional("undone_at", UtcTime),
    optional("undone_reason", Text),
    optional("left_content", LargeBinary, comment="Content hash of the record as the steward saw it"),
    optional("right_content", LargeBinary, comment="Content hash of the record as the steward saw it"),
    optional(
        "suspended_run",
        Integer,
        comment="The run that found a record to be somebody else since; while that is so it does not bind",
    ),
    optional("suspended_sides", Text, comment="Which record is somebody else: left, right or both"),
    one_of("verdict", Verdict),
    comment="Stewards' verdicts on pairs of records: appended, never edited, at most taken back",
)
Index(None, decision.c.group_id)
Index(None, decision.c.left_source, decision.c.left_key)
Index(None, decision.c.right_source, decision.c.right_key)

pin = Table(
    "pin",
    metadata,
    key("pin_id", Number),
    required("golden_number", BigInteger, ForeignKey("golden_identity.golden_number")),
    required("attribute", Text),
    optional("value", Json, comment="In the attribute's storage, a date as text; none: the customer has no such value"),
    required("steward", Text),
    required("decided_at", UtcTime),
    required("reason", Text),
    optional("expires_at", UtcTime, comment="It holds for runs that begin before"),
    required("group_id", Text, comment="All that was decided in one act shares it; one undo takes it back"),
    optional("undone_by", Text, comment="The steward who took it back"),
    optional("undone_at", UtcTime),
    optional("undone_reason", Text),
    comment="Values that stewards have fixed: appended, never edited, at most taken back",
)
Index(None, pin.c.golden_number)
Index(None, pin.c.group_id)

steward_task = Table(
    "steward_task",
    metadata,
    key("task_id", Number),
    required("kind", Text),
    required("subject", Text, comment="The same question has the same subject in every run"),
    required("payload", Json),
    required("state", Text),
    required("value", Double, comment="What an answer is worth; the highest comes first"),
    required("created_run", Integer),
    optional("closed_run", Integer),
    one_of("state", ("open", "done")),
    comment="Questions put to stewards",
)
Index(
    "uq_steward_task_open",
    steward_task.c.kind,
    steward_task.c.subject,
    unique=True,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)
Index("ix_steward_task_next", steward_task.c.state, steward_task.c.value)

model = Table(
    "model",
    metadata,
    key("fingerprint", Text),
    required("created_run", Integer),
    optional("adopted_run", Integer, comment="The run from which on it is used"),
    required("artefact", Text, comment="JSON: all that was learned"),
    required("note", Text),
    comment="Trained models",
)
