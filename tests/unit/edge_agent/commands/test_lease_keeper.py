"""A held point is given back: by lease, order, lost link or a hand at the panel; each end is told once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.commands.controlled_point import OVERRIDE_HOLD_S
from foundation.errors import DeviceRefused, DeviceTimeout, LinkError
from gateway.messages import Outcome, Quality, Reading
from tests.support.command_bench import CommandBench
from tests.support.commands import SETPOINT

VERIFIED = (Outcome.VERIFIED, "written")
DOWN = LinkError("connection reset")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CommandBench]:
    with CommandBench(tmp_path) as opened:
        yield opened


async def scan(bench: CommandBench, *, times: int = 3) -> None:
    for _ in range(times):
        await bench.service.scan("ac-1")
        bench.clock.advance(1)


async def test_a_lease_ends_in_the_safe_value_and_is_told_once(bench: CommandBench) -> None:
    command = await bench.order(lease_s=60.0)
    bench.clock.advance(57)
    await scan(bench, times=1)
    assert bench.written() == [24.0]
    bench.clock.advance(2)
    await scan(bench)
    assert bench.written() == [24.0, 26.0]
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]
    assert bench.receipts[-1].read_back == 26.0
    assert len({one.receipt_id for one in bench.receipts}) == 2


async def test_a_lease_runs_on_through_a_restart(bench: CommandBench) -> None:
    command = await bench.order(lease_s=60.0)
    bench.clock.advance(30)
    bench.restart()
    await scan(bench, times=1)
    assert bench.written() == [24.0]
    bench.clock.advance(30)
    bench.restart()
    await scan(bench)
    assert bench.written() == [24.0, 26.0]
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]


async def test_a_wall_clock_step_neither_ends_nor_lengthens_a_lease(bench: CommandBench) -> None:
    await bench.order(lease_s=60.0)
    bench.clock.set_wall(bench.clock.now_ms() + 10**11)
    await scan(bench)
    assert bench.written() == [24.0]
    bench.clock.set_wall(0)
    bench.clock.advance(60)
    await scan(bench)
    assert bench.written() == [24.0, 26.0]


async def test_relinquishing_gives_the_point_back_and_answers_both_commands(bench: CommandBench) -> None:
    command = await bench.order()
    order = bench.relinquish()
    await bench.send(order)
    assert bench.written() == [24.0, 26.0]
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "relinquished")]
    assert bench.told(order) == [(Outcome.VERIFIED, "relinquished")]
    again = bench.relinquish()
    await bench.send(again)
    assert bench.told(again) == [(Outcome.VERIFIED, "nothing_held")]
    assert bench.written() == [24.0, 26.0]


async def test_the_next_winner_follows_an_ended_one(bench: CommandBench) -> None:
    automatic = await bench.order(priority=10, value=24.0, lease_s=600.0)
    bench.clock.advance(60)
    manual = await bench.order(priority=8, value=20.0, lease_s=60.0)
    bench.clock.advance(60)
    await scan(bench)
    assert bench.written() == [24.0, 20.0, 24.0]
    assert bench.told(manual) == [VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]
    assert bench.told(automatic) == [VERIFIED]


async def test_an_entry_below_the_winner_ends_without_touching_the_device(bench: CommandBench) -> None:
    automatic = await bench.order(priority=10, value=24.0, lease_s=90.0)
    bench.clock.advance(60)
    await bench.order(priority=8, value=20.0)
    bench.clock.advance(60)
    bench.devices.down["ac-1"] = DOWN
    await scan(bench)
    assert bench.told(automatic) == [VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]
    assert bench.written() == [24.0, 20.0]


async def test_a_lost_link_ends_automatic_commands_and_keeps_manual_ones(bench: CommandBench) -> None:
    automatic = await bench.order(lease_s=3_600.0)
    manual = await bench.order(point="Switch", value=0.0, priority=8, lease_s=3_600.0)
    bench.link.offline()
    bench.clock.advance(119)
    await scan(bench, times=1)
    assert bench.written() == [24.0]
    bench.clock.advance(1)
    await scan(bench)
    assert bench.written() == [24.0, 26.0]
    assert bench.told(automatic) == [VERIFIED, (Outcome.RELINQUISHED, "link_lost")]
    assert bench.told(manual) == [VERIFIED]


async def test_a_restart_without_a_link_ends_automatic_commands_too(bench: CommandBench) -> None:
    await bench.order(lease_s=3_600.0)
    bench.restart()
    bench.link.offline()
    bench.clock.advance(121)
    await scan(bench)
    assert bench.written() == [24.0, 26.0]


@pytest.mark.parametrize("restart", [False, True])
async def test_a_release_is_tried_until_the_device_answers_and_then_written_once(
    bench: CommandBench, restart: bool
) -> None:
    command = await bench.order(lease_s=60.0)
    bench.clock.advance(60)
    bench.devices.down["ac-1"] = DOWN
    await scan(bench, times=100)
    assert bench.told(command) == [VERIFIED]
    assert [event.kind for event in bench.events] == ["command.release_failed"]
    if restart:
        bench.restart()
    del bench.devices.down["ac-1"]
    await scan(bench, times=60)
    assert bench.written() == [24.0, 26.0]
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]


async def test_a_release_whose_answer_was_lost_is_read_before_it_is_tried_again(bench: CommandBench) -> None:
    command = await bench.order(lease_s=60.0)
    bench.clock.advance(60)
    bench.devices.late_faults["ac-1"].append(DeviceTimeout("ac-1", 1))
    await scan(bench, times=10)
    assert bench.written() == [24.0, 26.0]
    assert bench.told(command)[1:] == [(Outcome.RELINQUISHED, "lease_ended")]
    assert bench.events == []


async def test_a_relinquish_order_the_device_refuses_is_unknown_first_and_settled_later(bench: CommandBench) -> None:
    command = await bench.order()
    bench.devices.write_faults["ac-1"].append(DeviceRefused("ac-1", 6))
    order = bench.relinquish()
    await bench.send(order)
    assert bench.told(order) == [(Outcome.UNKNOWN, "device_refused")]
    bench.restart()
    await scan(bench)
    assert bench.told(order) == [(Outcome.UNKNOWN, "device_refused"), (Outcome.VERIFIED, "relinquished")]
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "relinquished")]


def polled(bench: CommandBench, value: float, quality: Quality = Quality.GOOD) -> list[Reading]:
    return [Reading(SETPOINT, value, bench.clock.now_ms(), quality)]


async def test_a_hand_at_the_panel_wins_and_keeps_automatic_commands_away(bench: CommandBench) -> None:
    command = await bench.order(lease_s=3_600.0)
    bench.clock.advance(60)
    bench.set_by_hand(20.0)
    bench.service.observe("ac-1", polled(bench, 20.0))
    await scan(bench)
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "overridden")]
    assert bench.receipts[-1].read_back == 20.0
    (event,) = bench.events
    assert (event.kind, event.device) == ("command.override", "ac-1")
    assert dict(event.data) == {"point": SETPOINT, "value": 20.0, "expected": 24.0}

    bench.restart()
    automatic, manual = await bench.order(), await bench.order(priority=8, value=23.0)
    assert bench.told(automatic) == [(Outcome.REFUSED, "overridden")]
    assert bench.told(manual) == [VERIFIED]
    assert bench.written() == [24.0, 23.0]


async def test_an_override_wears_off(bench: CommandBench) -> None:
    await bench.order(lease_s=3_600.0)
    bench.set_by_hand(20.0)
    refused = await bench.order(value=25.0)
    bench.clock.advance(OVERRIDE_HOLD_S + 1)
    command = await bench.order()
    assert bench.told(refused) == [(Outcome.REFUSED, "overridden")]
    assert bench.told(command) == [VERIFIED]


async def test_a_hand_at_the_panel_is_not_undone_when_the_lease_ends(bench: CommandBench) -> None:
    command = await bench.order(lease_s=60.0)
    bench.set_by_hand(20.0)
    bench.clock.advance(60)
    await scan(bench)
    assert bench.written() == [24.0]
    assert bench.devices.values["ac-1", SETPOINT] == 20.0
    assert bench.told(command) == [VERIFIED, (Outcome.RELINQUISHED, "lease_ended")]


async def test_a_hand_at_the_panel_does_not_beat_safety(bench: CommandBench) -> None:
    await bench.order(priority=10, lease_s=3_600.0)
    bench.clock.advance(60)
    safety = await bench.order(priority=2, value=28.0, lease_s=3_600.0)
    bench.set_by_hand(20.0)
    bench.clock.advance(60)
    bench.service.observe("ac-1", polled(bench, 20.0))
    await scan(bench)
    assert bench.written() == [24.0, 28.0, 28.0]
    assert bench.told(safety) == [VERIFIED]


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.STALE])
async def test_a_doubtful_or_old_reading_raises_no_suspicion(bench: CommandBench, quality: Quality) -> None:
    old = polled(bench, 22.0)
    command = await bench.order(lease_s=3_600.0)
    bench.service.observe("ac-1", old)
    bench.service.observe("ac-1", polled(bench, 20.0, quality))
    bench.devices.down["ac-1"] = DOWN
    await scan(bench)
    bench.service.observe("nobody", old)
    assert bench.told(command) == [VERIFIED]
    assert bench.events == []


async def test_a_reading_that_was_wrong_changes_nothing_once_the_device_is_read(bench: CommandBench) -> None:
    command = await bench.order(lease_s=3_600.0)
    bench.clock.advance(5)
    bench.service.observe("ac-1", polled(bench, 20.0))
    await scan(bench)
    assert bench.told(command) == [VERIFIED]
    assert bench.written() == [24.0]


async def test_two_points_of_a_device_are_kept_apart(bench: CommandBench) -> None:
    first = await bench.order(lease_s=60.0)
    second = await bench.order(point="Switch", value=0.0, lease_s=3_600.0)
    bench.clock.advance(60)
    await scan(bench)
    assert bench.told(first)[1:] == [(Outcome.RELINQUISHED, "lease_ended")]
    assert bench.told(second) == [VERIFIED]
    assert bench.written(point="Switch") == [0.0]
