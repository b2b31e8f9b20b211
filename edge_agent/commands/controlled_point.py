"""What the edge knows of one writable point while it runs: who holds it, what is in the device, what is still open."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from device_profiles.profile import WritablePoint
from edge_agent.commands.arbiter import Entry, PriorityArray
from edge_agent.commands.guard import HOUR_S, Moment, PointState, Reason, base_difference
from edge_agent.commands.journal import EndedEntry, OwnWrite, PointMemory
from gateway.messages import Command, Quality, Reading

OVERRIDE_HOLD_S = 3_600.0
FIRST_RETRY_S, LAST_RETRY_S = 5.0, 60.0
ROUNDING = 1e-9
ON_ABOVE = 0.5


@dataclass(frozen=True, slots=True)
class Intent:
    """A write whose end is not known yet. `cause` is the code to give if the device shows that it did not happen."""

    command: Command
    value: float
    before: float | None
    lease_ends_s: float
    is_confirmed: bool = False
    cause: Reason = Reason.NOT_EXECUTED

    @property
    def entry(self) -> Entry:
        """The intent's place in the priority array once it is verified."""
        return Entry(self.command.command_id, self.command.priority, self.value, self.lease_ends_s)


class ControlledPoint:
    """State of one point; values in base units, times monotonic. It decides nothing and does no I/O."""

    def __init__(self, point: WritablePoint, memory: PointMemory) -> None:
        unit = point.display_unit
        low, high = (float(unit.to_base(limit)) for limit in point.limits)
        self.point, self.name = point, point.name
        self.tolerance = float(base_difference(point, point.verify.tol))
        self.array = PriorityArray(default=float(unit.to_base(point.safe_value)), low=low, high=high)
        self.ended = list(memory.ended)
        self.is_held, self.held = memory.is_held, memory.held
        self.overridden_until_s = memory.overridden_until_s or -math.inf
        self.pending: Intent | None = None
        self.stray: float | None = None
        self.stray_until_s = -math.inf
        self.is_suspect = False
        self.last_read: float | None = None
        self.failures = 0
        self.retry_at_s = -math.inf
        self._writes = deque(memory.writes)
        self._read_s = -math.inf
        self._is_on: bool | None = None
        self._switched_s = math.inf
        for entry in memory.entries:
            self._restore(entry)

    def _restore(self, entry: Entry) -> None:
        if self.array.allows(entry):
            self.array.place(entry)
        else:  # the profile's limits are tighter than when the command was taken
            self.ended.append(EndedEntry(entry, Reason.OUTSIDE_LIMITS))

    def differs(self, one: float, other: float | None) -> bool:
        """Whether two values are further apart than the profile's read-back tolerance; None differs from all."""
        if other is None:
            return True
        return abs(one - other) > self.tolerance + ROUNDING * max(abs(one), abs(other))

    def state(
        self, current: float, value: float, priority: int, now_s: float, *, is_interlocked: bool = False
    ) -> PointState:
        """The point as the guard wants to see it before a command for `value` at this priority."""
        winner = self.array.winner(now_s)
        return PointState(
            current=current,
            needs_write=self.differs(current, value) or self.point.reverts_after_s is not None,
            writes_s=tuple(one.at_s for one in self._writes),
            moved=sum(one.moved for one in self._writes if now_s - one.at_s < HOUR_S),
            may_switch_at_s=self.may_switch_at_s(value),
            is_interlocked=is_interlocked,
            is_outranked=winner is not None and winner.priority < priority,
            is_overridden=now_s < self.overridden_until_s,
        )

    def may_switch_at_s(self, value: float) -> float:
        """When the point has been on or off for its minimum time; long past if `value` would not switch it.

        The time counts from the change seen last or, after a start, from the first look: it may have changed just then.
        """
        if self._is_on is None or self._is_on == is_on(value):
            return -math.inf
        return self._switched_s + (self.point.min_on_s if self._is_on else self.point.min_off_s)

    def needs_touch(self, now_s: float) -> bool:
        """The device must be read, and perhaps written, for the point to be what it shall be."""
        return self.is_held and (self.is_suspect or self.differs(self.array.value(now_s), self.held))

    def needs_attention(self, now_s: float) -> bool:
        """Something about the point is not settled."""
        is_released = not self.is_held or bool(self.array.entries())
        is_open = self.pending is not None or self.stray is not None
        return is_open or bool(self.ended) or self.needs_touch(now_s) or not is_released

    def hold(self, value: float | None) -> None:
        """Our value is in the device; None while it is not sure which."""
        self.is_held, self.held = True, value

    def release(self) -> None:
        """Nothing of ours holds the point."""
        self.is_held, self.held = False, None

    def note_write(self, now_s: float, moved: float) -> None:
        """Count one write of ours that moves the value so far."""
        self._writes.append(OwnWrite(now_s, moved))
        while now_s - self._writes[0].at_s >= HOUR_S:
            self._writes.popleft()

    def note_read(self, value: float, now_s: float) -> None:
        """What the device said just now."""
        self.last_read, self._read_s = value, now_s
        self._note_switch(value, now_s)

    def observe(self, reading: Reading, now: Moment) -> None:
        """A polled value that is not ours raises the suspicion that somebody set the point by hand."""
        value = as_number(reading.value) if reading.quality is Quality.GOOD else None
        # By its age: the wall clock may have been set since the last look.
        measured_s = now.monotonic_s - max(0, now.wall_ms - reading.measured_ms) / 1000
        if value is None or measured_s <= self._read_s:
            return
        self._note_switch(value, now.monotonic_s)
        if self.held is not None:
            self.is_suspect = self.differs(value, self.held)

    def _note_switch(self, value: float, now_s: float) -> None:
        if is_on(value) != self._is_on:
            self._is_on, self._switched_s = is_on(value), now_s

    def back_off(self, now_s: float) -> None:
        """The device did not answer: wait longer each time."""
        delay_s = FIRST_RETRY_S * 2.0 ** min(self.failures, 10)
        self.failures += 1
        self.retry_at_s = now_s + min(delay_s, LAST_RETRY_S)

    def answered(self) -> None:
        """All is settled with the device."""
        self.failures, self.retry_at_s = 0, -math.inf


def as_number(value: object) -> float | None:
    """A value that can be compared: numbers and switches; None for text, nothing, NaN and infinity."""
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    return None


def is_on(value: float) -> bool:
    """Whether a switch with this value is on."""
    return value > ON_ABOVE
