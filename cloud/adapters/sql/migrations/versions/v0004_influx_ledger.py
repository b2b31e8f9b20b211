"""What the InfluxDB store keeps in SQL."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = (
    "series_fate",
    "series_field",
    "series_ledger",
    "series_newest",
    "series_stream",
    "series_under_way",
)


def upgrade() -> None:
    _series_fate()
    _series_field()
    _series_ledger()
    _series_newest()
    _series_stream()
    _series_under_way()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _series_fate() -> None:
    op.create_table(
        "series_fate",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("readings", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("stream", "fate", name="pk_series_fate"),
    )


def _series_field() -> None:
    op.create_table(
        "series_field",
        sa.Column("measurement", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("measurement", "field", name="pk_series_field"),
    )


def _series_ledger() -> None:
    op.create_table(
        "series_ledger",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("stream", "first", name="pk_series_ledger"),
    )


def _series_newest() -> None:
    op.create_table(
        "series_newest",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False),
        sa.Column("sample", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "device", "point", name="pk_series_newest"),
    )


def _series_stream() -> None:
    op.create_table(
        "series_stream",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_series_stream"),
    )


def _series_under_way() -> None:
    op.create_table(
        "series_under_way",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("spool", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("shifts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "spool", name="pk_series_under_way"),
    )
