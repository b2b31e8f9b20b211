"""Devices, events, commands, thresholds, accounts, intervals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    "account_token",
    "audit_trail",
    "breach",
    "command",
    "counter",
    "device",
    "edge_node",
    "energy_interval",
    "event_cursor",
    "event_log",
    "point",
    "quarantine",
    "setting",
    "threshold",
)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _account_token()
    _audit_trail()
    _breach()
    _command()
    _counter()
    _device()
    _edge_node()
    _energy_interval()
    _event_cursor()
    _event_log()
    _point()
    _quarantine()
    _setting()
    _threshold()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _account_token() -> None:
    op.create_table(
        "account_token",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("institution_ids", sa.JSON(), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("granted_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_account_token"),
    )
    op.create_index("ix_account_token_principal", "account_token", ["principal"])


def _audit_trail() -> None:
    op.create_table(
        "audit_trail",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_audit_trail"),
    )
    op.create_index("ix_audit_trail_institution_id", "audit_trail", ["institution_id"])


def _breach() -> None:
    op.create_table(
        "breach",
        sa.Column("breach_id", sa.Text(), nullable=False),
        sa.Column("threshold_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("limit", sa.Double(), nullable=False),
        sa.Column("peak", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("command_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("breach_id", name="pk_breach"),
    )
    op.create_index("ix_breach_institution_id_opened_ms", "breach", ["institution_id", "opened_ms"])


def _command() -> None:
    op.create_table(
        "command",
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("command", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("receipt", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("command_id", name="pk_command"),
    )
    op.create_index("ix_command_institution_id_proposed_ms", "command", ["institution_id", "proposed_ms"])
    op.create_index("ix_command_state", "command", ["state"])


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )


def _device() -> None:
    op.create_table(
        "device",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("is_alive", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "device", name="pk_device"),
    )
    op.create_index("ix_device_institution_id", "device", ["institution_id"])


def _edge_node() -> None:
    op.create_table(
        "edge_node",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "node", name="pk_edge_node"),
    )
    op.create_index("ix_edge_node_institution_id", "edge_node", ["institution_id"])


def _energy_interval() -> None:
    op.create_table(
        "energy_interval",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("is_estimated", sa.Boolean(), nullable=False),
        sa.Column("known_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("known_to_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_energy_interval"),
    )
    op.create_index("ix_energy_interval_institution_id", "energy_interval", ["institution_id"])
    op.create_index(
        "ix_energy_interval_series", "energy_interval", ["group_id", "device", "point", "known_to_ms", "start_ms"]
    )


def _event_cursor() -> None:
    op.create_table(
        "event_cursor",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_event_cursor"),
    )


def _event_log() -> None:
    op.create_table(
        "event_log",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("occurred_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_event_log"),
        sa.UniqueConstraint("event_id", name="uq_event_log_event_id"),
    )
    op.create_index("ix_event_log_institution_id_position", "event_log", ["institution_id", "position"])


def _point() -> None:
    op.create_table(
        "point",
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("datatype", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "device", "name", name="pk_point"),
    )
    op.create_index("ix_point_institution_id", "point", ["institution_id"])


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("row_id", ROW_ID, nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("spool", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_institution_id", "quarantine", ["institution_id"])
    op.create_index("ix_quarantine_stream_spool", "quarantine", ["stream", "spool"])


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "name", name="pk_setting"),
    )


def _threshold() -> None:
    op.create_table(
        "threshold",
        sa.Column("threshold_id", sa.Text(), nullable=False),
        sa.Column("institution_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("limit", sa.Double(), nullable=False),
        sa.Column("hysteresis", sa.Double(), nullable=False),
        sa.Column("window_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("threshold_id", name="pk_threshold"),
    )
    op.create_index("ix_threshold_institution_id", "threshold", ["institution_id"])
