"""Who ingests: one primary per host id by a lease, and who stands by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ANSWERED_FOR = ("ingest_lease", "ingest_standby")
"""Whoever ingests enters itself again."""


def upgrade() -> None:
    op.create_table(
        "ingest_lease",
        sa.Column("host_id", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("state_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host_id", name="pk_ingest_lease"),
        sa.UniqueConstraint("fence", name="uq_ingest_lease_fence"),
    )
    op.create_table(
        "ingest_standby",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("host_id", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name="pk_ingest_standby"),
    )


def downgrade() -> None:
    op.drop_table("ingest_standby")
    op.drop_table("ingest_lease")
