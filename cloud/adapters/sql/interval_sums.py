"""Sums of booked intervals in SQL: from the sums of local days where they serve, else from the intervals themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.rows import upsert_all
from cloud.adapters.sql.tables import energy_day, energy_interval
from cloud.core.calendar import day_start_ms, local_day
from cloud.core.energy_interval import EnergyTotal
from cloud.core.period import DAY_MS
from cloud.core.series import SeriesKey

CURRENT = 0
"""The `known_to_ms` of a current version."""

_T, _D = energy_interval.c, energy_day.c
_AHEAD_MS = -day_start_ms(date(1970, 1, 1))
"""How far local time is ahead of UTC: the same on every day, there is no daylight saving time."""


def known(key: SeriesKey, known_at_ms: int | None) -> sa.ColumnElement[bool]:
    """Versions of a series that were current at a known time; None is now."""
    series = sa.and_(_T.group_id == key.group, _T.device == key.device, _T.point == key.point)
    if known_at_ms is None:
        return sa.and_(series, _T.known_to_ms == CURRENT)
    until = sa.or_(_T.known_to_ms == CURRENT, _T.known_to_ms > known_at_ms)
    return sa.and_(series, _T.known_from_ms <= known_at_ms, until)


def total(
    connection: sa.Connection, key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None
) -> EnergyTotal | None:
    """The sum of the intervals wholly within start..end; None without any."""
    first_ms, last_ms = start_ms + -(start_ms + _AHEAD_MS) % DAY_MS, end_ms - (end_ms + _AHEAD_MS) % DAY_MS
    if known_at_ms is not None or first_ms >= last_ms:
        parts = [_of_intervals(connection, key, start_ms, end_ms, known_at_ms)]
    else:
        parts = [_of_intervals(connection, key, *span, None) for span in ((start_ms, first_ms), (last_ms, end_ms))]
        parts.append(_of_days(connection, key, first_ms, last_ms))
    found = [part for part in parts if part is not None]
    return sum(found[1:], start=found[0]) if found else None


def days(
    connection: sa.Connection, key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None
) -> dict[date, EnergyTotal]:
    """Sums of local days that begin within start <= time < end; both are local midnights."""
    if known_at_ms is None:
        query = sa.select(_D.day_ms, _D.delta, _D.estimated, _D.covered_ms, _D.estimated_ms)
        query = query.where(_days_of(key, start_ms, end_ms)).order_by(_D.day_ms)
    else:
        query = _by_day(key, start_ms, end_ms, known_at_ms)
    return {local_day(row[0]): EnergyTotal(*map(int, row[1:])) for row in connection.execute(query)}


def sum_days_again(connection: sa.Connection, key: SeriesKey, start_ms: int, end_ms: int, institution_id: str) -> None:
    """Bring the sums of the local days that start..end touches in line with the current intervals."""
    start_ms -= (start_ms + _AHEAD_MS) % DAY_MS
    end_ms += -(end_ms + _AHEAD_MS) % DAY_MS
    series = {"group_id": key.group, "device": key.device, "point": key.point, "institution_id": institution_id}
    names = ("day_ms", "delta", "estimated", "covered_ms", "estimated_ms")
    rows = connection.execute(_by_day(key, start_ms, end_ms, None)).all()
    upsert_all(connection, energy_day, [series | dict(zip(names, map(int, row), strict=True)) for row in rows])


def _of_intervals(
    connection: sa.Connection, key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None
) -> EnergyTotal | None:
    if start_ms >= end_ms:
        return None
    within = sa.and_(known(key, known_at_ms), _T.start_ms >= start_ms, _T.start_ms < end_ms, _T.end_ms <= end_ms)
    return _total(connection.execute(sa.select(*_sums()).where(within)).one())


def _of_days(connection: sa.Connection, key: SeriesKey, start_ms: int, end_ms: int) -> EnergyTotal | None:
    sums: list[sa.ColumnElement[Any]] = [
        sa.func.sum(column) for column in (_D.delta, _D.estimated, _D.covered_ms, _D.estimated_ms)
    ]
    return _total(connection.execute(sa.select(*sums).where(_days_of(key, start_ms, end_ms))).one())


def _days_of(key: SeriesKey, start_ms: int, end_ms: int) -> sa.ColumnElement[bool]:
    series = sa.and_(_D.group_id == key.group, _D.device == key.device, _D.point == key.point)
    return sa.and_(series, _D.day_ms >= start_ms, _D.day_ms < end_ms)


def _by_day(key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None) -> sa.Select[Any]:
    """Rows of the day's start and the fields of EnergyTotal; an interval lies in one local day."""
    day_ms = _T.start_ms - (_T.start_ms + _AHEAD_MS) % DAY_MS
    within = sa.and_(known(key, known_at_ms), _T.start_ms >= start_ms, _T.start_ms < end_ms)
    # By place: PostgreSQL does not see that two expressions with parameters are the same.
    return sa.select(day_ms, *_sums()).where(within).group_by(sa.text("1")).order_by(sa.text("1"))


def _sums() -> list[sa.ColumnElement[Any]]:
    """The fields of EnergyTotal; all null without any interval."""
    length_ms = _T.end_ms - _T.start_ms
    return [
        sa.func.sum(_T.delta),
        sa.func.sum(sa.case((_T.is_estimated, _T.delta), else_=0)),
        sa.func.sum(length_ms),
        sa.func.sum(sa.case((_T.is_estimated, length_ms), else_=0)),
    ]


def _total(row: sa.Row[Any]) -> EnergyTotal | None:
    return None if row[0] is None else EnergyTotal(*map(int, row))
