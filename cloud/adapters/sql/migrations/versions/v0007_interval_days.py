"""Versions of interval energy say why they were booked; the sums of local days stand beside the intervals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# Made again from the intervals on the way up.
ANSWERED_FOR = ("energy_day",)

# A local day begins 28,800,000 ms before that of UTC.
_FILL = """
INSERT INTO energy_day
    (group_id, device, point, day_ms, institution_id, delta, estimated, covered_ms, estimated_ms)
SELECT group_id, device, point, day_ms, MAX(institution_id),
    SUM(delta), SUM(CASE WHEN is_estimated THEN delta ELSE 0 END),
    SUM(length_ms), SUM(CASE WHEN is_estimated THEN length_ms ELSE 0 END)
FROM (
    SELECT group_id, device, point, start_ms - (start_ms + 28800000) % 86400000 AS day_ms, institution_id,
        delta, is_estimated, end_ms - start_ms AS length_ms
    FROM energy_interval WHERE known_to_ms = 0
) AS booked
GROUP BY group_id, device, point, day_ms
"""


def upgrade() -> None:
    # All that is booked counts as a first version: why it was restated nobody kept.
    op.add_column("energy_interval", sa.Column("reason", sa.Text(), server_default="first", nullable=False))
    op.create_table(
        "energy_day",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("day_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.BigInteger(), nullable=False),
        sa.Column("covered_ms", sa.BigInteger(), nullable=False),
        sa.Column("estimated_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "device", "point", "day_ms", name="pk_energy_day"),
    )
    op.create_index("ix_energy_day_institution_id", "energy_day", ["institution_id"])
    op.execute(_FILL)


def downgrade() -> None:
    op.drop_table("energy_day")
    with op.batch_alter_table("energy_interval") as batch:
        batch.drop_column("reason")
