"""BoardFeed on InfluxDB: quarter-hour figures in one bucket, events in another."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.adapters.influx.lines import escape, field_text, joined, prefix
from cloud.adapters.influx.server import InfluxServer
from cloud.core.ports import BoardPoint

EVENT = "event"
_LINES_AT_ONCE = 5_000


class InfluxBoardFeed:
    """Fits the port BoardFeed."""

    def __init__(self, quarters: InfluxServer, events: InfluxServer) -> None:
        self._quarters, self._events = quarters, events

    def publish(self, points: Sequence[BoardPoint]) -> None:
        figures = [_line(one, one.at_ms) for one in points if one.measurement != EVENT]
        # Two events of one moment are two points: the same time in microseconds would make them one.
        events = [_line(one, one.at_ms * 1000 + one.order) for one in points if one.measurement == EVENT]
        for server, lines, precision in ((self._quarters, figures, "ms"), (self._events, events, "us")):
            for start in range(0, len(lines), _LINES_AT_ONCE):
                server.write(joined(lines[start : start + _LINES_AT_ONCE]), precision=precision)


def _line(point: BoardPoint, at: int) -> str:
    fields = ",".join(f"{escape(name)}={field_text(value)}" for name, value in sorted(point.fields.items()))
    return f"{prefix(point.measurement, point.tags)} {fields} {at}"
