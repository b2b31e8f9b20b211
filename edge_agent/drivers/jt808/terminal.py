"""One installed terminal over all its connections: position reports become readings and events of the vehicle."""

from __future__ import annotations

from decimal import Decimal

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.fix import Fix, FixGate, without_location
from edge_agent.drivers.jt808.alarms import AlarmEdges
from edge_agent.drivers.jt808.gcj02 import to_wgs84
from edge_agent.drivers.jt808.position import AreaCrossing, Position, read_position
from edge_agent.drivers.report import Heard, event_id, not_ahead, readings_of
from gateway.messages import DeviceEvent

AREA_CROSSED = "area_crossed"


class Terminal:
    """What is known of a vehicle; coordinates leave here as WGS-84."""

    def __init__(self, installed: InstalledDevice) -> None:
        self.installed = installed
        self._gate = FixGate([installed.id])
        self._edges = AlarmEdges()
        self._crossing: AreaCrossing | None = None
        self._left_out = 0

    @property
    def id(self) -> str:
        return self.installed.id

    def doubt(self, left_out: int) -> None:
        """Once more rows were left out (Intake.left_out) nothing is known to be kept: a report told again is new."""
        if left_out != self._left_out:
            self._left_out = left_out
            self._gate, self._edges, self._crossing = FixGate([self.id]), AlarmEdges(), None

    def report(self, body: bytes, now_ms: int) -> Heard:
        """What one position report says, however late it comes; ContractError for a body that is none."""
        position = read_position(body)
        lat, lon = self._in_wgs84(position)
        fix = Fix(lat, lon, position.measured_ms, is_valid=position.is_fixed)
        verdict = self._gate.judge(self.id, fix, now_ms)
        told_ms = now_ms if position.measured_ms is None else position.measured_ms
        occurred_ms = not_ahead(told_ms, now_ms)
        events = (*verdict.events, *self._events(position, told_ms, occurred_ms, lat, lon))
        if verdict.is_repeat or occurred_ms != told_ms or position.measured_ms is None:
            return Heard(self.id, events=events, is_alive=True)
        message = {**position.fields, "lat": lat, "lon": lon}
        readings = tuple(readings_of(self.installed, message, told_ms))
        return Heard(self.id, without_location(readings) if verdict.reason else readings, events, is_alive=True)

    def _events(
        self, position: Position, told_ms: int, occurred_ms: int, lat: Decimal, lon: Decimal
    ) -> list[DeviceEvent]:
        begun = self._edges.begun(occurred_ms, position.alarms)
        place = {"lat": float(lat), "lon": float(lon)} if position.is_fixed else {"lat": None, "lon": None}
        events = []
        crossing, before = position.crossing, self._crossing
        self._crossing = crossing
        if crossing is not None:
            if AREA_CROSSED in begun or crossing != before:
                facts = {"event": "leave" if crossing.is_leaving else "enter", "region": str(crossing.area), **place}
                identity = event_id("transition", self.id, told_ms, *facts.values())
                events.append(DeviceEvent(identity, "vehicle.transition", self.id, occurred_ms, facts))
            begun = [code for code in begun if code != AREA_CROSSED]
        for code in begun:
            identity = event_id("alarm", self.id, told_ms, code)
            events.append(DeviceEvent(identity, "vehicle.alarm", self.id, occurred_ms, {"alarm": code, **place}))
        return events

    def _in_wgs84(self, position: Position) -> tuple[Decimal, Decimal]:
        if self.installed.profile.datum == "wgs84":
            return position.lat, position.lon
        lat, lon = to_wgs84(float(position.lat), float(position.lon))
        return round(Decimal(lat), 6), round(Decimal(lon), 6)
