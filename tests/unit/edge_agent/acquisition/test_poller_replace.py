"""A site changed under a running Poller, in virtual time: who is not named is asked at exactly the same times."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from edge_agent.acquisition.poller import Poller
from edge_agent.acquisition.site_change import SiteChange, change_between
from edge_agent.site import Site
from foundation.link import Dial, Link
from foundation.rng import SeededRng
from tests.support.modbus_server import echo_unit
from tests.support.profiles import catalogue_of, profile_of, register, site_of
from tests.support.recording_intake import RecordingIntake
from tests.support.virtual_clock import VirtualClock
from tests.unit.edge_agent.acquisition.test_poller import Line

POINTS = (register("Power", 10, poll="fast", ratio=["ct"]), register("Energy", 11, poll="slow"))
CATALOGUE = catalogue_of(profile_of(*POINTS, params={"ct": {"default": 1}}))


def site(*devices: dict[str, Any], lines: int = 3, **parts: Any) -> Site:
    buses = [{"id": f"line-{n}", "kind": "modbus_tcp", "host": f"host-{n}"} for n in range(1, lines + 1)]
    return site_of(buses, [{"unit": 1, **device} for device in devices], **parts)


def meter(number: int, **parts: Any) -> dict[str, Any]:
    return {"id": f"meter-{number}", "bus": f"line-{number}", **parts}


class World:
    """A Poller on lines in memory; every line counts how often it is dialled."""

    def __init__(self, first: Site) -> None:
        self.clock, self.intake = VirtualClock(), RecordingIntake()
        self.lines: dict[str, Line] = {}
        self.dialled: dict[str, int] = {}
        self.site = first
        self.poller = Poller(
            first, CATALOGUE, self.intake, self.clock, SeededRng(1), dial_factory=lambda bus: self._dial(bus.id)
        )

    def line(self, bus: str) -> Line:
        units = {unit: echo_unit() for unit in (1, 2)}
        return self.lines.setdefault(bus, Line(self.clock, units, delay_s=0.1))

    def _dial(self, bus: str) -> Dial:
        inner = self.line(bus).dial(None)

        async def dial() -> Link:
            self.dialled[bus] = self.dialled.get(bus, 0) + 1
            return await inner()

        return dial

    async def change(self, new: Site) -> SiteChange:
        """Change to `new`, with the time that a reply on the way takes."""
        change = change_between((self.site, CATALOGUE), (new, CATALOGUE))
        changing = asyncio.create_task(self.poller.replace(new, CATALOGUE, change))
        await self.clock.run_for(0.2)
        await changing
        self.site = new
        return change

    def times(self, bus: str) -> list[float]:
        return [round(at_s, 3) for at_s, _ in self.line(bus).requests]


@contextlib.asynccontextmanager
async def running(first: Site) -> AsyncIterator[World]:
    world = World(first)
    task = asyncio.create_task(world.poller.run())
    try:
        yield world
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_changed_ratio_leaves_the_times_and_connections_of_all_others_alone() -> None:
    async with running(site(meter(1), meter(2), meter(3))) as world:
        await world.clock.run_for(12)
        change = await world.change(site(meter(1), meter(2, params={"ct": 40}), meter(3)))
        await world.clock.run_for(47.8)
    assert (change.closed, change.removed, change.added) == (set(), {"meter-2"}, {"meter-2"})
    assert world.times("line-1") == [5.0 * turn for turn in range(13)]
    assert world.times("line-3") == [5.0 * turn for turn in range(13)]
    assert world.dialled == {"line-1": 1, "line-2": 1, "line-3": 1}
    assert {reading.value for reading in world.intake.values("meter-2", "Power")} == {10.0, 400.0}


async def test_a_meter_comes_and_another_goes_on_a_line_that_stays() -> None:
    first = {"id": "first", "bus": "line-1", "unit": 1}
    second = {"id": "second", "bus": "line-1", "unit": 2}
    async with running(site(first, lines=1)) as world:
        await world.clock.run_for(12)
        await world.change(site(first, second, lines=1))
        await world.clock.run_for(18)
        await world.change(site(second, lines=1))
        before = len(world.line("line-1").requests)
        await world.clock.run_for(30)
        asked = {request.unit for _, request in world.line("line-1").requests[before:]}
    of_first = [round(at_s, 3) for at_s, request in world.line("line-1").requests if request.unit == 1]
    assert of_first == [5.0 * turn for turn in range(7)]
    assert asked == {2}
    assert world.dialled == {"line-1": 1}
    assert world.intake.life == [("first", "found"), ("second", "found")]


async def test_a_device_that_leaves_while_it_answers_is_heard_out() -> None:
    async with running(site(meter(1), meter(2), lines=2)) as world:
        await world.clock.run_for(5.05)
        await world.change(site(meter(2), lines=2))
        polls = [device for device, _, _ in world.intake.polls]
        await world.clock.run_for(60)
    assert polls.count("meter-1") == 2
    assert world.times("line-1") == [0.0, 5.0]


async def test_new_periods_hold_for_everybody_without_a_new_connection() -> None:
    async with running(site(meter(1), lines=1)) as world:
        await world.clock.run_for(11)
        await world.change(site(meter(1), lines=1, poll={"fast_s": 2}))
        await world.clock.run_for(10)
    assert world.times("line-1")[3:] == [11.0, 13.0, 15.0, 17.0, 19.0, 21.0]
    assert world.dialled == {"line-1": 1}
    assert world.intake.life == [("meter-1", "found")]


async def test_a_bus_that_is_reached_elsewhere_is_opened_anew_and_a_name_alone_changes_nothing() -> None:
    async with running(site(meter(1), meter(2), lines=2)) as world:
        await world.clock.run_for(7)
        renamed = await world.change(site(meter(1, building="a", name={"en": "Cellar"}), meter(2), lines=2))
        moved = site(meter(1), meter(2), lines=2).model_dump(by_alias=True)
        moved["buses"][1]["host"] = "elsewhere"
        change = await world.change(Site.model_validate(moved))
        await world.clock.run_for(3)
    assert renamed.is_empty
    assert (change.closed, change.opened, change.removed) == ({"line-2"}, {"line-2"}, {"meter-2"})
    assert world.dialled == {"line-1": 1, "line-2": 2}
    assert world.times("line-1") == [0.0, 5.0, 10.0]


async def test_another_longest_silence_opens_the_brokers_anew_and_touches_no_line() -> None:
    def with_broker(max_silence_s: int) -> Site:
        lines = [{"id": "line-1", "kind": "modbus_tcp", "host": "host-1"}, {"id": "sensors", "kind": "mqtt"}]
        return site_of(lines, [{"unit": 1, **meter(1)}], poll={"max_silence_s": max_silence_s})

    old, new = with_broker(300), with_broker(60)
    change = change_between((old, CATALOGUE), (new, CATALOGUE))
    assert (change.closed, change.opened, change.removed) == ({"sensors"}, {"sensors"}, set())
    poller = Poller(old, CATALOGUE, RecordingIntake(), VirtualClock(), SeededRng(1))
    await poller.replace(new, CATALOGUE, SiteChange(*[frozenset()] * 4, is_plan_new=False))
    assert poller._around.max_silence_s == 60
