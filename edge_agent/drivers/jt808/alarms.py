"""Alarm bits of a position report (JT/T 808, message 0200): codes, and which of them have just begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CODES: Mapping[int, str] = {
    0: "sos", 1: "overspeed", 2: "fatigue_driving", 3: "danger_ahead", 4: "gnss_fault", 5: "gps_antenna_cut",
    6: "gps_antenna_cut", 7: "low_power", 8: "power_cut", 9: "device_fault", 10: "device_fault", 11: "device_fault",
    12: "device_fault", 18: "driving_too_long", 19: "parked_too_long", 20: "area_crossed", 21: "route_left",
    23: "route_left", 24: "device_fault", 25: "fuel_anomaly", 26: "theft", 27: "illegal_ignition",
    28: "illegal_movement", 29: "collision", 30: "rollover", 31: "door_opened",
}  # fmt: skip
"""Bits that are told; warnings before an alarm (13, 14) and reserved bits are not."""


def codes_of(bits: int) -> set[str]:
    """The alarms that are on."""
    return {code for bit, code in CODES.items() if bits >> bit & 1}


@dataclass(slots=True)
class _Track:
    """The alarms of the last report in the order of their times."""

    at_ms: int = 0
    codes: frozenset[str] = frozenset()


class AlarmEdges:
    """Of one terminal. Reports that come late are compared with each other, not with the present."""

    def __init__(self) -> None:
        self._present, self._past = _Track(), _Track()

    def begun(self, at_ms: int, bits: int) -> list[str]:
        """Alarms that are on in this report and were off in the one before it; sorted."""
        track = self._present if at_ms >= self._present.at_ms else self._past
        before = track.codes if at_ms >= track.at_ms else frozenset()
        codes = frozenset(codes_of(bits))
        track.at_ms, track.codes = at_ms, codes
        return sorted(codes - before)
