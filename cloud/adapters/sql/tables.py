"""The relational schema. Every business row carries institution_id; times are UTC milliseconds.

A change here needs a migration in `migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from cloud.core.command_record import CommandState
from cloud.core.threshold import BreachState

METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    },
)

WITHOUT_INSTITUTION = frozenset(
    {
        "account",
        "account_token",
        "counter",
        "event_cursor",
        "ingest_lease",
        "ingest_standby",
        "series_fate",
        "series_field",
        "series_ledger",
        "series_newest",
        "series_stream",
        "series_under_way",
        "series_upkeep",
    }
)
"""Tables of the program itself, not of one institution."""


def enum_type(kind: type[StrEnum]) -> sa.Enum:
    """A StrEnum kept as its value in a text column."""
    return sa.Enum(kind, native_enum=False, length=40, values_callable=lambda members: [one.value for one in members])


def text(name: str, **options: Any) -> sa.Column[str]:
    """A text that is always given; without a length, so that no message can be too long for one engine only."""
    return sa.Column(name, sa.Text, nullable=False, **options)


def row_id() -> sa.Column[int]:
    """A number given by the database; SQLite numbers only INTEGER keys by itself."""
    return sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def milliseconds(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _institution_id(**options: Any) -> sa.Column[str]:
    return text("institution_id", **options)


edge_node = sa.Table(
    "edge_node",
    METADATA,
    text("group_id", primary_key=True),
    text("node", primary_key=True),
    _institution_id(index=True),
    text("nonce"),
    sa.Column("is_online", sa.Boolean, nullable=False),
    milliseconds("changed_ms"),
    sa.Column("is_lossy", sa.Boolean, nullable=False, server_default=sa.false()),
)

device = sa.Table(
    "device",
    METADATA,
    text("group_id", primary_key=True),
    text("device", primary_key=True),
    _institution_id(index=True),
    text("node"),
    text("nonce"),
    sa.Column("is_alive", sa.Boolean, nullable=False),
    milliseconds("changed_ms"),
    sa.Column("properties", sa.JSON, nullable=False),
)

point = sa.Table(
    "point",
    METADATA,
    text("group_id", primary_key=True),
    text("device", primary_key=True),
    text("name", primary_key=True),
    _institution_id(index=True),
    sa.Column("place", sa.Integer, nullable=False),
    text("datatype"),
    text("unit"),
    text("kind"),
    sa.Column("writable", sa.Boolean, nullable=False),
)

event_log = sa.Table(
    "event_log",
    METADATA,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    text("event_id", unique=True),
    _institution_id(),
    text("kind"),
    text("department"),
    sa.Column("severity", sa.Integer, nullable=False),
    text("subject"),
    milliseconds("occurred_ms"),
    milliseconds("received_ms"),
    sa.Column("is_late", sa.Boolean, nullable=False),
    sa.Column("is_restricted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Index("ix_event_log_institution_id_position", "institution_id", "position"),
)

event_cursor = sa.Table(
    "event_cursor",
    METADATA,
    text("consumer", primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)

counter = sa.Table(
    "counter",
    METADATA,
    text("name", primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

command = sa.Table(
    "command",
    METADATA,
    text("command_id", primary_key=True),
    _institution_id(),
    text("group_id"),
    text("node"),
    sa.Column("state", enum_type(CommandState), nullable=False, index=True),
    milliseconds("proposed_ms"),
    milliseconds("decided_ms", nullable=True),
    milliseconds("sent_ms", nullable=True),
    sa.Column("approved_by", sa.Text),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("command", sa.JSON(none_as_null=True)),
    sa.Column("receipt", sa.JSON(none_as_null=True)),
    sa.Index("ix_command_institution_id_proposed_ms", "institution_id", "proposed_ms"),
)

threshold = sa.Table(
    "threshold",
    METADATA,
    text("threshold_id", primary_key=True),
    _institution_id(index=True),
    text("name"),
    text("group_id"),
    text("device"),
    text("point"),
    sa.Column("limit", sa.Double, nullable=False),
    sa.Column("hysteresis", sa.Double, nullable=False),
    sa.Column("window_s", sa.Double, nullable=False),
    sa.Column("hold_s", sa.Double, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("actions", sa.JSON, nullable=False),
    text("changed_by"),
    milliseconds("changed_ms"),
)

breach = sa.Table(
    "breach",
    METADATA,
    text("breach_id", primary_key=True),
    text("threshold_id"),
    _institution_id(),
    milliseconds("opened_ms"),
    milliseconds("closed_ms", nullable=True),
    sa.Column("limit", sa.Double, nullable=False),
    sa.Column("peak", sa.Double, nullable=False),
    sa.Column("state", enum_type(BreachState), nullable=False),
    sa.Column("is_late", sa.Boolean, nullable=False),
    sa.Column("command_ids", sa.JSON, nullable=False),
    sa.Index("ix_breach_institution_id_opened_ms", "institution_id", "opened_ms"),
)

quarantine = sa.Table(
    "quarantine",
    METADATA,
    row_id(),
    _institution_id(index=True),
    text("topic"),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    text("reason"),
    milliseconds("at_ms"),
    text("stream"),
    sa.Column("spool", sa.BigInteger, nullable=False),
    sa.Index("ix_quarantine_stream_spool", "stream", "spool"),
)

account_token = sa.Table(
    "account_token",
    METADATA,
    text("digest", primary_key=True),
    text("principal", index=True),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("institution_ids", sa.JSON, nullable=False),
    sa.Column("department", sa.Text),
    milliseconds("granted_ms"),
    milliseconds("expires_ms", nullable=True),
    milliseconds("withdrawn_ms", nullable=True),
)

account = sa.Table(
    "account",
    METADATA,
    text("name", primary_key=True),
    text("digest"),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("institution_ids", sa.JSON, nullable=False),
    sa.Column("department", sa.Text),
    sa.Column("wrong", sa.Integer, nullable=False),
    milliseconds("wrong_ms"),
    milliseconds("changed_ms"),
    milliseconds("removed_ms", nullable=True),
)

audit_trail = sa.Table(
    "audit_trail",
    METADATA,
    row_id(),
    _institution_id(index=True),
    text("actor"),
    text("action"),
    text("subject"),
    sa.Column("detail", sa.JSON, nullable=False),
    milliseconds("at_ms"),
)

energy_interval = sa.Table(
    "energy_interval",
    METADATA,
    row_id(),
    _institution_id(index=True),
    text("group_id"),
    text("device"),
    text("point"),
    milliseconds("start_ms"),
    milliseconds("end_ms"),
    sa.Column("delta", sa.BigInteger, nullable=False),
    sa.Column("is_estimated", sa.Boolean, nullable=False),
    milliseconds("known_from_ms"),
    # 0 while it is the current version: an index finds equality, not the absence of a value.
    milliseconds("known_to_ms"),
    text("reason", server_default="first"),
    sa.Index("ix_energy_interval_series", "group_id", "device", "point", "known_to_ms", "start_ms"),
)

energy_day = sa.Table(
    "energy_day",
    METADATA,
    text("group_id", primary_key=True),
    text("device", primary_key=True),
    text("point", primary_key=True),
    # Start of the local day.
    sa.Column("day_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    _institution_id(index=True),
    sa.Column("delta", sa.BigInteger, nullable=False),
    sa.Column("estimated", sa.BigInteger, nullable=False),
    sa.Column("covered_ms", sa.BigInteger, nullable=False),
    sa.Column("estimated_ms", sa.BigInteger, nullable=False),
)

setting = sa.Table(
    "setting",
    METADATA,
    _institution_id(primary_key=True),
    text("name", primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)
