"""Tables of who ingests."""

from __future__ import annotations

import sqlalchemy as sa

from cloud.adapters.sql.tables import METADATA, milliseconds, text

# PostgreSQL counts a column of a unique index as a key: to change `fence` waits for every transaction that has
# looked at it FOR KEY SHARE, to renew `until_ms` does not.
ingest_lease = sa.Table(
    "ingest_lease",
    METADATA,
    text("host_id", primary_key=True),
    sa.Column("fence", sa.BigInteger, nullable=False, unique=True),
    sa.Column("groups", sa.JSON, nullable=False),
    text("holder"),
    text("process"),
    text("store"),
    text("key"),
    milliseconds("since_ms"),
    milliseconds("until_ms"),
    milliseconds("state_ms"),
)

ingest_standby = sa.Table(
    "ingest_standby",
    METADATA,
    text("holder", primary_key=True),
    text("host_id"),
    text("process"),
    milliseconds("until_ms"),
)
