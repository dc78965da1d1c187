"""Scored pairs say what rivals for a place in a source without duplicates add to their weight, or take from it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "scored_pair",
        sa.Column("advantage", sa.BigInteger(), nullable=True, comment="What rivals add to the match weight, in millionths of a bit"),
    )


def downgrade() -> None:
    op.drop_column("scored_pair", "advantage")
