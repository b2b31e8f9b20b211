"""What the drivers hand in: stamped, thinned, committed in one go; facts and receipts kept."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_profiles.profile import Point
from edge_agent.acquisition import intake as intake_module
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.malformed import KEPT_OF_EACH
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.delivery.outbox import Lane, Outbox
from foundation.clock import SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from gateway.messages import CommandReceipt, DeviceEvent, Outcome, Reading
from gateway.row_reader import RowContent, read_row
from gateway.sparkplug.codec import parse

T0 = 1_790_000_000_000


class Bench:
    """An intake with its outbox, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.outbox = Outbox(folder / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=1000)
        self.image = ProcessImage()
        self.told: list[tuple[str, bool, int]] = []
        self.commits = 0
        self.intake = OutboxIntake(
            outbox=self.outbox,
            image=self.image,
            deadband=Deadband({}, max_silence_s=0, counter_silence_s=60),
            clock=SystemClock(),
            rng=SeededRng(2),
            on_life=lambda device, alive, at: self.told.append((device, alive, at)),
            on_readings=lambda device, readings: None,
            on_commit=self.count_commit,
        )

    def count_commit(self) -> None:
        self.commits += 1

    def rows(self) -> list[RowContent]:
        return [read_row(parse(row.body), {}, {}) for row in self.outbox.rows_after(Lane.LIVE, 0, limit=1000)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.outbox.close()


async def test_what_was_handed_in_is_committed_together(bench: Bench) -> None:
    bench.intake.readings("a-main", [Reading("P", 1.0, T0), Reading("Q", 2.0, T0)])
    bench.intake.readings("b-main", [Reading("P", 3.0, T0)])
    assert bench.outbox.counts().rows == 0
    await bench.intake.commit()
    counts = bench.outbox.counts()
    assert (counts.acquired, counts.rows, bench.commits) == (3, 2, 1)
    assert bench.image.last("a-main", "P") == Reading("P", 1.0, T0)


async def test_e13_time_of_a_device_grows_strictly_even_over_a_restart(bench: Bench, tmp_path: Path) -> None:
    bench.intake.readings("a-main", [Reading("P", 1.0, T0)])
    bench.intake.readings("a-main", [Reading("P", 2.0, T0)])
    await bench.intake.commit()
    bench.outbox.close()
    again = Bench(tmp_path)
    again.intake.readings("a-main", [Reading("P", 3.0, T0 - 5)])
    await again.intake.commit()
    assert [row.readings[0].measured_ms for row in again.rows()] == [T0, T0 + 1, T0 + 2]
    again.outbox.close()


async def test_an_old_fix_of_a_device_with_its_own_clock_keeps_its_time(bench: Bench) -> None:
    bench.intake.readings("car-01", [Reading("Speed", 1.0, T0)])
    bench.intake.readings("car-01", [Reading("Speed", 2.0, T0 - 60_000)])
    await bench.intake.commit()
    assert [row.readings[0].measured_ms for row in bench.rows()] == [T0, T0 - 60_000]


async def test_e17_a_device_that_comes_and_goes_is_announced_and_kept_as_events(bench: Bench) -> None:
    bench.intake.device_found("a-main", 1)
    bench.intake.device_lost("a-main", 2, "timeout")
    assert bench.intake.lost_devices == {"a-main": 2}
    bench.intake.device_found("a-main", 3)
    await bench.intake.commit()
    events = [event for row in bench.rows() for event in row.events]
    assert [(event.kind, event.device, event.data["alive"]) for event in events] == [
        ("device.life", "a-main", False),
        ("device.life", "a-main", True),
    ]
    assert bench.told == [("a-main", True, 1), ("a-main", False, 2), ("a-main", True, 3)]
    assert not bench.intake.lost_devices


async def test_events_and_receipts_are_no_readings(bench: Bench) -> None:
    bench.intake.event(DeviceEvent("e1", "camera.review", "cam-gate", T0))
    await bench.intake.receipt(CommandReceipt("r1", "c1", "a-ac-1", "Switch", Outcome.VERIFIED, "", True, T0))
    await bench.intake.commit()
    counts = bench.outbox.counts()
    assert (counts.acquired, counts.rows) == (0, 2)
    assert {event.event_id for row in bench.rows() for event in row.events} == {"e1"}
    assert {receipt.receipt_id for row in bench.rows() for receipt in row.receipts} == {"r1"}


async def test_a_babbling_device_neither_fills_the_outbox_nor_hides_another(bench: Bench) -> None:
    for number in range(KEPT_OF_EACH + 150):
        bench.intake.malformed("frigate/events", b"\xff%d" % number, "not JSON")
    bench.intake.malformed("owntracks/van/1", b"\xff", "not JSON")
    await bench.intake.commit()
    told = [event.data for row in bench.rows() for event in row.events]
    assert [(one["topic"], one["count"]) for one in told] == [
        *(("frigate/events", count) for count in range(1, KEPT_OF_EACH + 1)),
        ("owntracks/van/1", 1),
    ]


async def test_a_disk_that_is_full_for_a_while_loses_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as full:
        full.setattr(bench.outbox, "put", refuse)
        bench.intake.readings("a-main", [Reading("P", 1.0, T0)])
        await bench.intake.commit()
        assert bench.commits == 0
    bench.intake.readings("a-main", [Reading("P", 2.0, T0 + 1)])
    await bench.intake.commit()
    assert [row.readings[0].value for row in bench.rows()] == [1.0, 2.0]
    assert bench.outbox.stamps() == {"a-main": T0 + 1}


async def test_a_disk_that_refuses_does_not_hide_the_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def refuse(*_: object, **__: object) -> None:
        begun.set()
        go_on.wait(5)
        raise sqlite3.OperationalError("database or disk is full")

    bench.intake.readings("a-main", [Reading("P", 1.0, T0)])
    with monkeypatch.context() as full:
        full.setattr(bench.outbox, "put", refuse)
        committing = asyncio.create_task(bench.intake.commit())
        assert await asyncio.to_thread(begun.wait, 5)
        committing.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await committing
    await bench.intake.commit()
    assert [row.readings[0].value for row in bench.rows()] == [1.0], "the last commit takes what the one before left"


async def test_who_asks_is_told_once_all_that_was_handed_in_before_is_durable(bench: Bench) -> None:
    assert await bench.intake.committed() is True, "nothing waits"
    bench.intake.readings("car-01", [Reading("Speed", 1.0, T0)])
    asked = asyncio.create_task(bench.intake.committed())
    await asyncio.sleep(0)
    bench.intake.readings("car-01", [Reading("Speed", 2.0, T0 + 5_000)])
    assert not asked.done()
    await bench.intake.commit()
    assert await asked is True
    assert bench.outbox.counts().rows == 2


async def test_who_asks_is_told_when_the_disk_was_full_for_too_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(intake_module, "MAX_WAITING", 1)
    bench.intake.readings("car-01", [Reading("Speed", 1.0, T0)])
    first = asyncio.create_task(bench.intake.committed())
    await asyncio.sleep(0)
    bench.intake.readings("car-01", [Reading("Speed", 2.0, T0 + 5_000)])
    with monkeypatch.context() as full:
        full.setattr(bench.outbox, "put", refuse)
        await bench.intake.commit()
    assert await first is False
    assert bench.intake.left_out == 1
    await bench.intake.commit()
    assert [row.readings[0].value for row in bench.rows()] == [2.0]


async def test_what_a_dead_disk_makes_us_leave_out_is_counted_once_it_lives_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(intake_module, "MAX_WAITING", 2)
    bench.intake.event(DeviceEvent("e1", "camera.review", "cam-gate", T0))
    for place in range(3):
        bench.intake.readings("a-main", [Reading("P", float(place), T0 + place)])
    with monkeypatch.context() as dead:
        dead.setattr(bench.outbox, "put", refuse)
        await bench.intake.commit()
    await bench.intake.commit()
    counts = bench.outbox.counts()
    assert {event.event_id for row in bench.rows() for event in row.events} == {"e1"}, "readings go first"
    assert (counts.acquired, counts.readings, counts.dropped) == (3, 1, {"memory": 2})
    bench.intake.readings("a-main", [Reading("P", 9.0, T0 + 9)])
    await bench.intake.commit()
    assert bench.outbox.counts().dropped == {"memory": 2}, "counted once"


async def test_a_value_that_was_left_out_is_sent_again_although_it_has_not_changed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async def poll(second: int, *devices: str) -> None:
        for device in devices:
            bench.intake.readings(device, [Reading("P", 5.0, T0 + second * 1_000)])
        await bench.intake.commit()

    points = {device: {"P": Point(name="P", table="holding", address=0, type="int16")} for device in ("a", "b")}
    monkeypatch.setattr(bench.intake, "_deadband", Deadband(points, max_silence_s=300, counter_silence_s=60))
    monkeypatch.setattr(intake_module, "MAX_WAITING", 1)
    with monkeypatch.context() as dead:
        dead.setattr(bench.outbox, "put", refuse)
        await poll(0, "a", "b")
        await poll(1, "a", "b")
        assert bench.intake.left_out == 1, "what is left out is not collected again while the disk takes nothing"
    await poll(2, "a", "b")
    await poll(3, "a", "b")
    await poll(4, "a", "b")
    devices = [row.device for row in bench.outbox.rows_after(Lane.LIVE, 0, limit=10)]
    times = [row.readings[0].measured_ms - T0 for row in bench.rows()]
    assert list(zip(devices, times, strict=True)) == [("b", 0), ("a", 3_000)]
