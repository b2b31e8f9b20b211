"""IntervalBook in SQL: the current version of every interval, and all versions that were once known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import institution_of, lock
from cloud.adapters.sql.tables import energy_interval
from cloud.core.energy_interval import EnergyInterval, EnergyTotal
from cloud.core.series import SeriesKey

_T = energy_interval.c
_CURRENT = 0


class SqlIntervalBook:
    """Fits the port IntervalBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def book(self, intervals: Sequence[EnergyInterval], known_from_ms: int) -> int:
        by_series: dict[SeriesKey, list[EnergyInterval]] = defaultdict(list)
        for interval in intervals:
            by_series[interval.key].append(interval)
        with writing(self._engine) as connection:
            # Two bookers at once would both find a place empty and count it twice.
            lock(connection, "energy_interval")
            return sum(_book_series(connection, key, given, known_from_ms) for key, given in by_series.items())

    def watermark(self, key: SeriesKey) -> int | None:
        query = sa.select(sa.func.max(_T.end_ms)).where(_current(key))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def first(self, keys: Collection[SeriesKey]) -> Mapping[SeriesKey, int]:
        found: dict[SeriesKey, int] = {}
        with reading(self._engine) as connection:
            for key in set(keys):
                start_ms = connection.execute(sa.select(sa.func.min(_T.start_ms)).where(_current(key))).scalar()
                if start_ms is not None:
                    found[key] = start_ms
        return found

    def between(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[EnergyInterval]:
        query = sa.select(energy_interval).where(_current(key), _T.start_ms >= start_ms, _T.end_ms <= end_ms)
        with reading(self._engine) as connection:
            return [_interval(row) for row in connection.execute(query.order_by(_T.start_ms))]

    def total(self, keys: Collection[SeriesKey], start_ms: int, end_ms: int) -> Mapping[SeriesKey, EnergyTotal]:
        totals: dict[SeriesKey, EnergyTotal] = {}
        with reading(self._engine) as connection:
            # One by one: an index finds the span of one series, a list of series would be looked for in every row.
            for key in set(keys):
                row = connection.execute(_sums(key, start_ms, end_ms)).one()
                if row.delta is not None:
                    totals[key] = EnergyTotal(*(int(value) for value in row))
        return totals

    def booked_after(self, position: int, start_ms: int, limit: int) -> tuple[list[EnergyInterval], int]:
        # Bookers take turns, so numbers become visible in their order.
        fresh = sa.and_(_T.row_id > position, _T.known_to_ms == _CURRENT, _T.start_ms >= start_ms)
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(energy_interval).where(fresh).order_by(_T.row_id).limit(limit)).all()
        return [_interval(row) for row in rows], rows[-1].row_id if rows else position


def _book_series(connection: sa.Connection, key: SeriesKey, given: list[EnergyInterval], known_from_ms: int) -> int:
    ordered = sorted(given, key=lambda one: one.start_ms)
    _refuse_overlap(ordered)
    current = connection.execute(
        sa.select(energy_interval).where(
            _current(key), _T.start_ms < ordered[-1].end_ms, _T.end_ms > ordered[0].start_ms
        )
    ).all()
    known = {_interval(row): row.row_id for row in current}
    fresh = [interval for interval in ordered if interval not in known]
    superseded = [one for one in known if any(_overlap(one, interval) for interval in fresh)]
    for one in superseded:
        _require_covered(one, fresh)
    for one in superseded:
        mine = _T.row_id == known[one]
        connection.execute(sa.update(energy_interval).where(mine).values(known_to_ms=known_from_ms))
    if fresh:
        institution_id = institution_of(connection, key.group)
        rows = [_values(interval, institution_id, known_from_ms) for interval in fresh]
        connection.execute(sa.insert(energy_interval), rows)
    return len(fresh)


def _refuse_overlap(ordered: list[EnergyInterval]) -> None:
    for one in ordered:
        if one.end_ms <= one.start_ms:
            raise ValueError(f"{one} is empty")
    for earlier, later in pairwise(ordered):
        if later.start_ms < earlier.end_ms:
            raise ValueError(f"{earlier} and {later} overlap")


def _overlap(one: EnergyInterval, other: EnergyInterval) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms


def _require_covered(old: EnergyInterval, fresh: list[EnergyInterval]) -> None:
    reached = old.start_ms
    for interval in fresh:
        if interval.start_ms <= reached < interval.end_ms:
            reached = interval.end_ms
    if reached < old.end_ms:
        raise ValueError(f"{old} would be replaced only in part")


def _current(key: SeriesKey) -> sa.ColumnElement[bool]:
    series = sa.and_(_T.group_id == key.group, _T.device == key.device, _T.point == key.point)
    return sa.and_(series, _T.known_to_ms == _CURRENT)


def _sums(key: SeriesKey, start_ms: int, end_ms: int) -> sa.Select[Any]:
    """Its columns are the fields of EnergyTotal; all null without any interval."""
    length_ms = _T.end_ms - _T.start_ms
    return sa.select(
        sa.func.sum(_T.delta).label("delta"),
        sa.func.sum(sa.case((_T.is_estimated, _T.delta), else_=0)),
        sa.func.sum(length_ms),
        sa.func.sum(sa.case((_T.is_estimated, length_ms), else_=0)),
    ).where(_current(key), _T.start_ms >= start_ms, _T.start_ms < end_ms, _T.end_ms <= end_ms)


def _values(interval: EnergyInterval, institution_id: str, known_from_ms: int) -> dict[str, Any]:
    return {
        "institution_id": institution_id,
        "group_id": interval.group,
        "device": interval.device,
        "point": interval.point,
        "start_ms": interval.start_ms,
        "end_ms": interval.end_ms,
        "delta": interval.delta,
        "is_estimated": interval.is_estimated,
        "known_from_ms": known_from_ms,
        "known_to_ms": _CURRENT,
    }


def _interval(row: sa.Row[Any]) -> EnergyInterval:
    return EnergyInterval(row.group_id, row.device, row.point, row.start_ms, row.end_ms, row.delta, row.is_estimated)
