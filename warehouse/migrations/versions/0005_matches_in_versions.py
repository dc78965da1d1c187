"""What matching found is kept in versions, so that a run writes only what is other than before.

It is derived: the tables begin empty, and the next run, which finds the code changed, fills them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("cluster_member", "scored_pair", "related_cluster")
ROW = "Names this version of the row"


def upgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    _versioned(
        "cluster_member",
        ["record_id", "from_run"],
        "Which records were held to be one customer (derived)",
        sa.Column("record_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("cluster", sa.BigInteger(), nullable=False, comment="The lowest of the record numbers in it"),
        sa.Column(
            "linkage", sa.Double(), nullable=True, comment="Probability that it belongs with the rest of its cluster; 1 where it is alone"
        ),
    )
    _versioned(
        "scored_pair",
        ["pair_id"],
        "Pairs of records that link or are asked about, and their rivals (derived)",
        sa.Column("pair_id", NUMBER, autoincrement=False, nullable=False, comment=ROW),
        sa.Column("left_id", sa.BigInteger(), nullable=False),
        sa.Column("right_id", sa.BigInteger(), nullable=False),
        sa.Column("match_probability", sa.Double(), nullable=False),
        sa.Column("match_weight", sa.Double(), nullable=False, comment="Bits"),
        sa.Column("related_probability", sa.Double(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("advantage", sa.BigInteger(), nullable=True, comment="What rivals add to the match weight, in millionths of a bit"),
        sa.CheckConstraint("verdict IN ('same', 'different', 'unsure')", name="ck_scored_pair_verdict"),
    )
    op.create_index("ix_scored_pair_left_id", "scored_pair", ["left_id"])
    op.create_index("ix_scored_pair_right_id", "scored_pair", ["right_id"])
    _versioned(
        "related_cluster",
        ["related_id"],
        "Clusters that belong together without being the same customer (derived)",
        sa.Column("related_id", NUMBER, autoincrement=False, nullable=False, comment=ROW),
        sa.Column("left_id", sa.BigInteger(), nullable=False, comment="The lowest of the record numbers of one cluster"),
        sa.Column("right_id", sa.BigInteger(), nullable=False, comment="That of the other"),
        sa.Column("kind", sa.Text(), nullable=False, comment="household, for example"),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("shared", sa.Text(), nullable=False, comment="What they have in common, separated by commas"),
        sa.Column(
            "kept", sa.Boolean(), nullable=False, comment="False where it was the weakest link of a household that would have been too large"
        ),
    )


def _versioned(name: str, in_key: list[str], comment: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *columns,
        sa.Column("from_run", sa.Integer(), autoincrement=False, nullable=False, comment="The first run that sees this version"),
        sa.Column("to_run", sa.Integer(), nullable=False, comment="The first run that no longer sees it; 2147483647 while it holds"),
        sa.CheckConstraint("from_run < to_run", name=f"ck_{name}_span"),
        sa.PrimaryKeyConstraint(*in_key, name=f"pk_{name}"),
        comment=comment,
    )
    op.create_index(f"ix_{name}_from_run", name, ["from_run"], unique=False, postgresql_using="brin")
    ended = sa.text("to_run < 2147483647")
    op.create_index(f"ix_{name}_to_run", name, ["to_run"], unique=False, sqlite_where=ended, postgresql_where=ended)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.create_table(
        "cluster_member",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("cluster", sa.BigInteger(), nullable=False),
        sa.Column("linkage", sa.Double(), nullable=True, comment="The weakest link that holds it in the cluster, in bits"),
        sa.PrimaryKeyConstraint("run", "record_id", name="pk_cluster_member"),
        comment="Which records were held to be one customer (derived)",
    )
    op.create_index("ix_cluster_member_run_cluster", "cluster_member", ["run", "cluster"])
    op.create_table(
        "scored_pair",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("right_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("match_probability", sa.Double(), nullable=False),
        sa.Column("match_weight", sa.Double(), nullable=False, comment="Bits"),
        sa.Column("related_probability", sa.Double(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("advantage", sa.BigInteger(), nullable=True, comment="What rivals add to the match weight, in millionths of a bit"),
        sa.CheckConstraint("verdict IN ('same', 'different', 'unsure')", name="ck_scored_pair_verdict"),
        sa.PrimaryKeyConstraint("run", "left_id", "right_id", name="pk_scored_pair"),
        comment="Pairs of records that link or are asked about (derived)",
    )
    op.create_index("ix_scored_pair_run_right_id", "scored_pair", ["run", "right_id"])
    op.create_table(
        "related_cluster",
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("left_id", NUMBER, autoincrement=False, nullable=False, comment="A record of one cluster"),
        sa.Column("right_id", NUMBER, autoincrement=False, nullable=False, comment="A record of the other"),
        sa.Column("kind", sa.Text(), nullable=False, comment="household, for example"),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("shared", sa.Text(), nullable=False, comment="What they have in common, separated by commas"),
        sa.PrimaryKeyConstraint("run", "left_id", "right_id", name="pk_related_cluster"),
        comment="Clusters that belong together without being the same customer (derived)",
    )
