"""IntervalBook in SQL: the current version of every interval, and all versions that were once known."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.interval_sums import CURRENT, days, known, sum_days_again, total
from cloud.adapters.sql.rows import institution_of, lock
from cloud.adapters.sql.tables import energy_interval
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyInterval, EnergyTotal, IntervalVersion, Reason, restated_for
from cloud.core.series import SeriesKey

_T = energy_interval.c


class SqlIntervalBook:
    """Fits the port IntervalBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def book(
        self, intervals: Sequence[EnergyInterval], known_from_ms: int, reason: Reason = Reason.LATE_READING
    ) -> int:
        by_series: dict[SeriesKey, list[EnergyInterval]] = defaultdict(list)
        for interval in intervals:
            by_series[interval.key].append(interval)
        with writing(self._engine) as connection:
            # Two bookers at once would both find a place empty and count it twice.
            lock(connection, "energy_interval")
            return sum(_book_series(connection, key, given, known_from_ms, reason) for key, given in by_series.items())

    def watermark(self, key: SeriesKey) -> int | None:
        query = sa.select(sa.func.max(_T.end_ms)).where(known(key, None))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def first(self, keys: Collection[SeriesKey]) -> Mapping[SeriesKey, int]:
        found: dict[SeriesKey, int] = {}
        with reading(self._engine) as connection:
            for key in set(keys):
                start_ms = connection.execute(sa.select(sa.func.min(_T.start_ms)).where(known(key, None))).scalar()
                if start_ms is not None:
                    found[key] = start_ms
        return found

    def between(
        self, key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None = None
    ) -> list[EnergyInterval]:
        query = sa.select(energy_interval).where(known(key, known_at_ms), _T.start_ms >= start_ms, _T.end_ms <= end_ms)
        with reading(self._engine) as connection:
            return [_interval(row) for row in connection.execute(query.order_by(_T.start_ms))]

    def total(
        self, keys: Collection[SeriesKey], start_ms: int, end_ms: int, known_at_ms: int | None = None
    ) -> Mapping[SeriesKey, EnergyTotal]:
        with reading(self._engine) as connection:
            # One by one: an index finds the span of one series, a list of series would be looked for in every row.
            found = {key: total(connection, key, start_ms, end_ms, known_at_ms) for key in set(keys)}
        return {key: one for key, one in found.items() if one is not None}

    def daily(
        self, keys: Collection[SeriesKey], first_day: date, end_day: date, known_at_ms: int | None = None
    ) -> Mapping[SeriesKey, Mapping[date, EnergyTotal]]:
        start_ms, end_ms = day_start_ms(first_day), day_start_ms(end_day)
        with reading(self._engine) as connection:
            found = {key: days(connection, key, start_ms, end_ms, known_at_ms) for key in set(keys)}
        return {key: of_days for key, of_days in found.items() if of_days}

    def versions(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[IntervalVersion]:
        series = sa.and_(_T.group_id == key.group, _T.device == key.device, _T.point == key.point)
        query = sa.select(energy_interval).where(series, _T.start_ms >= start_ms, _T.end_ms <= end_ms)
        with reading(self._engine) as connection:
            return [_version(row) for row in connection.execute(query.order_by(_T.start_ms, _T.row_id))]

    def booked_after(self, position: int, start_ms: int, limit: int) -> tuple[list[EnergyInterval], int]:
        # Bookers take turns, so numbers become visible in their order.
        fresh = sa.and_(_T.row_id > position, _T.known_to_ms == CURRENT, _T.start_ms >= start_ms)
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(energy_interval).where(fresh).order_by(_T.row_id).limit(limit)).all()
        return [_interval(row) for row in rows], rows[-1].row_id if rows else position


def _book_series(
    connection: sa.Connection, key: SeriesKey, given: list[EnergyInterval], known_from_ms: int, reason: Reason
) -> int:
    ordered = sorted(given, key=lambda one: one.start_ms)
    _refuse_unfit(ordered)
    current = connection.execute(
        sa.select(energy_interval).where(
            known(key, None), _T.start_ms < ordered[-1].end_ms, _T.end_ms > ordered[0].start_ms
        )
    ).all()
    booked = {_interval(row): row.row_id for row in current}
    fresh = [interval for interval in ordered if interval not in booked]
    replaced = _replaced(sorted(booked, key=lambda one: one.start_ms), fresh)
    for one in {one for superseded in replaced.values() for one in superseded}:
        mine = _T.row_id == booked[one]
        connection.execute(sa.update(energy_interval).where(mine).values(known_to_ms=known_from_ms))
    if fresh:
        institution_id = institution_of(connection, key.group)
        rows = [
            _values(one, institution_id, known_from_ms) | {"reason": restated_for(reason, one, replaced[one])}
            for one in fresh
        ]
        connection.execute(sa.insert(energy_interval), rows)
        sum_days_again(connection, key, fresh[0].start_ms, fresh[-1].end_ms, institution_id)
    return len(fresh)


def _replaced(
    booked: Sequence[EnergyInterval], fresh: Sequence[EnergyInterval]
) -> dict[EnergyInterval, list[EnergyInterval]]:
    """Which current intervals each new one replaces; both are in time order. One replaced in part: ValueError."""
    starts = [one.start_ms for one in fresh]
    replaced: dict[EnergyInterval, list[EnergyInterval]] = {one: [] for one in fresh}
    for old in booked:
        first = max(bisect_right(starts, old.start_ms) - 1, 0)
        cover = [one for one in fresh[first : bisect_left(starts, old.end_ms)] if one.end_ms > old.start_ms]
        if cover and not _covers(cover, old):
            raise ValueError(f"{old} would be replaced only in part")
        for one in cover:
            replaced[one].append(old)
    return replaced


def _covers(fresh: Sequence[EnergyInterval], old: EnergyInterval) -> bool:
    reached = old.start_ms
    for interval in fresh:
        if interval.start_ms <= reached < interval.end_ms:
            reached = interval.end_ms
    return reached >= old.end_ms


def _refuse_unfit(ordered: list[EnergyInterval]) -> None:
    for one in ordered:
        if one.end_ms <= one.start_ms:
            raise ValueError(f"{one} is empty")
        if local_day(one.start_ms) != local_day(one.end_ms - 1):
            raise ValueError(f"{one} lies in two local days")
    for earlier, later in pairwise(ordered):
        if later.start_ms < earlier.end_ms:
            raise ValueError(f"{earlier} and {later} overlap")


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
        "known_to_ms": CURRENT,
    }


def _interval(row: sa.Row[Any]) -> EnergyInterval:
    return EnergyInterval(row.group_id, row.device, row.point, row.start_ms, row.end_ms, row.delta, row.is_estimated)


def _version(row: sa.Row[Any]) -> IntervalVersion:
    known_to_ms = None if row.known_to_ms == CURRENT else row.known_to_ms
    return IntervalVersion(_interval(row), row.known_from_ms, known_to_ms, Reason(row.reason))
