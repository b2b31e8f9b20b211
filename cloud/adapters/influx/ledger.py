"""The SQL side of the InfluxDB store: which rows are booked, which writes are under way, what each series stands at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from cloud.adapters.influx.tables import fate, field_type, ledger, newest, stream, under_way
from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import upsert_all
from cloud.core.series import Sample, SeriesKey, StreamRow
from gateway.messages import Quality
from gateway.stream import RangeSet

RowId = tuple[str, int]
"""Stream and row number."""

Shifts = dict[str, int]
"""Milliseconds by which readings of a row were moved, by `point@measured_ms`."""


@dataclass(slots=True)
class Reach:
    """First and newest moment of a series, and its newest sample."""

    first_ms: int
    last: Sample


@dataclass(slots=True)
class UnderWay:
    """How a row is written: the same tags and shifts again, should it have to be written twice."""

    tags: dict[str, str]
    shifts: Shifts = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """What the ledger knows of a batch: booked rows of its streams, its rows under way, where its devices stand."""

    booked: dict[str, RangeSet]
    under_way: dict[RowId, UnderWay]
    reaches: dict[SeriesKey, Reach]


class InfluxLedger:
    """Fits the store's needs of SQL; every call is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def position(self, of_stream: str) -> RangeSet:
        with reading(self._engine) as connection:
            return RangeSet(sorted(_ranges(connection, of_stream)))

    def known(self, rows: Sequence[StreamRow]) -> Known:
        """All that is to be known before these rows can be written."""
        by_stream = _by_stream(rows)
        with reading(self._engine) as connection:
            return Known(
                booked={name: RangeSet(sorted(_ranges(connection, name))) for name in by_stream},
                under_way=_under_way(connection, by_stream),
                reaches=_reaches(connection, rows),
            )

    def begin(self, plans: Mapping[RowId, UnderWay]) -> None:
        """Note how rows are about to be written; from here on they may be in InfluxDB."""
        rows = [
            {"stream": name, "spool": spool, "tags": plan.tags, "shifts": plan.shifts}
            for (name, spool), plan in plans.items()
        ]
        with writing(self._engine) as connection:
            upsert_all(connection, under_way, rows)

    def book(
        self, rows: Sequence[StreamRow], reaches: Mapping[SeriesKey, Reach], fates: Counter[tuple[str, str]]
    ) -> None:
        """Rows are stored: ledger, newest values, counts by fate, and nothing under way any more."""
        streams = sorted({(row.stream, row.group) for row in rows if row.stream})
        with writing(self._engine) as connection:
            upsert_all(connection, stream, [{"stream": name, "source": source} for name, source in streams])
            for name, spools in sorted(_by_stream(rows).items()):
                _extend(connection, name, spools)
                done = sa.and_(under_way.c.stream == name, under_way.c.spool.in_(spools))
                connection.execute(sa.delete(under_way).where(done))
            upsert_all(connection, newest, [_key(key) | _reach_values(reach) for key, reach in reaches.items()])
            for (name, what), amount in sorted(fates.items()):
                if amount:
                    _add_fate(connection, name, what, amount)

    def last(self, group: str, devices: Collection[str] | None) -> dict[SeriesKey, Sample]:
        query = sa.select(newest).where(newest.c.group_id == group)
        if devices is not None:
            query = query.where(newest.c.device.in_(sorted(devices)))
        with reading(self._engine) as connection:
            return {_series_key(row): _reach(row).last for row in connection.execute(query)}

    def field_types(self) -> dict[tuple[str, str], str]:
        with reading(self._engine) as connection:
            return {(row.measurement, row.field): row.type for row in connection.execute(sa.select(field_type))}

    def declare(self, types: Mapping[tuple[str, str], str]) -> None:
        """Fix the type of fields for good; one that another process has fixed before stays as it is."""
        rows = [{"measurement": place, "field": name, "type": kind} for (place, name), kind in types.items()]
        with writing(self._engine) as connection:
            upsert_all(connection, field_type, rows, keep_known=True)

    def fates(self) -> dict[str, int]:
        query = sa.select(fate.c.fate, sa.func.sum(fate.c.readings)).group_by(fate.c.fate)
        with reading(self._engine) as connection:
            return {row[0]: int(row[1]) for row in connection.execute(query)}

    def rows(self) -> int:
        query = sa.select(sa.func.coalesce(sa.func.sum(ledger.c.last - ledger.c.first + 1), 0))
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def streams(self) -> dict[str, str]:
        with reading(self._engine) as connection:
            return {row.stream: row.source for row in connection.execute(sa.select(stream))}


def _by_stream(rows: Iterable[StreamRow]) -> dict[str, list[int]]:
    """Row numbers by stream; rows of foreign edges have none."""
    spools: dict[str, list[int]] = {}
    for row in rows:
        if row.stream:
            spools.setdefault(row.stream, []).append(row.spool)
    return spools


def _ranges(connection: sa.Connection, name: str) -> set[tuple[int, int]]:
    query = sa.select(ledger.c.first, ledger.c.last).where(ledger.c.stream == name)
    return {(row.first, row.last) for row in connection.execute(query)}


def _under_way(connection: sa.Connection, by_stream: Mapping[str, Sequence[int]]) -> dict[RowId, UnderWay]:
    """Rows that were sent before and never booked."""
    found: dict[RowId, UnderWay] = {}
    for name, spools in by_stream.items():
        query = sa.select(under_way).where(under_way.c.stream == name, under_way.c.spool.in_(spools))
        found |= {(row.stream, row.spool): UnderWay(row.tags, row.shifts) for row in connection.execute(query)}
    return found


def _reaches(connection: sa.Connection, rows: Sequence[StreamRow]) -> dict[SeriesKey, Reach]:
    """What the series of these devices stand at; those never written are absent."""
    found: dict[SeriesKey, Reach] = {}
    for group in {row.group for row in rows}:
        devices = sorted({row.device for row in rows if row.group == group})
        query = sa.select(newest).where(newest.c.group_id == group, newest.c.device.in_(devices))
        found |= {_series_key(row): _reach(row) for row in connection.execute(query)}
    return found


def _extend(connection: sa.Connection, name: str, spools: Sequence[int]) -> None:
    known = _ranges(connection, name)
    grown = RangeSet(sorted(known))
    for spool in spools:
        grown.add(spool)
    for first, _ in known - set(grown):
        connection.execute(sa.delete(ledger).where(ledger.c.stream == name, ledger.c.first == first))
    fresh = [{"stream": name, "first": first, "last": last} for first, last in set(grown) - known]
    if fresh:
        connection.execute(sa.insert(ledger), fresh)


def _add_fate(connection: sa.Connection, name: str, what: str, amount: int) -> None:
    mine = sa.and_(fate.c.stream == name, fate.c.fate == what)
    if not connection.execute(sa.update(fate).where(mine).values(readings=fate.c.readings + amount)).rowcount:
        connection.execute(sa.insert(fate).values(stream=name, fate=what, readings=amount))


def _key(key: SeriesKey) -> dict[str, Any]:
    return {"group_id": key.group, "device": key.device, "point": key.point}


def _series_key(row: sa.Row[Any]) -> SeriesKey:
    return SeriesKey(row.group_id, row.device, row.point)


def _reach_values(reach: Reach) -> dict[str, Any]:
    last = reach.last
    sample = {"value": last.value, "quality": int(last.quality)}
    return {"first_ms": reach.first_ms, "ms": last.measured_ms, "sample": sample}


def _reach(row: sa.Row[Any]) -> Reach:
    return Reach(row.first_ms, Sample(row.ms, row.sample["value"], Quality(row.sample["quality"])))
