"""What stewards are asked and decide, and the models that learned from it."""

from __future__ import annotations

from sqlalchemy import Double, Index, Integer, Table, Text, text

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
    one_of("verdict", Verdict),
    comment="Stewards' verdicts on pairs of records: appended, never edited, at most taken back",
)
Index(None, decision.c.group_id)
Index(None, decision.c.left_source, decision.c.left_key)
Index(None, decision.c.right_source, decision.c.right_key)

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
