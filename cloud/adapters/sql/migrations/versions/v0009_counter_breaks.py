"""What is noted of counters beside their registers, and births with other parameters than the one before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "counter_break",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.BigInteger(), nullable=True),
        sa.Column("initial", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.Column("known_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("known_to_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_counter_break"),
    )
    op.create_index("ix_counter_break_institution_id", "counter_break", ["institution_id"])
    op.create_index("ix_counter_break_source", "counter_break", ["source", "known_to_ms"])
    op.create_index("ix_counter_break_known_to_ms", "counter_break", ["known_to_ms", "is_booked"])
    op.create_table(
        "param_change",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_param_change"),
    )
    op.create_index("ix_param_change_institution_id", "param_change", ["institution_id"])


def downgrade() -> None:
    op.drop_table("param_change")
    op.drop_table("counter_break")
