"""The door for commands: authentic, for this node, in this session, never twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.commands.journal import Journal
from edge_agent.commands.receipts import ANSWERS_PER_MINUTE
from edge_agent.commands.service import MAX_WAITING
from gateway.envelope import seal
from gateway.messages import Outcome
from gateway.sparkplug.codec import Metric
from tests.support.command_bench import KEY, CommandBench
from tests.support.commands import SETPOINT

STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CommandBench]:
    with CommandBench(tmp_path) as opened:
        yield opened


@pytest.fixture
def open_bench(tmp_path: Path) -> Iterator[CommandBench]:
    """A site that accepts unsigned orders."""
    with CommandBench(tmp_path, accept_unsigned=True) as opened:
        yield opened


async def test_a_good_command_is_written_read_back_and_told_once(bench: CommandBench) -> None:
    command = await bench.order(value=24.0)
    assert bench.written() == [24.0]
    (receipt,) = bench.receipts
    assert receipt.command_id == command.command_id
    assert (receipt.device, receipt.point, receipt.read_back) == ("ac-1", SETPOINT, 24.0)
    assert (receipt.outcome, receipt.reason) == (Outcome.VERIFIED, "written")


async def test_a_replay_in_the_same_boot_only_repeats_the_receipt(bench: CommandBench) -> None:
    data = await bench.send(bench.command())
    await bench.service.handle("ac-1", data)
    await bench.service.handle("ac-2", data)
    assert len(bench.devices.writes) == 1
    assert bench.receipts == [bench.receipts[0]] * 3


async def test_a_replay_after_a_restart_executes_nothing(bench: CommandBench) -> None:
    data = await bench.send(bench.command())
    bench.restart()
    await bench.service.handle("ac-1", data)
    assert len(bench.devices.writes) == 1
    assert bench.receipts == [bench.receipts[0]] * 2


async def test_a_replay_with_a_wiped_journal_is_of_the_wrong_session(bench: CommandBench) -> None:
    data = await bench.send(bench.command())
    bench.set_by_hand(22.0)
    bench.restart(wiped=True)
    await bench.service.handle("ac-1", data)
    await bench.service.handle("ac-1", data)
    assert len(bench.devices.writes) == 1
    refusals = bench.receipts[1:]
    assert {(one.outcome, one.reason) for one in refusals} == {(Outcome.REFUSED, "wrong_session")}
    assert len({one.receipt_id for one in refusals}) == 1


async def test_a_command_signed_again_for_the_new_session_still_runs_only_once(bench: CommandBench) -> None:
    command = await bench.order()
    bench.restart()
    again = replace(command, nonce=bench.nonce, counter=command.counter + 100)
    await bench.send(again)
    assert len(bench.devices.writes) == 1
    assert len({one.receipt_id for one in bench.receipts}) == 1


@pytest.mark.parametrize("counter", [0, 1, 4, 5])
async def test_a_counter_that_does_not_grow_is_a_replay(bench: CommandBench, counter: int) -> None:
    await bench.order(counter=5)
    bench.clock.advance(60)
    command = await bench.order(counter=counter, value=25.0)
    assert bench.told(command) == [(Outcome.REFUSED, "replayed")]
    bench.restart()
    command = await bench.order(counter=counter, value=25.0)
    assert bench.told(command) == [(Outcome.REFUSED, "replayed")]
    assert bench.written() == [24.0]


async def test_counters_of_issuers_are_independent(bench: CommandBench) -> None:
    await bench.order(counter=500)
    command = await bench.order(counter=1, issuer="second-cloud", device="ac-2")
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]


async def test_a_refused_command_uses_up_its_counter(bench: CommandBench) -> None:
    refused = await bench.order(value=99.0)
    assert bench.told(refused) == [(Outcome.REFUSED, "outside_limits")]
    await bench.send(replace(refused, command_id="other", value=24.0))
    assert bench.devices.writes == []


@pytest.mark.parametrize(
    "changes", [{"group": "other"}, {"node": "edge-2"}, {"device": "ac-2"}, {"node": "edge-2", "nonce": "theirs"}]
)
async def test_a_command_for_somebody_else_is_refused_without_its_id(
    bench: CommandBench, changes: dict[str, Any]
) -> None:
    command = replace(bench.command(), **changes)
    await bench.send(command, topic="ac-1")
    assert bench.devices.writes == []
    (receipt,) = bench.receipts
    assert (receipt.outcome, receipt.reason) == (Outcome.REFUSED, "wrong_target")
    assert receipt.command_id == ""


async def test_a_command_sent_to_the_wrong_topic_first_still_runs_at_its_own(bench: CommandBench) -> None:
    command = bench.command()
    await bench.send(command, topic="ac-2")
    await bench.send(command)
    assert bench.devices.writes == [("ac-1", SETPOINT, 24.0)]
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]


async def test_a_command_for_an_unknown_device_or_point_is_refused(bench: CommandBench) -> None:
    ghost = await bench.order(device="ghost")
    nowhere = await bench.order(point="Nowhere")
    meter = await bench.order(device="meter", point="Power/Active/Total")
    assert [bench.told(one) for one in (ghost, nowhere, meter)] == [
        [(Outcome.REFUSED, "unknown_device")],
        [(Outcome.REFUSED, "unknown_point")],
        [(Outcome.REFUSED, "not_writable")],
    ]
    assert bench.devices.writes == []


async def test_what_is_no_good_envelope_is_refused_with_its_fault(bench: CommandBench) -> None:
    good = seal(bench.command(), KEY)
    worthless = {
        "unsigned": b'{"value": 24}',
        "unknown_key": seal(bench.command(), STRANGER),
        "bad_signature": good[:-1] + b" ",
        "algorithm": good[:4] + b"\x00" + good[5:],
        "malformed": good[:40],
    }
    for data in worthless.values():
        await bench.service.handle("ac-1", data)
    assert [one.reason for one in bench.receipts] == list(worthless)
    assert {(one.outcome, one.command_id, one.device) for one in bench.receipts} == {(Outcome.REFUSED, "", "ac-1")}
    assert bench.devices.writes == []


async def test_a_flood_of_worthless_orders_does_not_flood_the_outbox(bench: CommandBench) -> None:
    for number in range(ANSWERS_PER_MINUTE + 50):
        await bench.service.handle("ac-1", b"noise %d" % number)
    assert len(bench.receipts) == ANSWERS_PER_MINUTE
    assert bench.service.unanswered == 50
    command = await bench.order()
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]
    bench.clock.advance(61)
    await bench.service.handle("ac-1", b"noise")
    assert bench.receipts[-1].reason == "unsigned"


async def test_e24_a_plain_order_is_refused_point_by_point(bench: CommandBench) -> None:
    await bench.service.refuse_plain("ac-1", [Metric(SETPOINT, 24.0), Metric("Switch", 1)])
    assert bench.devices.writes == []
    assert [(one.point, one.outcome, one.reason) for one in bench.receipts] == [
        (SETPOINT, Outcome.REFUSED, "unsigned"),
        ("Switch", Outcome.REFUSED, "unsigned"),
    ]


async def test_e24_a_site_that_accepts_unsigned_orders_still_guards_and_leases_them(open_bench: CommandBench) -> None:
    bench = open_bench
    orders = [Metric(SETPOINT, 24.0), Metric(SETPOINT, 99.0), Metric(SETPOINT, "warm"), Metric("Mode", 1)]
    await bench.service.refuse_plain("ac-1", orders)
    await bench.service.refuse_plain("ghost", orders[:1])
    assert bench.written() == [24.0]
    assert [(one.outcome, one.reason) for one in bench.receipts] == [
        (Outcome.VERIFIED, "written"),
        (Outcome.REFUSED, "outside_limits"),
        (Outcome.REFUSED, "not_a_number"),
        (Outcome.REFUSED, "not_permitted"),
        (Outcome.REFUSED, "unknown_device"),
    ]
    bench.clock.advance(901)
    await bench.service.scan("ac-1")
    assert bench.written() == [24.0, 26.0]
    assert bench.receipts[-1].outcome is Outcome.RELINQUISHED


async def test_a_slow_device_does_not_hold_up_another(bench: CommandBench) -> None:
    bench.devices.gates["ac-1"] = asyncio.Event()
    slow = bench.command()
    waiting = asyncio.create_task(bench.send(slow))
    await asyncio.sleep(0)
    quick = await bench.order(device="ac-2")
    assert bench.told(quick) == [(Outcome.VERIFIED, "written")]
    assert bench.told(slow) == []
    bench.devices.gates["ac-1"].set()
    await waiting
    assert bench.told(slow) == [(Outcome.VERIFIED, "written")]


async def test_a_command_that_expires_while_it_waits_for_its_device_is_not_written(bench: CommandBench) -> None:
    gate = bench.devices.gates["ac-1"] = asyncio.Event()
    first, second = bench.command(expires_ms=bench.clock.now_ms() + 60_000), bench.command(value=25.0, priority=9)
    tasks = [asyncio.create_task(bench.send(one)) for one in (first, second)]
    await asyncio.sleep(0)
    bench.clock.advance(31)
    gate.set()
    await asyncio.gather(*tasks)
    assert bench.told(first) == [(Outcome.VERIFIED, "written")]
    assert bench.told(second) == [(Outcome.EXPIRED, "expired")]
    assert bench.written() == [24.0]


async def test_more_orders_than_a_device_can_have_waiting_are_refused_as_busy(bench: CommandBench) -> None:
    gate = bench.devices.gates["ac-1"] = asyncio.Event()
    commands = [bench.command() for _ in range(MAX_WAITING + 3)]
    tasks = [asyncio.create_task(bench.send(one)) for one in commands]
    for _ in range(5):
        await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    assert [bench.told(one) for one in commands[-3:]] == [[(Outcome.REFUSED, "busy")]] * 3
    assert bench.told(commands[0])[0] == (Outcome.VERIFIED, "written")


async def test_without_a_journal_nothing_is_written_and_the_agent_lives_on(
    bench: CommandBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "intend", full)
        await bench.order()
    assert bench.devices.writes == []
    assert bench.receipts == []
    command = await bench.order()
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]


async def test_a_receipt_that_did_not_reach_the_outbox_is_handed_over_after_the_restart(bench: CommandBench) -> None:
    bench.outbox_fault = sqlite3.OperationalError("disk I/O error")
    command = await bench.order()
    assert bench.receipts == []
    bench.outbox_fault = None
    bench.restart()
    await bench.service.scan("ac-1")
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]


async def test_run_keeps_leases_and_resolves_what_the_last_process_left(bench: CommandBench) -> None:
    command = await bench.order(lease_s=30.0)
    received = bench.command(device="ac-2")
    bench.journal.receive(received, counts=True)
    bench.restart()
    bench.clock.is_eager = False
    running = asyncio.create_task(bench.service.run())
    try:
        await bench.clock.until_asleep(4)
        assert bench.told(received) == [(Outcome.FAILED, "restarted")]
        for _ in range(35):
            bench.clock.advance(1)
            await bench.clock.until_asleep(4)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert bench.told(command) == [(Outcome.VERIFIED, "written"), (Outcome.RELINQUISHED, "lease_ended")]
    assert bench.devices.writes == [("ac-1", SETPOINT, 24.0), ("ac-1", SETPOINT, 26.0)]


async def test_receipts_of_a_clock_beyond_the_calendar_can_still_be_read(bench: CommandBench) -> None:
    bench.clock.set_wall(9_100_000_000_000)
    command = await bench.order()
    bench.restart()
    await bench.service.scan("ac-1")
    assert bench.told(command) == [(Outcome.VERIFIED, "written")]
