"""What stewards pin, what consumers are told, who did what, who was erased, and what was brought in from before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "'minted', 'revived', 'split', 'merged', 'redirected', 'retired'"
NEW = (  # in the order in which they can be dropped
    "dead_letter",
    "subscriber",
    "suppression",
    "erasure",
    "renamed_record",
    "adopted_record",
    "adopted_id",
    "pin",
    "audit_payload",
    "audit_entry",
)
EXTENDED = (
    ("decision", "left_content"),
    ("decision", "right_content"),
    ("decision", "suspended_run"),
    ("decision", "suspended_sides"),
    ("publication", "restored_run"),
    ("publication", "published_by"),
    ("publication", "resumed_at"),
    ("publication", "resumed_by"),
    ("publication", "rests_on"),
)


def upgrade() -> None:
    _remake_outbox()
    _widen_events(f"{KINDS}, 'erased'")
    _extend()
    _create()


def _remake_outbox() -> None:
    """No event was ever kept: the old table told before and after in full, the new one reads them from the golden records."""
    op.drop_index("ix_outbox_run", "outbox")
    op.drop_table("outbox")
    op.create_table(
        "outbox",
        sa.Column(
            "event_id", NUMBER, autoincrement=False, nullable=False, comment="From 1, without gaps, in the order of the publications"
        ),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column(
            "other", sa.BigInteger(), nullable=True, comment="The second golden id: into which it was merged, into which it was split"
        ),
        sa.CheckConstraint("kind IN ('created', 'changed', 'merged', 'split', 'revived', 'retired', 'erased')", name="ck_outbox_kind"),
        sa.PrimaryKeyConstraint("event_id", name="pk_outbox"),
        comment="What consumers are told of a publication; before and after are read from the golden records of both runs",
    )
    op.create_index("ix_outbox_run", "outbox", ["run"])
    op.create_index("ix_outbox_golden_number", "outbox", ["golden_number"])


def _widen_events(kinds: str) -> None:
    """What may happen to a golden id."""
    with op.batch_alter_table("identity_event") as table:
        table.drop_constraint("ck_identity_event_kind", type_="check")
        table.create_check_constraint("ck_identity_event_kind", f"kind IN ({kinds})")


def _extend() -> None:
    op.add_column(
        "decision", sa.Column("left_content", sa.LargeBinary(), nullable=True, comment="Content hash of the record as the steward saw it")
    )
    op.add_column(
        "decision", sa.Column("right_content", sa.LargeBinary(), nullable=True, comment="Content hash of the record as the steward saw it")
    )
    op.add_column(
        "decision",
        sa.Column(
            "suspended_run",
            sa.Integer(),
            nullable=True,
            comment="The run that found a record to be somebody else since; while that is so it does not bind",
        ),
    )
    op.add_column(
        "decision",
        sa.Column("suspended_sides", sa.Text(), nullable=True, comment="Which record is somebody else: left, right or both"),
    )
    op.add_column(
        "publication", sa.Column("restored_run", sa.Integer(), nullable=True, comment="The publication whose state this one brought back")
    )
    op.add_column("publication", sa.Column("published_by", sa.Text(), nullable=True, comment="Who asked for it, where a person did"))
    op.add_column(
        "publication",
        sa.Column(
            "resumed_at", sa.DateTime(timezone=True), nullable=True, comment="Of a restored one: when runs were let publish again"
        ),
    )
    op.add_column("publication", sa.Column("resumed_by", sa.Text(), nullable=True, comment="Who let them"))
    shown = "The run whose source records it shows, where it is another's publication without somebody"
    op.add_column("publication", sa.Column("rests_on", sa.Integer(), nullable=True, comment=shown))


def _create() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False, comment="From 1, without gaps"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="A person, or the name of a program"),
        sa.Column("action", sa.Text(), nullable=False, comment="merge, pin, undo, erase, publish, for example"),
        sa.Column("subject", sa.Text(), nullable=False, comment="What it was done to: golden ids, run numbers; never a customer's data"),
        sa.Column(
            "payload_hash", sa.LargeBinary(), nullable=False, comment="32 bytes: HMAC-SHA256 of the payload, by the key that lies beside it"
        ),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="32 bytes: SHA-256 over the entry before and all of this one"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_entry"),
        comment="Who did what when: appended, never changed; each entry seals all before it",
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"], unique=False)
    op.create_table(
        "subscriber",
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("last_event", sa.BigInteger(), nullable=False, comment="Every event up to this one was taken, or is a dead letter"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Times in a row that the next event could not be delivered"),
        sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_subscriber"),
        comment="Those to whom events are delivered, and how far",
    )
    op.create_table(
        "adopted_id",
        sa.Column("external_id", sa.Text(), autoincrement=False, nullable=False, comment="As other systems know the customer"),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_adopted_id_golden_number"),
        sa.PrimaryKeyConstraint("external_id", name="pk_adopted_id"),
        comment="Ids that customers had before this project, and the golden id that each became",
    )
    op.create_index("ix_adopted_id_golden_number", "adopted_id", ["golden_number"], unique=False)
    op.create_table(
        "adopted_record",
        sa.Column("source", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_adopted_record_golden_number"),
        sa.PrimaryKeyConstraint("source", "key", name="pk_adopted_record"),
        comment="Which golden id a record is to claim when it first comes, for it had it before this project",
    )
    op.create_index("ix_adopted_record_golden_number", "adopted_record", ["golden_number"], unique=False)
    op.create_table(
        "audit_payload",
        sa.Column("sequence", NUMBER, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="32 random bytes; without them the hash tells nothing"),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["audit_entry.sequence"], name="fk_audit_payload_sequence"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_payload"),
        comment="What exactly was done; a row can be erased, and the chain still verifies",
    )
    op.create_table(
        "erasure",
        sa.Column("golden_number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False, comment="Source records that were removed"),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the database's file was rewritten too; until then the next run does it",
        ),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_erasure_golden_number"),
        sa.ForeignKeyConstraint(["run"], ["run.number"], name="fk_erasure_run"),
        sa.PrimaryKeyConstraint("golden_number", name="pk_erasure"),
        comment="The proof that a customer was erased; it holds nothing of them",
    )
    op.create_table(
        "pin",
        sa.Column("pin_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("golden_number", sa.BigInteger(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column(
            "value", sa.Text(), nullable=True, comment="In the attribute's storage, a date as text; none: the customer has no such value"
        ),
        sa.Column("steward", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="It holds for runs that begin before"),
        sa.Column("group_id", sa.Text(), nullable=False, comment="All that was decided in one act shares it; one undo takes it back"),
        sa.Column("undone_by", sa.Text(), nullable=True, comment="The steward who took it back"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["golden_number"], ["golden_identity.golden_number"], name="fk_pin_golden_number"),
        sa.PrimaryKeyConstraint("pin_id", name="pk_pin"),
        comment="Values that stewards have fixed: appended, never edited, at most taken back",
    )
    op.create_index("ix_pin_golden_number", "pin", ["golden_number"], unique=False)
    op.create_index("ix_pin_group_id", "pin", ["group_id"], unique=False)
    op.create_table(
        "dead_letter",
        sa.Column("subscriber", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("event_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="What the subscriber answered: a status, a broken connection"),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["outbox.event_id"], name="fk_dead_letter_event_id"),
        sa.ForeignKeyConstraint(["subscriber"], ["subscriber.name"], name="fk_dead_letter_subscriber"),
        sa.PrimaryKeyConstraint("subscriber", "event_id", name="pk_dead_letter"),
        comment="Events that a subscriber would not take",
    )
    op.create_table(
        "renamed_record",
        sa.Column("new_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("old_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "run",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="The run that found it; it counts once that run's source is live",
        ),
        sa.Column("probability", sa.Double(), nullable=False, comment="Match probability of the two"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('applied', 'asked', 'refused')", name="ck_renamed_record_state"),
        sa.ForeignKeyConstraint(["new_id"], ["record.record_id"], name="fk_renamed_record_new_id"),
        sa.ForeignKeyConstraint(["old_id"], ["record.record_id"], name="fk_renamed_record_old_id"),
        sa.PrimaryKeyConstraint("new_id", "run", name="pk_renamed_record"),
        comment="The same customer under a new key of the same source",
    )
    op.create_index("ix_renamed_record_old_id", "renamed_record", ["old_id"], unique=False)
    op.create_index("ix_renamed_record_run", "renamed_record", ["run"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column(
            "hash", sa.LargeBinary(), autoincrement=False, nullable=False, comment="32 bytes: HMAC-SHA256 with the key from the environment"
        ),
        sa.Column("golden_number", NUMBER, autoincrement=False, nullable=False),
        sa.CheckConstraint("kind IN ('record', 'trait', 'person', 'identity', 'key')", name="ck_suppression_kind"),
        sa.ForeignKeyConstraint(["golden_number"], ["erasure.golden_number"], name="fk_suppression_golden_number"),
        sa.PrimaryKeyConstraint("kind", "hash", "golden_number", name="pk_suppression"),
        comment="By what an erased customer is known when they come with the next load",
    )
    op.create_index("ix_suppression_golden_number", "suppression", ["golden_number"], unique=False)


def downgrade() -> None:
    for table in NEW:
        op.drop_table(table)
    for table, column in EXTENDED:
        op.drop_column(table, column)
    op.execute("DELETE FROM identity_event WHERE kind = 'erased'")
    _widen_events(KINDS)
    op.drop_table("outbox")
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
    op.create_index("ix_outbox_run", "outbox", ["run"])
