"""The guard refuses everything that the local profile does not allow, whatever a signed command says."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import Profile
from edge_agent.commands.guard import MAX_LEASE_S, Moment, PointState, Reason, check
from gateway.messages import CommandAction, Outcome
from tests.support.commands import SETPOINT, command_of

NOW_MS = 1_790_000_000_000
NOW = Moment(NOW_MS, 5_000.0)
DEADLINE_S = 5_030.0
LIMIT = "Power/Limit"
PROFILE = Profile.model_validate(
    {
        "schema": "xietong.device-profile/1",
        "id": "test.actuator",
        "vendor": "Test",
        "models": ["A"],
        "carrier": "electricity",
        "role": "actuator",
        "provenance": [{"source": "none", "checked": "secondary", "confidence": "C"}],
        "points": [{"name": "Temperature/Room", "table": "holding", "address": 9, "type": "int16", "unit": "°C"}],
        "writable": [
            {
                "name": LIMIT, "table": "holding", "address": 0, "type": "int16", "unit": "kW", "write": "fc6",
                "limits": [1, 10], "step": "0.1", "max_change": 4, "min_interval_s": 60, "max_writes_per_h": 5,
                "verify": {"tol": "0.05"}, "safe_value": 5, "permit": ["energy_officer", "auto_adjust"],
            },
            {
                "name": SETPOINT, "table": "holding", "address": 1, "type": "int16", "unit": "°C", "write": "fc6",
                "limits": [18, 30], "step": "0.5", "safe_value": 26, "permit": ["energy_officer"],
            },
            {
                "name": "Auto/Only", "table": "coil", "address": 0, "type": "bool", "kind": "state", "write": "fc5",
                "limits": [0, 1], "safe_value": 0, "permit": ["auto_adjust"],
            },
        ],
    }
)  # fmt: skip
COMMAND = command_of(point=LIMIT, value=6_000.0, not_before_ms=NOW_MS - 1_000, expires_ms=NOW_MS + 30_000)
STATE = PointState(current=5_000.0)


def reason(state: PointState | None = STATE, *, now: Moment = NOW, **changes: Any) -> Reason | None:
    refusal = check(replace(COMMAND, **changes), PROFILE, state, now, deadline_s=DEADLINE_S)
    return None if refusal is None else refusal.reason


def test_a_good_command_passes() -> None:
    assert reason() is None
    assert reason(None) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"point": "Nowhere"}, Reason.UNKNOWN_POINT),
        ({"point": "Temperature/Room"}, Reason.NOT_WRITABLE),
        ({"priority": 0}, Reason.PRIORITY),
        ({"priority": 17}, Reason.PRIORITY),
        ({"point": SETPOINT, "value": 26.0, "priority": 9}, Reason.NOT_PERMITTED),
        ({"point": SETPOINT, "value": 26.0, "priority": 8}, None),
        ({"point": "Auto/Only", "value": 1.0, "priority": 8}, Reason.NOT_PERMITTED),
        ({"point": "Auto/Only", "value": 1.0, "priority": 16}, None),
        ({"value": None}, Reason.NOT_A_NUMBER),
        ({"value": math.nan}, Reason.NOT_A_NUMBER),
        ({"value": -math.inf}, Reason.NOT_A_NUMBER),
        ({"lease_s": 0.0}, Reason.LEASE),
        ({"lease_s": -1.0}, Reason.LEASE),
        ({"lease_s": math.nan}, Reason.LEASE),
        ({"lease_s": MAX_LEASE_S + 1}, Reason.LEASE),
        ({"lease_s": MAX_LEASE_S}, None),
        ({"value": 1_000.0}, None),
        ({"value": 999.9}, Reason.OUTSIDE_LIMITS),
        ({"value": 10.0}, Reason.OUTSIDE_LIMITS),
        ({"value": 10_000.1}, Reason.OUTSIDE_LIMITS),
        ({"value": 6_050.0}, Reason.STEP),
        ({"value": 0.1 * 61_000}, None),
        ({"not_before_ms": NOW_MS + 5_001}, Reason.NOT_YET),
        ({"not_before_ms": NOW_MS + 5_000}, None),
        ({"expires_ms": NOW_MS}, Reason.EXPIRED),
        ({"expires_ms": NOW_MS + 1}, None),
        ({"action": CommandAction.RELINQUISH}, Reason.NOT_A_NUMBER),
        ({"action": CommandAction.RELINQUISH, "value": None}, None),
        ({"action": CommandAction.RELINQUISH, "value": None, "point": SETPOINT}, Reason.NOT_PERMITTED),
    ],
)
def test_each_rule_about_the_order_has_its_reason(changes: dict[str, Any], expected: Reason | None) -> None:
    assert reason(None, **changes) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PointState(1_900.0), Reason.MAX_CHANGE),
        (PointState(2_000.0), None),
        (PointState(5_000.0, writes_s=(4_940.1,)), Reason.TOO_SOON),
        (PointState(5_000.0, writes_s=(4_940.0,)), None),
        (PointState(5_000.0, writes_s=(1_401.0, 2_000.0, 3_000.0, 4_000.0, 4_900.0)), Reason.TOO_MANY),
        (PointState(5_000.0, writes_s=(1_400.0, 2_000.0, 3_000.0, 4_000.0, 4_900.0)), None),
        (PointState(6_000.0, needs_write=False, writes_s=(4_999.0,)), None),
        (PointState(5_000.0, is_outranked=True), Reason.OUTRANKED),
        (PointState(6_000.0, needs_write=False, is_outranked=True), Reason.OUTRANKED),
        (PointState(5_000.0, is_overridden=True), Reason.OVERRIDDEN),
    ],
)
def test_each_rule_about_the_point_has_its_reason(state: PointState, expected: Reason | None) -> None:
    assert reason(state) is expected


def test_a_person_may_command_after_a_hand_at_the_panel() -> None:
    assert reason(PointState(5_000.0, is_overridden=True), priority=8) is None


def test_giving_up_a_level_is_never_limited_by_rates() -> None:
    state = PointState(5_000.0, writes_s=(4_999.9,) * 50, is_outranked=True, is_overridden=True)
    assert reason(state, action=CommandAction.RELINQUISH, value=None) is None


def test_a_clock_set_back_does_not_bring_an_expired_command_to_life() -> None:
    later = Moment(NOW_MS - 60_000, DEADLINE_S)
    assert reason(None, now=later, not_before_ms=0) is Reason.EXPIRED


def test_only_expiry_has_an_outcome_of_its_own() -> None:
    expired = check(replace(COMMAND, expires_ms=0), PROFILE, None, NOW, deadline_s=DEADLINE_S)
    too_high = check(replace(COMMAND, value=1e6), PROFILE, None, NOW, deadline_s=DEADLINE_S)
    assert expired is not None
    assert expired.outcome is Outcome.EXPIRED
    assert too_high is not None
    assert too_high.outcome is Outcome.REFUSED


floats = st.floats(allow_nan=True, allow_infinity=True)


@given(
    value=st.none() | floats | st.integers(8, 102).map(lambda tenth: tenth * 100.0),
    current=st.floats(-1e6, 1e6),
    lease_s=floats | st.floats(1, 1_000),
    priority=st.integers(-5, 25),
    writes=st.lists(st.floats(0, 5_000), max_size=8),
    age_ms=st.integers(-100_000, 100_000),
    waited_s=st.floats(0, 60),
    action=st.sampled_from(CommandAction),
)
def test_what_passes_is_inside_every_bound(
    value: float | None,
    current: float,
    lease_s: float,
    priority: int,
    writes: list[float],
    age_ms: int,
    waited_s: float,
    action: CommandAction,
) -> None:
    command = replace(COMMAND, value=value, lease_s=lease_s, priority=priority, action=action)
    now = Moment(NOW_MS + age_ms, 5_000 + waited_s)
    state = PointState(current, writes_s=tuple(writes))
    if check(command, PROFILE, state, now, deadline_s=DEADLINE_S) is not None:
        return
    assert 1 <= priority <= 16
    assert COMMAND.not_before_ms - 5_000 <= now.wall_ms < COMMAND.expires_ms
    assert now.monotonic_s < DEADLINE_S
    if action is CommandAction.RELINQUISH:
        assert value is None
        return
    assert value is not None
    assert 1_000 <= value <= 10_000
    assert abs(value - current) <= 4_000
    assert abs(Decimal(value) / 100 - round(Decimal(value) / 100)) < Decimal("1e-5")
    assert 0 < lease_s <= MAX_LEASE_S
    assert all(now.monotonic_s - at_s >= 60 for at_s in writes)
    assert sum(now.monotonic_s - at_s < 3_600 for at_s in writes) < 5
