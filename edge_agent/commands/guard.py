"""The last word before a write: limits, steps, rates and times of the local profile, whatever the cloud says. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from device_profiles.profile import Profile, WritablePoint
from edge_agent.commands.arbiter import HIGHEST, LOWEST, MANUAL_OPERATOR
from gateway.messages import Command, CommandAction, Outcome

MAX_LEASE_S = 86_400.0
NOT_BEFORE_SKEW_MS = 5_000
HOUR_S = 3_600.0
AUTOMATIC_PERMIT = "auto_adjust"
STEP_TOLERANCE = Decimal("1e-6")


class Reason(StrEnum):
    """Reason codes of receipts; those of an unopened envelope are EnvelopeFault."""

    WRITTEN = "written"
    ALREADY = "already"
    RESOLVED = "resolved"
    NOTHING_HELD = "nothing_held"
    RELINQUISHED = "relinquished"
    LEASE_ENDED = "lease_ended"
    LINK_LOST = "link_lost"
    FALLBACK_ENDED = "fallback_ended"
    SUPERSEDED = "superseded"
    OVERRIDDEN = "overridden"
    WRONG_TARGET = "wrong_target"
    WRONG_SESSION = "wrong_session"
    REPLAYED = "replayed"
    BUSY = "busy"
    UNSIGNED = "unsigned"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_POINT = "unknown_point"
    NOT_WRITABLE = "not_writable"
    NOT_PERMITTED = "not_permitted"
    NOT_A_NUMBER = "not_a_number"
    OUTSIDE_LIMITS = "outside_limits"
    STEP = "step"
    MAX_CHANGE = "max_change"
    MAX_CHANGE_RATE = "max_change_rate"
    MINIMUM_TIME = "minimum_time"
    INTERLOCKED = "interlocked"
    PRIORITY = "priority"
    LEASE = "lease"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    TOO_SOON = "too_soon"
    TOO_MANY = "too_many"
    OUTRANKED = "outranked"
    RESTARTED = "restarted"
    NOT_EXECUTED = "not_executed"
    APPLIED = "applied"
    SETTING_REFUSED = "setting_refused"
    MISMATCH = "mismatch"
    NO_VALUE = "no_value"
    LINK_DOWN = "link_down"
    DEVICE_TIMEOUT = "device_timeout"
    DEVICE_REFUSED = "device_refused"
    REPLY_WRONG = "reply_wrong"
    DEVICE_ERROR = "device_error"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command is not carried out."""

    reason: Reason

    @property
    def outcome(self) -> Outcome:
        return Outcome.EXPIRED if self.reason is Reason.EXPIRED else Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on both clocks."""

    wall_ms: int
    monotonic_s: float


@dataclass(frozen=True, slots=True)
class PointState:
    """The point as it is found before a write: `current` in base units, `writes_s` our own writes (monotonic).

    `needs_write` is False when the device already holds the commanded value. `moved` is the sum of our changes within
    the last hour, `may_switch_at_s` the end of the minimum time that the wanted change would cut short.
    """

    current: float
    needs_write: bool = True
    writes_s: tuple[float, ...] = ()
    moved: float = 0.0
    may_switch_at_s: float = -math.inf
    is_interlocked: bool = False
    is_outranked: bool = False
    is_overridden: bool = False


def check(
    command: Command, profile: Profile, state: PointState | None, now: Moment, *, deadline_s: float
) -> Refusal | None:
    """The first rule that the command breaks, or None.

    `state` None checks what needs no look at the device. `deadline_s` is the monotonic time of the command's expiry,
    fixed at its arrival, so that a clock set back does not bring a stale command to life.
    """
    reason = _check_order(command, profile) or check_times(command, now, deadline_s)
    if reason is None and state is not None and command.action is CommandAction.WRITE:
        point = profile.writable_point(command.point)
        reason = _check_state(command, point, state, now.monotonic_s) if point else Reason.NOT_WRITABLE
    return Refusal(reason) if reason else None


def base_difference(point: WritablePoint, amount: Decimal) -> Decimal:
    """A difference in the point's unit (step, tolerance) as one in the base unit: the offset does not count."""
    return amount * point.display_unit.factor


def _check_order(command: Command, profile: Profile) -> Reason | None:
    point = profile.writable_point(command.point)
    if point is None:
        known = any(one.name == command.point for one in profile.points)
        return Reason.NOT_WRITABLE if known else Reason.UNKNOWN_POINT
    if not HIGHEST <= command.priority <= LOWEST:
        return Reason.PRIORITY
    if command.action not in (CommandAction.WRITE, CommandAction.RELINQUISH):
        return Reason.NOT_WRITABLE
    if not _is_permitted(command.priority, point):
        return Reason.NOT_PERMITTED
    if command.action is CommandAction.RELINQUISH:
        return None if command.value is None else Reason.NOT_A_NUMBER
    return _check_value(command, point)


def _is_permitted(priority: int, point: WritablePoint) -> bool:
    """Automatic levels need `auto_adjust`; the levels of persons and of safety need any person's role."""
    if priority > MANUAL_OPERATOR:
        return AUTOMATIC_PERMIT in point.permit
    return any(role != AUTOMATIC_PERMIT for role in point.permit)


def _check_value(command: Command, point: WritablePoint) -> Reason | None:
    if command.value is None or not math.isfinite(command.value):
        return Reason.NOT_A_NUMBER
    # What the device gives up by itself must be given back before, or its own doing would look like a hand's.
    if not 0 < command.lease_s <= MAX_LEASE_S or command.lease_s >= (point.reverts_after_s or math.inf):
        return Reason.LEASE
    value = Decimal(repr(command.value))
    low, high = (point.display_unit.to_base(limit) for limit in point.limits)
    if not low <= value <= high:
        return Reason.OUTSIDE_LIMITS
    if point.step is not None and not _is_on_step(value - low, base_difference(point, point.step)):
        return Reason.STEP
    return None


def _is_on_step(distance: Decimal, step: Decimal) -> bool:
    """Whether a distance from the lower limit is a whole number of steps, but for float rounding."""
    rest = distance % step
    return min(rest, step - rest) <= step * STEP_TOLERANCE


def check_times(command: Command, now: Moment, deadline_s: float) -> Reason | None:
    """NOT_YET or EXPIRED; None while the command is valid."""
    # The allowance for clocks that differ works on one side only: nothing is ever written after its expiry.
    if now.wall_ms + NOT_BEFORE_SKEW_MS < command.not_before_ms:
        return Reason.NOT_YET
    if now.wall_ms >= command.expires_ms or now.monotonic_s >= deadline_s:
        return Reason.EXPIRED
    return None


def _check_state(command: Command, point: WritablePoint, state: PointState, now_s: float) -> Reason | None:
    if command.value is None:
        return Reason.NOT_A_NUMBER
    if state.is_overridden and command.priority > MANUAL_OPERATOR:
        return Reason.OVERRIDDEN
    if state.is_outranked:
        return Reason.OUTRANKED
    if not state.needs_write:
        return None
    if state.is_interlocked:
        return Reason.INTERLOCKED
    if now_s < state.may_switch_at_s:
        return Reason.MINIMUM_TIME
    return _check_change(point, command.value, state) or _check_rate(point, state.writes_s, now_s)


def _check_change(point: WritablePoint, value: float, state: PointState) -> Reason | None:
    change = abs(Decimal(repr(value)) - Decimal(repr(state.current)))
    if point.max_change is not None and change > base_difference(point, point.max_change):
        return Reason.MAX_CHANGE
    if point.max_change_per_h is None:
        return None
    allowed = base_difference(point, point.max_change_per_h) * (1 + STEP_TOLERANCE)
    return Reason.MAX_CHANGE_RATE if change + Decimal(repr(state.moved)) > allowed else None


def _check_rate(point: WritablePoint, writes_s: tuple[float, ...], now_s: float) -> Reason | None:
    ages = [now_s - at_s for at_s in writes_s]
    if ages and min(ages) < point.min_interval_s:
        return Reason.TOO_SOON
    if sum(age < HOUR_S for age in ages) >= point.max_writes_per_h:
        return Reason.TOO_MANY
    return None
