"""What InfluxDB cannot hold, in SQL: the ledger of rows, newest values, field types, and writes under way."""

from __future__ import annotations

import sqlalchemy as sa

from cloud.adapters.sql.tables import METADATA, milliseconds, text


def _number(name: str, *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False, primary_key=primary_key)


stream = sa.Table("series_stream", METADATA, text("stream", primary_key=True), text("source"))

ledger = sa.Table(
    "series_ledger",
    METADATA,
    text("stream", primary_key=True),
    _number("first", primary_key=True),
    _number("last"),
)

fate = sa.Table(
    "series_fate",
    METADATA,
    text("stream", primary_key=True),
    text("fate", primary_key=True),
    _number("readings"),
)

# What one batch is going to write of a stream stands here from before its points are sent until it is booked: `tags`
# by device, and in `shifts` the `rows` that it speaks of and, by row, the readings that are `moved` in time.
under_way = sa.Table(
    "series_under_way",
    METADATA,
    text("stream", primary_key=True),
    _number("spool", primary_key=True),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("shifts", sa.JSON, nullable=False),
)

newest = sa.Table(
    "series_newest",
    METADATA,
    text("group_id", primary_key=True),
    text("device", primary_key=True),
    text("point", primary_key=True),
    milliseconds("first_ms"),
    milliseconds("ms"),
    # An object: SQLite would turn the bare text 1.0 into a whole number.
    sa.Column("sample", sa.JSON, nullable=False),
)

field_type = sa.Table(
    "series_field",
    METADATA,
    text("measurement", primary_key=True),
    text("field", primary_key=True),
    text("type"),
)

# `moments` are the lines of the day from `until_ms` on that are being taken away, with `readings` in them.
upkeep = sa.Table(
    "series_upkeep",
    METADATA,
    text("group_id", primary_key=True),
    text("device", primary_key=True),
    text("measurement", primary_key=True),
    _number("grain_ms", primary_key=True),
    milliseconds("until_ms"),
    _number("readings"),
    sa.Column("moments", sa.JSON, nullable=False),
)
