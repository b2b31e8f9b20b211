"""Local days as numbers: a block of the embedded store holds one series' readings of one of them."""

from __future__ import annotations

from cloud.core.series import DAY_MS, window_offset_ms


def day_of(ms: int) -> int:
    """The local day, counted from 1970-01-01, that UTC milliseconds fall in."""
    return (ms + window_offset_ms(DAY_MS)) // DAY_MS


def start_of(day: int) -> int:
    """UTC milliseconds of local midnight at the start of a day."""
    return day * DAY_MS - window_offset_ms(DAY_MS)
