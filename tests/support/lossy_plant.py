"""An actuator in memory that loses requests and answers, takes some writes late, and remembers what it was asked."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from device_profiles.profile import Profile
from foundation.clock import Clock
from foundation.errors import DeviceRefused, DeviceTimeout, LinkError
from gateway.messages import Value

DEVICE = "plant"
LIMIT, SWITCH, LEVEL = "Power/Limit", "Pump/On", "Level"
LEVEL_RANGE = (10.0, 90.0)
LEVEL_AGE_S = 60
LATE_S = 2.5
"""Less than the edge waits after a write without an answer."""

PROFILE = Profile.model_validate(
    {
        "schema": "xietong.device-profile/1",
        "id": "test.plant",
        "vendor": "Test",
        "models": ["A"],
        "carrier": "electricity",
        "role": "actuator",
        "provenance": [{"source": "none", "checked": "secondary", "confidence": "C"}],
        "points": [{"name": LEVEL, "table": "input", "address": 0, "type": "uint16"}],
        "writable": [
            {
                "name": LIMIT, "table": "holding", "address": 0, "type": "uint32", "unit": "W", "write": "fc16",
                "limits": [0, 1_000], "step": 10, "max_change": 600, "max_change_per_h": 900, "min_interval_s": 5,
                "max_writes_per_h": 12, "verify": {"after_ms": 500}, "safe_value": 100,
            },
            {
                "name": SWITCH, "table": "coil", "address": 0, "type": "bool", "kind": "state", "write": "fc5",
                "limits": [0, 1], "step": 1, "min_on_s": 120, "min_off_s": 60, "verify": {"after_ms": 500},
                "safe_value": 0,
                "interlocks": [
                    {"writes": [1, 1], "needs": LEVEL, "range": list(LEVEL_RANGE), "max_age_s": LEVEL_AGE_S}
                ],
            },
        ],
    }
)  # fmt: skip


class Fault(StrEnum):
    """What happens to one request; KILLED ends the process that asked, before or after the device has acted."""

    NONE = "none"
    LOST = "lost"
    ANSWER_LOST = "answer_lost"
    LATE = "late"
    REFUSED = "refused"
    LINK_DOWN = "link_down"
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"


class Killed(BaseException):
    """SIGKILL: nothing of the edge node runs on."""


@dataclass(frozen=True, slots=True)
class Write:
    """One request to write as it reached the wire; what the device held then, and since when."""

    point: str
    value: float
    before: float
    at_s: float
    wall_ms: int
    switched_s: float


class LossyPlant:
    """PointWriter. `faults` meet the next requests one by one; without one a request is carried out."""

    def __init__(self, clock: Clock, on_read: Callable[[str, str, Value], None]) -> None:
        self._clock, self._on_read = clock, on_read
        self.values: dict[str, float] = {LIMIT: 100.0, SWITCH: 0.0, LEVEL: 50.0}
        self.by_hand: set[str] = set()
        self._changed_s = dict.fromkeys(self.values, -math.inf)
        self.faults: deque[Fault] = deque()
        self.writes: list[Write] = []
        self._late: list[tuple[float, str, float]] = []

    async def write(self, device: str, point: str, value: float, *, until_s: float | None = None) -> None:
        self.take_late()
        fault = self._next()
        _fail_before(fault)
        self.writes.append(
            Write(
                point, value, self.values[point], self._clock.monotonic(), self._clock.now_ms(), self._changed_s[point]
            )
        )
        if fault is Fault.LATE:
            self._late.append((self._clock.monotonic() + LATE_S, point, value))
        elif fault is not Fault.LOST:
            self._take(point, value, self._clock.monotonic())
        _fail_after(fault)

    async def read_back(self, device: str, point: str) -> Value:
        self.take_late()
        fault = self._next()
        _fail_before(fault)
        if fault not in (Fault.NONE, Fault.KILLED_AFTER):
            raise DeviceTimeout(device, 1)
        _fail_after(fault)
        self._on_read(device, point, self.values[point])
        return self.values[point]

    def put(self, point: str, value: float) -> None:
        """Somebody at the panel, or the process itself, makes another value of it."""
        self._take(point, value, self._clock.monotonic())
        self.by_hand.add(point)

    def take_late(self) -> None:
        """Carry out what was delayed long enough."""
        due = [one for one in self._late if one[0] <= self._clock.monotonic()]
        self._late = [one for one in self._late if one not in due]
        for at_s, point, value in due:
            self._take(point, value, at_s)

    def _take(self, point: str, value: float, at_s: float) -> None:
        if value != self.values[point]:
            self._changed_s[point] = at_s
        self.values[point] = value
        self.by_hand.discard(point)

    def _next(self) -> Fault:
        return self.faults.popleft() if self.faults else Fault.NONE


def _fail_before(fault: Fault) -> None:
    if fault is Fault.KILLED_BEFORE:
        raise Killed
    if fault is Fault.LINK_DOWN:
        raise LinkError("connection reset")
    if fault is Fault.REFUSED:
        raise DeviceRefused(DEVICE, 4)


def _fail_after(fault: Fault) -> None:
    if fault is Fault.KILLED_AFTER:
        raise Killed
    if fault in (Fault.LOST, Fault.ANSWER_LOST, Fault.LATE):
        raise DeviceTimeout(DEVICE, 1)
