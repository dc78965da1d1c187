"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (  # in the order in which they can be dropped
    "source_record",
    "crosswalk",
    "source_batch",
    "relationship",
    "record",
    "quarantine",
    "quality_result",
    "publication",
    "outbox",
    "identity_state",
    "identity_event",
    "golden_contact",
    "survivorship_rule",
    "steward_task",
    "source",
    "scored_pair",
    "run",
    "model",
    "golden_identity",
    "decision",
    "consumer_view",
    "cluster_member",
)


def upgrade() -> None:
    op.create_table(
        "cluster_member",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("cluster", sa.BigInteger(), nullable=False),
        sa.Column("linkage", sa.Double(), nullable=True, comment="The weakest link that holds it in the cluster, in bits"),
        sa.PrimaryKeyConstraint("run", "record_id", name="pk_cluster_member"),
        comment="Which records were held to be one customer (derived)",
    )
    op.create_index("ix_cluster_member_run_cluster", "cluster_member", ["run", "cluster"], unique=False)
    op.create_table(
        "consumer_view",
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="Views are made in this order and removed in the other"),
        sa.Column("definition", sa.Text(), nullable=False, comment="Fingerprint: a view is made anew only when it changed"),
        sa.PrimaryKeyConstraint("name", name="pk_consumer_view"),
        comment="The views that were generated for consumers",
    )
    op.create_table(
        "decision",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("left_source", sa.Text(), nullable=False),
        sa.Column("left_key", sa.Text(), nullable=False),
        sa.Column("right_source", sa.Text(), nullable=False),
        sa.Column("right_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("steward", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False, comment="Pairs decided in one act share it; one undo takes all back"),
        sa.Column("undone_by", sa.Text(), nullable=True, comment="The steward who took it back"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("verdict IN ('same', 'different', 'unsure')", name="ck_decision_verdict"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        comment="Stewards' verdicts on pairs of records: appended, never edited, at most taken back",
    )
    op.create_index("ix_decision_group_id", "decision", ["group_id"], unique=False)
    op.create_index("ix_decision_left_source_left_key", "decision", ["left_source", "left_key"], unique=False)
    op.create_index("ix_decision_right_source_right_key", "decision", ["right_source", "right_key"], unique=False)
    op.create_table(
        "golden_identity",
        sa.Column("golden_number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("golden_id", sa.Text(), nullable=False),
        sa.Column("minted_run", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("golden_number", name="pk_golden_identity"),
        sa.UniqueConstraint("golden_id", name="uq_golden_identity_golden_id"),
        comment="Every golden id ever given",
    )
    op.create_index("ix_golden_identity_minted_run", "golden_identity", ["minted_run"], unique=False)
    op.create_table(
        "model",
        sa.Column("fingerprint", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("created_run", sa.Integer(), nullable=False),
        sa.Column("adopted_run", sa.Integer(), nullable=True, comment="The run from which on it is used"),
        sa.Column("artefact", sa.Text(), nullable=False, comment="JSON: all that was learned"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_model"),
        comment="Trained models",
    )
    op.create_table(
        "run",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="Orders all that is kept"),
        sa.Column("id", sa.Text(), nullable=False, comment="Names the run outside, in Dagster for example"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="The only clock the run knows"),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_fingerprint", sa.Text(), nullable=True),
        sa.Column("project_fingerprint", sa.Text(), nullable=True),
        sa.Column("model_fingerprint", sa.Text(), nullable=True),
        sa.Column("input_fingerprint", sa.Text(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True, comment="Counts; never a customer's data"),
        sa.CheckConstraint("status IN ('running', 'published', 'unchanged', 'held', 'failed')", name="ck_run_status"),
        sa.PrimaryKeyConstraint("number", name="pk_run"),
        sa.UniqueConstraint("id", name="uq_run_id"),
        comment="One execution, with the fingerprints of all it is a function of",
    )
    op.create_table(
        "scored_pair",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("right_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("match_probability", sa.Double(), nullable=False),
        sa.Column("match_weight", sa.Double(), nullable=False, comment="Bits"),
        sa.Column("related_probability", sa.Double(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict IN ('same', 'different', 'unsure')", name="ck_scored_pair_verdict"),
        sa.PrimaryKeyConstraint("run", "left_id", "right_id", name="pk_scored_pair"),
        comment="Pairs of records that link or are asked about (derived)",
    )
    op.create_index("ix_scored_pair_run_right_id", "scored_pair", ["run", "right_id"], unique=False)
    op.create_table(
        "source",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False, comment="Declared in the project file"),
        sa.Column("live_run", sa.Integer(), nullable=False, comment="The pointer: records show the state of this run; 0: never live"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data_as_of", sa.DateTime(timezone=True), nullable=True, comment="When the live data were pulled"),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('live', 'held', 'never')", name="ck_source_state"),
        sa.PrimaryKeyConstraint("source_id", name="pk_source"),
        sa.UniqueConstraint("name", name="uq_source_name"),
        comment="A department's database",
    )
    op.create_table(
        "steward_task",
        sa.Column("task_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="The same question has the same subject in every run"),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False, comment="What an answer is worth; the highest comes first"),
        sa.Column("created_run", sa.Integer(), nullable=False),
        sa.Column("closed_run", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done')", name="ck_steward_task_state"),
        sa.PrimaryKeyConstraint("task_id", name="pk_steward_task"),
        comment="Questions put to stewards",
    )
    op.create_index("ix_steward_task_next", "steward_task", ["state", "value"], unique=False)
    op.create_index(
        "uq_steward_task_open",
        "steward_task",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "survivorship_rule",
        sa.Column("rule", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name="pk_survivorship_rule"),
        sa.UniqueConstraint("name", name="uq_survivorship_rule_name"),
        comment="Numbers that stand for the names of survivorship rules in the golden table",
    )
    op.create_table(
        "golden_contact",
        sa.Column("contact_id", NUMBER, autoincrement=False, nullable=False, comment="Names this version of the row"),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False, comment="Names of the sources that hold it, separated by commas"),
        sa.Column("first_seen", sa.BigInteger(), nullable=True, comment="Microseconds since 1970 (UTC)"),
        sa.Column("last_seen", sa.BigInteger(), nullable=True, comment="Microseconds since 1970 (UTC)"),
        sa.Column("from_run", sa.Integer(), nullable=False, comment="The first run that sees this version"),
        sa.Column("to_run", sa.Integer(), nullable=False, comment="The first run that no longer sees it; 2147483647 while it holds"),
        sa.CheckConstraint("from_run < to_run", name="ck_golden_contact_span"),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_golden_contact_golden_number"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_golden_contact"),
        comment="The other values of the attributes a customer can have several of, over time",
    )
    op.create_index("ix_golden_contact_from_run", "golden_contact", ["from_run"], unique=False, postgresql_using="brin")
    op.create_index("ix_golden_contact_golden_number", "golden_contact", ["golden_number"], unique=False)
    op.create_index(
        "ix_golden_contact_to_run",
        "golden_contact",
        ["to_run"],
        unique=False,
        sqlite_where=sa.text("to_run < 2147483647"),
        postgresql_where=sa.text("to_run < 2147483647"),
    )
    op.create_table(
        "identity_event",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('minted', 'revived', 'split', 'merged', 'redirected', 'retired')", name="ck_identity_event_kind"),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_identity_event_run"),
        sa.PrimaryKeyConstraint("run", "sequence", name="pk_identity_event"),
        comment="What happened to golden ids",
    )
    op.create_index("ix_identity_event_golden_number", "identity_event", ["golden_number"], unique=False)
    op.create_table(
        "identity_state",
        sa.Column("golden_number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=True, comment="For a redirect: the live id it leads to"),
        sa.Column("from_run", sa.Integer(), autoincrement=False, nullable=False, comment="The first run that sees this version"),
        sa.Column("to_run", sa.Integer(), nullable=False, comment="The first run that no longer sees it; 2147483647 while it holds"),
        sa.CheckConstraint("(state = 'redirected') = (target IS NOT NULL)", name="ck_identity_state_target"),
        sa.CheckConstraint("state IN ('live', 'redirected', 'retired', 'erased')", name="ck_identity_state_state"),
        sa.CheckConstraint("from_run < to_run", name="ck_identity_state_span"),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_identity_state_golden_number"),
        sa.ForeignKeyConstraint(["target"], ["golden_identity.golden_number"], name="fk_identity_state_target"),
        sa.PrimaryKeyConstraint("golden_number", "from_run", name="pk_identity_state"),
        comment="How each golden id stands, over time",
    )
    op.create_index("ix_identity_state_from_run", "identity_state", ["from_run"], unique=False, postgresql_using="brin")
    op.create_index("ix_identity_state_target", "identity_state", ["target"], unique=False)
    op.create_index(
        "ix_identity_state_to_run",
        "identity_state",
        ["to_run"],
        unique=False,
        sqlite_where=sa.text("to_run < 2147483647"),
        postgresql_where=sa.text("to_run < 2147483647"),
    )
    op.create_table(
        "outbox",
        sa.Column("event_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_outbox_run"),
        sa.PrimaryKeyConstraint("event_id", name="pk_outbox"),
        comment="What consumers are told of a publication, in order",
    )
    op.create_index("ix_outbox_run", "outbox", ["run"], unique=False)
    op.create_table(
        "publication",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_publication_run"),
        sa.PrimaryKeyConstraint("run", name="pk_publication"),
        comment="The pointer of the golden tables: they show the state of the highest run in here",
    )
    op.create_table(
        "quality_result",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("gate", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), autoincrement=False, nullable=False, comment="The source, or the golden table"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="Order within the gate's report"),
        sa.Column("name", sa.Text(), nullable=False, comment="The check as a sentence"),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("observed", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("failing", sa.BigInteger(), nullable=False, comment="Rows that fail it"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("gate IN ('arrival', 'publication')", name="ck_quality_result_gate"),
        sa.CheckConstraint("severity IN ('stop', 'warn')", name="ck_quality_result_severity"),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_quality_result_run"),
        sa.PrimaryKeyConstraint("run", "gate", "subject", "position", name="pk_quality_result"),
        comment="What came of each check of each gate",
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="Over key, raw row, attribute and reason: the same refusal is kept once"),
        sa.Column("row_number", sa.BigInteger(), nullable=False, comment="Place in the pull that last brought it"),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=True, comment="Set when one value was refused, not the row"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("copies", sa.BigInteger(), nullable=False, comment="How many such rows the last pull brought"),
        sa.Column("first_run", sa.Integer(), nullable=False),
        sa.Column("last_run", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'released')", name="ck_quarantine_state"),
        sa.ForeignKeyConstraint(["first_run"], ["run.number"], name="fk_quarantine_first_run"),
        sa.ForeignKeyConstraint(["last_run"], ["run.number"], name="fk_quarantine_last_run"),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name="fk_quarantine_source_id"),
        sa.PrimaryKeyConstraint("quarantine_id", name="pk_quarantine"),
        sa.UniqueConstraint("source_id", "digest", name="uq_quarantine_source_id_digest"),
        comment="Refused rows with their raw values and the reason",
    )
    op.create_index("ix_quarantine_source_id_last_run", "quarantine", ["source_id", "last_run"], unique=False)
    op.create_table(
        "record",
        sa.Column("record_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="The record's key within its source"),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name="fk_record_source_id"),
        sa.PrimaryKeyConstraint("record_id", name="pk_record"),
        sa.UniqueConstraint("source_id", "key", name="uq_record_source_id_key"),
        comment="Every source record ever seen; its number says nothing of order",
    )
    op.create_table(
        "relationship",
        sa.Column("relationship_id", NUMBER, autoincrement=False, nullable=False, comment="Names this version of the row"),
        sa.Column("left_number", sa.BigInteger(), nullable=False),
        sa.Column("right_number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="household, for example"),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("from_run", sa.Integer(), nullable=False, comment="The first run that sees this version"),
        sa.Column("to_run", sa.Integer(), nullable=False, comment="The first run that no longer sees it; 2147483647 while it holds"),
        sa.CheckConstraint("from_run < to_run", name="ck_relationship_span"),
        sa.ForeignKeyConstraint(["left_number"], ["golden_identity.golden_number"], name="fk_relationship_left_number"),
        sa.ForeignKeyConstraint(["right_number"], ["golden_identity.golden_number"], name="fk_relationship_right_number"),
        sa.PrimaryKeyConstraint("relationship_id", name="pk_relationship"),
        comment="Golden customers that belong together without being the same, over time",
    )
    op.create_index("ix_relationship_from_run", "relationship", ["from_run"], unique=False, postgresql_using="brin")
    op.create_index("ix_relationship_left_number", "relationship", ["left_number"], unique=False)
    op.create_index("ix_relationship_right_number", "relationship", ["right_number"], unique=False)
    op.create_index(
        "ix_relationship_to_run",
        "relationship",
        ["to_run"],
        unique=False,
        sqlite_where=sa.text("to_run < 2147483647"),
        postgresql_where=sa.text("to_run < 2147483647"),
    )
    op.create_table(
        "source_batch",
        sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.BigInteger(), nullable=True),
        sa.Column("quarantined", sa.BigInteger(), nullable=True),
        sa.Column("suppressed", sa.BigInteger(), nullable=True),
        sa.Column("new", sa.BigInteger(), nullable=True),
        sa.Column("changed", sa.BigInteger(), nullable=True),
        sa.Column("unchanged", sa.BigInteger(), nullable=True),
        sa.Column("vanished", sa.BigInteger(), nullable=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it was held or failed"),
        sa.Column("columns", sa.Text(), nullable=True, comment="The columns found in the source, by name with their types"),
        sa.CheckConstraint("state IN ('landed', 'live', 'held', 'failed')", name="ck_source_batch_state"),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_source_batch_run"),
        sa.ForeignKeyConstraint(["source_id"], ["source.source_id"], name="fk_source_batch_source_id"),
        sa.PrimaryKeyConstraint("source_id", "run", name="pk_source_batch"),
        comment="One pull of one source and what it came to: read = accepted + quarantined + suppressed",
    )
    op.create_table(
        "crosswalk",
        sa.Column("record_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column("from_run", sa.Integer(), autoincrement=False, nullable=False, comment="The first run that sees this version"),
        sa.Column("to_run", sa.Integer(), nullable=False, comment="The first run that no longer sees it; 2147483647 while it holds"),
        sa.CheckConstraint("from_run < to_run", name="ck_crosswalk_span"),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_crosswalk_golden_number"),
        sa.ForeignKeyConstraint(["record_id"], ["record.record_id"], name="fk_crosswalk_record_id"),
        sa.PrimaryKeyConstraint("record_id", "from_run", name="pk_crosswalk"),
        comment="Which golden customer each source record belongs to, over time",
    )
    op.create_index("ix_crosswalk_from_run", "crosswalk", ["from_run"], unique=False, postgresql_using="brin")
    op.create_index("ix_crosswalk_golden_number", "crosswalk", ["golden_number"], unique=False)
    op.create_index(
        "ix_crosswalk_to_run",
        "crosswalk",
        ["to_run"],
        unique=False,
        sqlite_where=sa.text("to_run < 2147483647"),
        postgresql_where=sa.text("to_run < 2147483647"),
    )
    op.create_table(
        "source_record",
        sa.Column("record_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("from_run", sa.Integer(), autoincrement=False, nullable=False, comment="The first run that sees this version"),
        sa.Column("to_run", sa.Integer(), nullable=False, comment="The first run that no longer sees it; 2147483647 while it holds"),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False, comment="16 bytes over all pulled columns"),
        sa.Column("modified", sa.BigInteger(), nullable=True, comment="Microseconds since 1970 (UTC) of the last change the source tells"),
        sa.Column("raw", sa.Text(), nullable=False, comment="JSON: the row as pulled"),
        sa.CheckConstraint("from_run < to_run", name="ck_source_record_span"),
        sa.ForeignKeyConstraint(["record_id"], ["record.record_id"], name="fk_source_record_record_id"),
        sa.PrimaryKeyConstraint("record_id", "from_run", name="pk_source_record"),
        comment="Every version of every source record",
    )
    op.create_index("ix_source_record_from_run", "source_record", ["from_run"], unique=False, postgresql_using="brin")
    op.create_index(
        "ix_source_record_to_run",
        "source_record",
        ["to_run"],
        unique=False,
        sqlite_where=sa.text("to_run < 2147483647"),
        postgresql_where=sa.text("to_run < 2147483647"),
    )


def downgrade() -> None:
    # What was generated for the project's attributes leans on these tables.
    for view in op.get_bind().scalars(sa.text("SELECT name FROM consumer_view ORDER BY position DESC")).all():
        op.execute(f'DROP VIEW IF EXISTS "{view}"')
    for table in ("golden_version", "standard_record", *TABLES):
        op.execute(f'DROP TABLE IF EXISTS "{table}"')
