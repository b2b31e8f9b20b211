"""Whether an edge node sends without waiting for acknowledgements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("edge_node", sa.Column("is_lossy", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("edge_node", "is_lossy")
