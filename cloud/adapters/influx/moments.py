"""Whether a moment of a series is free: InfluxDB keeps one reading per moment, so another one has to make way.

InfluxDB is asked for the next reading from a moment on; what lies before that one is free, and need not be asked for
again. A logger's weeks, which go from the oldest on into a series that has newer readings, cost one question that way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.adapters.influx.reader import FieldTypes, InfluxReader
from cloud.core.series import SeriesKey
from gateway.messages import Value


@dataclass(frozen=True, slots=True)
class Gap:
    """start <= moment < end holds no reading."""

    start_ms: int
    end_ms: int


class FreeMoments:
    """Remembers one gap of each series; only right for the one process that writes the series."""

    def __init__(self, reader: InfluxReader) -> None:
        self._reader = reader
        self._gaps: dict[SeriesKey, Gap] = {}

    def is_free(self, key: SeriesKey, at_ms: int, end_ms: int, planned: dict[int, Value], types: FieldTypes) -> bool:
        """Whether nothing stands there.

        `planned` are moments that are to be written and not yet sent; what InfluxDB has at `at_ms` is added to them.
        The series has no reading at or after `end_ms`.
        """
        if at_ms in planned:
            return False
        gap = self._gaps.get(key)
        if gap is None or not gap.start_ms <= at_ms < gap.end_ms:
            following = self._reader.first(key, at_ms, end_ms, types)
            if following is not None and following.measured_ms == at_ms:
                planned[at_ms] = following.value
                return False
            next_ms = end_ms if following is None else following.measured_ms
            self._gaps[key] = Gap(at_ms, _end(planned, at_ms, next_ms))
        return True

    def take(self, key: SeriesKey, at_ms: int) -> None:
        """Something is about to be written there: from now on the gap begins after it."""
        gap = self._gaps.get(key)
        if gap is not None and gap.start_ms <= at_ms < gap.end_ms:
            self._gaps[key] = Gap(at_ms + 1, gap.end_ms)


def _end(planned: Mapping[int, Value], at_ms: int, next_ms: int) -> int:
    """Where a gap ends that InfluxDB knows to reach to `next_ms`, but in which something is planned."""
    return min((moment for moment in planned if at_ms < moment < next_ms), default=next_ms)
