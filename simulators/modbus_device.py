"""One Modbus unit: a profile's registers filled by a device model, with the faults that real units have."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from device_profiles.profile import Point, Profile, Table
from foundation.clock import Clock
from foundation.rng import Rng
from simulators.devices import DeviceModel
from simulators.register_map import Image, RegisterMap
from simulators.words import Content, decode, value_of

CACHE_MS = 200
KEPT_REQUESTS = 10_000

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE, NO_SUCH_UNIT = 1, 2, 3, 4, 11
"""Modbus exception codes."""


class FaultKind(StrEnum):
    """What can be wrong with a unit."""

    DEAD = "dead"
    FROZEN = "frozen"
    NOISE = "noise"
    OFFSET = "offset"
    REFUSES = "refuses"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its size: relative for noise, base units for offset, seconds for slow, exception code for refuses.

    Noise and offset touch `points`, or all gauges; `only` limits a refusal to reads or writes.
    """

    kind: FaultKind
    amount: float = 0.0
    points: tuple[str, ...] = ()
    only: Literal["read", "write"] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request that reached the unit, answered or not."""

    function: int
    address: int
    count: int
    at_ms: int


class ModbusRefusal(Exception):
    """The unit answers with an exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"exception {code}")


class ModbusUnit:
    """Answers block reads and writes; values are worked out when asked, at most every 200 ms."""

    def __init__(
        self,
        profile: Profile,
        model: DeviceModel,
        clock: Clock,
        rng: Rng,
        params: Mapping[str, Decimal] | None = None,
    ) -> None:
        self.profile, self.model = profile, model
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self.request_count = 0
        self._clock, self._rng = clock, rng
        self._map = RegisterMap(profile, params)
        self._faults: dict[FaultKind, Fault] = {}
        self.neighbours: dict[int, int] = {}
        """Words written beside points, by address (a revert time, an enabling word)."""
        self._image: Image = {}
        self._image_ms: int | None = None

    def inject(self, fault: Fault) -> None:
        """Suffer `fault` from now on; one of the same kind is replaced."""
        self._current_image()
        self._faults[fault.kind] = fault

    def heal(self, kind: FaultKind | None = None) -> None:
        """End one kind of fault, or all."""
        for one in [kind] if kind else list(self._faults):
            self._faults.pop(one, None)
        self.touch()

    def touch(self) -> None:
        """Forget cached registers: the model was changed from outside."""
        self._image_ms = None

    @property
    def is_dead(self) -> bool:
        return FaultKind.DEAD in self._faults

    @property
    def delay_s(self) -> float:
        """How late answers are."""
        slow = self._faults.get(FaultKind.SLOW)
        return slow.amount if slow else 0.0

    def note(self, function: int, address: int, count: int) -> None:
        """Keep a request, whatever becomes of it."""
        self.requests.append(Request(function, address, count, self._clock.now_ms()))
        self.request_count += 1

    def read(self, table: Table, address: int, count: int) -> list[int]:
        """Words (or coils as 0 and 1); raises ModbusRefusal."""
        self._refuse("read")
        block = self._map.block(self._current_image(), table, address, count)
        if block is None:
            raise ModbusRefusal(ILLEGAL_ADDRESS)
        return block

    def write(self, table: Table, address: int, words: list[int]) -> None:
        """Set whole writable points; raises ModbusRefusal and then changes nothing."""
        self._refuse("write")
        wanted = self._points_of(table, address, words)
        now_ms = self._clock.now_ms()
        for name, value in wanted:
            self.model.write(name, value, now_ms)
        beside = self._map.neighbours()
        self.neighbours.update({address + at: word for at, word in enumerate(words) if address + at in beside})
        self.touch()

    def _points_of(self, table: Table, address: int, words: list[int]) -> list[tuple[str, float]]:
        wanted: list[tuple[str, float]] = []
        beside = self._map.neighbours() if table == "holding" else set()
        while words:
            if address in beside:
                address, words = address + 1, words[1:]
                continue
            point = self._map.point_at(table, address)
            place = point.register_place if point else None
            if point is None or place is None or place.words > len(words):
                raise ModbusRefusal(ILLEGAL_ADDRESS)
            if self.profile.writable_point(point.name) is None:
                raise ModbusRefusal(ILLEGAL_ADDRESS)
            raw = decode(place.type, words[: place.words], place.byte_order or self.profile.link.byte_order)
            wanted.append((point.name, self._value_written(point, raw)))
            address, words = address + place.words, words[place.words :]
        return wanted

    def _value_written(self, point: Point, raw: int | float) -> float:
        value = value_of(point, Decimal(raw).scaleb(self._map.exponent(point)), self._map.params)
        if point.range is not None:
            low, high = (point.display_unit.to_base(limit) for limit in point.range)
            if not low <= value <= high:
                raise ModbusRefusal(ILLEGAL_VALUE)
        return float(value)

    def _refuse(self, what: Literal["read", "write"]) -> None:
        fault = self._faults.get(FaultKind.REFUSES)
        if fault is not None and fault.only in (None, what):
            raise ModbusRefusal(int(fault.amount) or DEVICE_FAILURE)

    def _current_image(self) -> Image:
        now_ms = self._clock.now_ms()
        fresh = self._image_ms is not None and 0 <= now_ms - self._image_ms < CACHE_MS
        if not fresh and FaultKind.FROZEN not in self._faults:
            self._image = self._map.image(self._disturbed(self.model.values(now_ms)))
            self._image_ms = now_ms
        return self._image

    def _disturbed(self, values: Mapping[str, Content]) -> Mapping[str, Content]:
        noise, offset = self._faults.get(FaultKind.NOISE), self._faults.get(FaultKind.OFFSET)
        if noise is None and offset is None:
            return values
        disturbed = dict(values)
        for name, value in values.items():
            if isinstance(value, str) or not self._is_touched(name):
                continue
            if noise is not None and _concerns(noise, name):
                value = float(value) * (1 + self._rng.uniform(-noise.amount, noise.amount))
            if offset is not None and _concerns(offset, name):
                value = float(value) + offset.amount
            disturbed[name] = value
        return disturbed

    def _is_touched(self, name: str) -> bool:
        named = any(name in fault.points for fault in self._faults.values())
        gauges = {point.name for point in self.profile.points if point.kind == "gauge"}
        return named or name in gauges


def _concerns(fault: Fault, name: str) -> bool:
    return not fault.points or name in fault.points
