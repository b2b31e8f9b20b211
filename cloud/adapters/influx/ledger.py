"""The SQL side of the InfluxDB store: which rows are booked, which writes are under way, what each series stands at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from cloud.adapters.influx.plans import Plan, Plans, drop, load, note
from cloud.adapters.influx.states import SeriesState
from cloud.adapters.influx.tables import fate, field_type, ledger, newest, stream
from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import add_all, chunks, upsert_all
from cloud.core.series import Sample, SeriesKey, StreamRow
from gateway.messages import Quality
from gateway.stream import RangeSet

Reach = tuple[SeriesKey, int, Sample]
"""First moment and newest sample of a series."""


@dataclass(slots=True)
class Known:
    """What the ledger knows of the streams of a batch: rows booked, and rows sent and never booked."""

    booked: dict[str, RangeSet]
    plans: Plans


class InfluxLedger:
    """Fits the store's needs of SQL; every call is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def position(self, of_stream: str) -> RangeSet:
        with reading(self._engine) as connection:
            return _booked(connection, [of_stream])[of_stream]

    def known(self, streams: Collection[str]) -> Known:
        """All that is to be known of streams before rows of them can be written."""
        with reading(self._engine) as connection:
            return Known(_booked(connection, streams), load(connection, streams))

    def reaches(self, devices: Collection[tuple[str, str]]) -> list[Reach]:
        """What the series of these devices stand at; those never written are absent."""
        names: dict[str, list[str]] = {}
        for group, device in sorted(devices):
            names.setdefault(group, []).append(device)
        with reading(self._engine) as connection:
            return [
                (_series_key(row), row.first_ms, _sample(row))
                for group, devices_of_it in names.items()
                for some in chunks(devices_of_it)
                for row in connection.execute(
                    sa.select(newest).where(newest.c.group_id == group, newest.c.device.in_(some))
                )
            ]

    def begin(self, plans: Collection[Plan]) -> None:
        """Note how rows are about to be written; from here on they may be in InfluxDB."""
        with writing(self._engine) as connection:
            note(connection, plans)

    def book(
        self,
        rows: Sequence[StreamRow],
        grown: Mapping[str, tuple[RangeSet, RangeSet]],
        states: Collection[SeriesState],
        fates: Counter[tuple[str, str]],
        done: Collection[Plan],
    ) -> None:
        """Rows are stored: ledger, newest values, counts by fate, and these plans are under way no more.

        `grown` holds what was booked of each stream before and what is now.
        """
        sources = sorted({(row.stream, row.group) for row in rows if row.stream})
        with writing(self._engine) as connection:
            upsert_all(connection, stream, [{"stream": name, "source": source} for name, source in sources])
            _extend(connection, grown)
            drop(connection, done)
            upsert_all(connection, newest, [_newest_row(one) for one in states])
            counted = [
                {"stream": name, "fate": what, "readings": amount} for (name, what), amount in fates.items() if amount
            ]
            add_all(connection, fate, counted, "readings")

    def last(self, group: str, devices: Collection[str] | None) -> dict[SeriesKey, Sample]:
        query = sa.select(newest).where(newest.c.group_id == group)
        if devices is not None:
            query = query.where(newest.c.device.in_(sorted(devices)))
        with reading(self._engine) as connection:
            return {_series_key(row): _sample(row) for row in connection.execute(query)}

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


def _booked(connection: sa.Connection, streams: Collection[str]) -> dict[str, RangeSet]:
    found = {name: RangeSet() for name in streams}
    for some in chunks(list(streams)):
        query = sa.select(ledger).where(ledger.c.stream.in_(some)).order_by(ledger.c.stream, ledger.c.first)
        for row in connection.execute(query):
            found[row.stream].add(row.first, row.last)
    return found


def _extend(connection: sa.Connection, grown: Mapping[str, tuple[RangeSet, RangeSet]]) -> None:
    gone, fresh = [], []
    for name, (before, after) in grown.items():
        known, now = dict(before), dict(after)
        gone += [{"of": name, "from": first} for first in known.keys() - now.keys()]
        fresh += [
            {"stream": name, "first": first, "last": last} for first, last in now.items() if known.get(first) != last
        ]
    if gone:
        mine = sa.and_(ledger.c.stream == sa.bindparam("of"), ledger.c.first == sa.bindparam("from"))
        connection.execute(sa.delete(ledger).where(mine), gone)
    upsert_all(connection, ledger, fresh)


def _series_key(row: sa.Row[Any]) -> SeriesKey:
    return SeriesKey(row.group_id, row.device, row.point)


def _sample(row: sa.Row[Any]) -> Sample:
    return Sample(row.ms, row.sample["value"], Quality(row.sample["quality"]))


def _newest_row(state: SeriesState) -> dict[str, Any]:
    key, sample = state.key, {"value": state.value, "quality": int(state.quality)}
    return {
        "group_id": key.group,
        "device": key.device,
        "point": key.point,
        "first_ms": state.first_ms,
        "ms": state.last_ms,
        "sample": sample,
    }
