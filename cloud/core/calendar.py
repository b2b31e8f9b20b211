"""Local days of the institutions: China keeps one time, UTC+8, all year."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from foundation.clock import to_ms

# A fixed offset needs no time-zone database; there has been no daylight saving time since 1991.
LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")


def to_local(ms: int) -> datetime:
    """Aware local time of UTC milliseconds."""
    return datetime.fromtimestamp(ms / 1000, tz=LOCAL)


def local_day(ms: int) -> date:
    """The local day that UTC milliseconds fall in."""
    return to_local(ms).date()


def day_start_ms(day: date) -> int:
    """UTC milliseconds of local midnight at the start of `day`."""
    return to_ms(datetime.combine(day, time(), tzinfo=LOCAL))


def day_bounds_ms(day: date) -> tuple[int, int]:
    """Start and end (exclusive) of a local day."""
    return day_start_ms(day), day_start_ms(day + timedelta(days=1))
