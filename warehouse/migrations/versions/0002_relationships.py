"""Relationships say what the two have in common; clusters that are related are kept beside the scored pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "relationship",
        sa.Column("shared", sa.Text(), nullable=True, comment="What they have in common, separated by commas: family_name,address,phone"),
    )
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


def downgrade() -> None:
    op.drop_table("related_cluster")
    # The consumers' view of relationships leans on the column; it is made again when a project is next opened.
    for view in op.get_bind().scalars(sa.text("SELECT name FROM consumer_view ORDER BY position DESC")).all():
        op.execute(f'DROP VIEW IF EXISTS "{view}"')
    op.execute("DELETE FROM consumer_view")
    op.drop_column("relationship", "shared")
