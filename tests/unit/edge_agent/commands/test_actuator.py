"""What becomes of a command at its device: certain when it can be, unknown when it must be, never written twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.drivers.driver import TooLate
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError
from gateway.messages import Outcome, Value
from tests.support.command_bench import CommandBench
from tests.support.commands import SETPOINT

TIMEOUT = DeviceTimeout("ac-1", 1)
DOWN = LinkError("connection reset")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CommandBench]:
    with CommandBench(tmp_path) as opened:
        yield opened


async def test_read_back_waits_as_long_as_the_profile_says(bench: CommandBench) -> None:
    before = bench.clock.monotonic()
    await bench.order()
    assert bench.clock.monotonic() - before == pytest.approx(1.5)


async def test_a_value_already_there_is_verified_without_a_write_and_then_held(bench: CommandBench) -> None:
    command = await bench.order(value=22.0, lease_s=60.0)
    assert bench.told(command) == [(Outcome.VERIFIED, "already")]
    assert bench.written() == []
    bench.clock.advance(61)
    await bench.service.scan("ac-1")
    assert bench.written() == [26.0]


async def test_switches_are_compared_as_numbers(bench: CommandBench) -> None:
    bench.set_by_hand(False, "relay", "Relay/1")
    command = await bench.order(device="relay", point="Relay/1", value=1.0)
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]
    bench.set_by_hand(True, "relay", "Relay/2")
    command = await bench.order(device="relay", point="Relay/2", value=1.0)
    assert bench.told(command) == [(Outcome.VERIFIED, "already")]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TIMEOUT, "device_timeout"),
        (DOWN, "link_down"),
        (DeviceRefused("ac-1", 2), "device_refused"),
        (DeviceReplyWrong("ac-1", "count"), "reply_wrong"),
        (DeviceError("quarantined"), "device_error"),
    ],
)
async def test_a_device_that_does_not_answer_beforehand_fails_the_command_unwritten(
    bench: CommandBench, error: DeviceError | LinkError, reason: str
) -> None:
    bench.devices.down["ac-1"] = error
    command = await bench.order()
    assert bench.told(command) == [(Outcome.FAILED, reason)]
    del bench.devices.down["ac-1"]
    await bench.service.scan("ac-1")
    assert bench.devices.writes == []


async def test_a_device_without_a_value_cannot_be_verified(bench: CommandBench) -> None:
    bench.set_by_hand(None)
    command = await bench.order()
    assert bench.told(command) == [(Outcome.FAILED, "no_value")]
    assert bench.devices.writes == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [(DeviceRefused("ac-1", 3), "device_refused"), (TIMEOUT, "device_timeout"), (DOWN, "link_down")],
)
async def test_a_write_that_did_not_happen_fails_with_the_device_s_reason(
    bench: CommandBench, error: DeviceError | LinkError, reason: str
) -> None:
    bench.devices.write_faults["ac-1"].append(error)
    command = await bench.order()
    assert bench.told(command) == [(Outcome.FAILED, reason)]
    bench.clock.advance(3_600)
    await bench.service.scan("ac-1")
    assert bench.devices.writes == []


@pytest.mark.parametrize("error", [TIMEOUT, DOWN, DeviceRefused("ac-1", 11), DeviceReplyWrong("ac-1", "unit")])
async def test_a_write_whose_answer_was_lost_is_resolved_by_reading(
    bench: CommandBench, error: DeviceError | LinkError
) -> None:
    bench.devices.late_faults["ac-1"].append(error)
    command = await bench.order()
    assert bench.told(command) == [(Outcome.VERIFIED, "resolved")]
    assert bench.written() == [24.0]


async def test_a_write_that_a_slow_gateway_delivers_late_is_waited_for(bench: CommandBench) -> None:
    original = bench.devices.read_back
    due_s = bench.clock.monotonic() + 2.5

    async def lose_the_answer(device: str, point: str, value: float, **_: object) -> None:
        raise TIMEOUT

    async def read_late(device: str, point: str) -> Value:
        if bench.clock.monotonic() >= due_s:
            bench.set_by_hand(24.0)
        return await original(device, point)

    bench.devices.write, bench.devices.read_back = lose_the_answer, read_late  # type: ignore[method-assign]
    command = await bench.order(value=24.0)
    assert bench.told(command) == [(Outcome.VERIFIED, "resolved")]


async def unresolved(bench: CommandBench) -> None:
    """Let the link die with the answer of the next write, for good."""
    original = bench.devices.write

    async def write_then_die(device: str, point: str, value: float, **_: object) -> None:
        await original(device, point, value)
        bench.devices.down[device] = DOWN
        raise DOWN

    bench.devices.write = write_then_die  # type: ignore[method-assign]


async def test_a_line_that_is_not_free_before_the_expiry_takes_no_write(bench: CommandBench) -> None:
    bench.devices.write_faults["ac-1"] = [TooLate("the line was not free in time")]
    command = await bench.order()
    assert bench.told(command) == [(Outcome.EXPIRED, "expired")]
    assert bench.written() == []
    bench.clock.advance(600)
    begun_s = bench.clock.monotonic()
    command = await bench.order(value=25.0)
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]
    assert bench.devices.until_s == begun_s + 30


async def test_an_unknown_command_is_told_once_and_resolved_when_the_device_answers(bench: CommandBench) -> None:
    await unresolved(bench)
    command = await bench.order()
    for _ in range(20):
        await bench.service.scan("ac-1")
        bench.clock.advance(1)
    assert bench.told(command) == [(Outcome.UNKNOWN, "link_down")]
    del bench.devices.down["ac-1"]
    bench.clock.advance(60)
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.UNKNOWN, "link_down"), (Outcome.VERIFIED, "resolved")]
    assert bench.written() == [24.0]


async def test_an_unknown_command_survives_a_restart(bench: CommandBench) -> None:
    await unresolved(bench)
    command = await bench.order()
    bench.restart()
    await bench.service.scan("ac-1")
    del bench.devices.down["ac-1"]
    bench.clock.advance(60)
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.UNKNOWN, "link_down"), (Outcome.VERIFIED, "resolved")]
    assert bench.written() == [24.0]


async def test_an_unknown_command_whose_lease_ended_meanwhile_is_released(bench: CommandBench) -> None:
    await unresolved(bench)
    command = await bench.order(lease_s=60.0)
    bench.restart()
    bench.clock.advance(600)
    del bench.devices.down["ac-1"]
    del bench.devices.write
    for _ in range(3):
        await bench.service.scan("ac-1")
    assert bench.told(command)[1:] == [(Outcome.VERIFIED, "resolved"), (Outcome.RELINQUISHED, "lease_ended")]
    assert bench.written() == [24.0, 26.0]


async def test_a_process_that_died_between_intent_and_write_does_not_write_later(bench: CommandBench) -> None:
    command = bench.command()
    bench.journal.receive(command, counts=True)
    bench.journal.intend(command, before=22.0, lease_ends_s=bench.clock.monotonic() + 600)
    bench.restart()
    await bench.service.scan("ac-1")
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.FAILED, "not_executed")]
    assert bench.devices.writes == []


async def test_an_open_command_is_resolved_before_the_next_one_of_its_point(bench: CommandBench) -> None:
    await unresolved(bench)
    first = await bench.order()
    second = await bench.order(value=25.0)
    assert bench.told(second) == [(Outcome.FAILED, "link_down")]
    del bench.devices.down["ac-1"]
    del bench.devices.write
    bench.clock.advance(10)
    third = await bench.order(value=25.0)
    assert bench.told(first)[1:] == [(Outcome.VERIFIED, "resolved"), (Outcome.RELINQUISHED, "superseded")]
    assert bench.told(third) == [(Outcome.VERIFIED, "written")]


async def test_a_device_that_ignores_the_write_fails_it_and_is_left_alone(bench: CommandBench) -> None:
    bench.devices.deaf.add("ac-1")
    command = await bench.order()
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.FAILED, "mismatch")]
    assert bench.written() == [24.0]


async def test_a_device_that_took_another_value_goes_back_to_the_safe_one(bench: CommandBench) -> None:
    original = bench.devices.write

    async def clamp(device: str, point: str, value: float, **_: object) -> None:
        await original(device, point, max(value, 25.0))

    bench.devices.write = clamp  # type: ignore[method-assign]
    command = await bench.order(value=20.0)
    assert bench.told(command) == [(Outcome.FAILED, "mismatch")]
    await bench.service.scan("ac-1")
    assert bench.devices.values["ac-1", SETPOINT] == 26.0
    assert not bench.journal.recall("ac-1", SETPOINT).is_held


async def test_rates_are_counted_over_a_restart(bench: CommandBench) -> None:
    await bench.order(value=24.0)
    bench.clock.advance(5)
    soon = await bench.order(value=25.0)
    bench.restart()
    still_soon = await bench.order(value=25.0)
    bench.clock.advance(10)
    later = await bench.order(value=25.0)
    assert bench.told(soon) == bench.told(still_soon) == [(Outcome.REFUSED, "too_soon")]
    assert bench.told(later) == [(Outcome.VERIFIED, "written")]


async def test_renewing_a_lease_writes_nothing_and_is_never_too_soon(bench: CommandBench) -> None:
    first = await bench.order(lease_s=60.0)
    second = await bench.order(lease_s=60.0)
    assert bench.told(second) == [(Outcome.VERIFIED, "already")]
    assert bench.told(first) == [(Outcome.VERIFIED, "written"), (Outcome.RELINQUISHED, "superseded")]
    bench.clock.advance(58.8)
    await bench.service.scan("ac-1")
    assert bench.written() == [24.0]


async def test_a_lower_level_cannot_write_while_a_higher_one_holds(bench: CommandBench) -> None:
    await bench.order(priority=8, value=24.0)
    bench.clock.advance(60)
    lower = await bench.order(priority=9, value=25.0)
    higher = await bench.order(priority=7, value=23.0)
    assert bench.told(lower) == [(Outcome.REFUSED, "outranked")]
    assert bench.told(higher) == [(Outcome.VERIFIED, "written")]
    assert bench.written() == [24.0, 23.0]


async def test_a_cancelled_command_stays_open_and_is_resolved(bench: CommandBench) -> None:
    bench.clock.is_eager = False
    command = bench.command()
    task = asyncio.create_task(bench.send(command))
    await bench.clock.until_asleep()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert bench.told(command) == []
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]
    assert bench.written() == [24.0]


async def test_a_failed_write_that_takes_effect_late_is_given_back(bench: CommandBench) -> None:
    """Nothing may stay in a device without a lease behind it."""
    bench.devices.deaf.add("ac-1")
    command = await bench.order(value=24.0, lease_s=60.0)
    assert [outcome for outcome, _ in bench.told(command)] == [Outcome.FAILED]
    bench.devices.deaf.clear()
    bench.devices.values["ac-1", SETPOINT] = 24.0
    for _ in range(12):
        bench.clock.advance(10)
        await bench.service.scan("ac-1")
    assert bench.devices.values["ac-1", SETPOINT] != 24.0
