"""The walk through a SunSpec map, and what a device driver makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import SunspecDevice
from device_profiles.register import words_of
from device_profiles.sunspec import ModelPlace, cut_off, declared_models, resolved
from edge_agent.drivers.line.line import Line
from edge_agent.drivers.modbus import device as modbus_device
from edge_agent.drivers.modbus.device import ModbusDevice
from edge_agent.drivers.modbus.framing import MbapFraming
from edge_agent.drivers.modbus.sunspec import NotSunspec, find_models
from foundation.clock import SystemClock
from foundation.errors import DeviceError, DeviceRefused, DeviceTimeout
from foundation.link import tcp_dial
from gateway.messages import Quality
from simulators import sunspec_chain
from simulators.profile_server import ServedProfile, serve_profile

MARKER = [0x5375, 0x6E53]
INVERTER = load_catalogue().get("sunspec.inverter")
WANTED = SunspecDevice(models=(103, 101))


def chain(models: list[tuple[int, int]], base: int = 40_000) -> dict[int, int]:
    """Words of a map: the marker, ids and lengths, the end."""
    words = {base: MARKER[0], base + 1: MARKER[1]}
    address = base + 2
    for model, length in models:
        words |= {address: model, address + 1: length}
        address += 2 + length
    return words | {address: 0xFFFF, address + 1: 0}


def reader(words: dict[int, int], silent: tuple[int, ...] = ()) -> Callable[[int, int], object]:
    async def read(address: int, count: int) -> list[int]:
        if address in silent:
            raise DeviceTimeout("device", 1)
        if any(address + at not in words for at in range(count)):
            raise DeviceRefused("device", 2)
        return [words[address + at] for at in range(count)]

    return read


@given(
    st.sampled_from([40_000, 0, 50_000]), st.lists(st.tuples(st.integers(1, 0xFFFE), st.integers(0, 300)), max_size=20)
)
async def test_every_model_is_found_at_its_address_whatever_lies_between(
    base: int, models: list[tuple[int, int]]
) -> None:
    expected: dict[int, ModelPlace] = {}
    address = base + 2
    for model, length in [*models, (103, 50)]:
        expected.setdefault(model, ModelPlace(address, length))
        address += 2 + length
    assert await find_models(reader(chain([*models, (103, 50)], base)), WANTED) == expected


async def test_a_base_that_is_refused_or_holds_something_else_is_passed_over() -> None:
    words = {40_000: 1, 40_001: 2, **chain([(1, 66), (101, 50)], 50_000)}
    assert await find_models(reader(words), WANTED) == {1: ModelPlace(50_002, 66), 101: ModelPlace(50_070, 50)}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({}, "no SunSpec marker at 40000, 0, 50000"),
        (chain([(1, 66), (203, 105)]), "has SunSpec models 1, 203, none of 103, 101"),
        (chain([(7, 0)] * 200), "does not end"),
        (chain([(1, 65_000)]), "does not end"),
    ],
)
async def test_what_is_no_such_device_is_told(words: dict[int, int], reason: str) -> None:
    with pytest.raises(NotSunspec, match=reason):
        await find_models(reader(words), WANTED)


async def test_silence_and_a_list_cut_off_are_no_answer() -> None:
    with pytest.raises(DeviceTimeout):
        await find_models(reader({}, silent=(40_000,)), WANTED)
    words = chain([(1, 66), (103, 50)])
    del words[40_070]
    with pytest.raises(DeviceRefused):
        await find_models(reader(words), WANTED)


def test_alternatives_are_tried_in_the_order_of_the_profile_and_missing_models_leave_points_without_a_place() -> None:
    both = resolved(INVERTER, {101: ModelPlace(100, 50), 103: ModelPlace(200, 50)})
    assert both.point("Power/Active/Generated").address == 214
    assert both.point("Power/Active/Generated").scale_ref == 215
    one = resolved(INVERTER, {101: ModelPlace(100, 50)})
    assert one.point("Power/Active/Generated").address == 114
    assert one.point("Limit/ActivePower").register_place is None
    assert INVERTER.point("Power/Active/Generated").register_place is None


def driver(served: ServedProfile) -> tuple[Line, ModbusDevice]:
    line = Line("pv", tcp_dial(served.host, served.port), SystemClock())
    return line, ModbusDevice(line, MbapFraming(), 1, INVERTER, {}, SystemClock())


async def test_a_limit_goes_out_in_one_request_with_its_revert_time_and_comes_back() -> None:
    async with serve_profile(INVERTER) as served:
        line, device = driver(served)
        limit = INVERTER.point("Limit/ActivePower")
        await device.write(limit, 0.6)
        (reading,) = await device.read([limit])
        await line.close()
        writes = [request for request in served.requests if request.function in (5, 6, 16)]
        neighbours = served.unit.neighbours
    assert reading.value == pytest.approx(0.6)
    # Model 1 at 40002 is 66 words, model 103 at 40070 is 50: model 123 at 40122, its limit at offset 5.
    assert [(one.function, one.address, one.count) for one in writes] == [(16, 40_127, 5)]
    assert neighbours == {40_128: 0, 40_129: 3600, 40_130: 0, 40_131: 1}


async def test_connecting_writes_the_revert_time_before_the_switch() -> None:
    async with serve_profile(INVERTER) as served:
        line, device = driver(served)
        await device.write(INVERTER.point("Connected"), 0)
        await line.close()
        writes = [request for request in served.requests if request.function == 16]
        assert served.values["Connected"] == 0
        assert served.unit.neighbours == {40_124: 0, 40_125: 3600}
    assert [(one.address, one.count) for one in writes] == [(40_124, 3)]


async def test_the_walk_is_made_once_and_again_after_the_device_failed() -> None:
    async with serve_profile(INVERTER) as served:
        line, device = driver(served)
        power = [INVERTER.point("Power/Active/Generated")]
        await device.read(power)
        walked = served.unit.request_count
        await device.read(power)
        assert served.unit.request_count == walked + 1
        served.inject("refuses", 4)
        with pytest.raises(DeviceError):
            await device.read(power)
        served.heal()
        before = served.unit.request_count
        assert (await device.read(power))[0].quality is Quality.GOOD
        assert served.unit.request_count - before == walked
        await line.close()


async def test_a_device_without_controls_says_so_and_takes_no_write() -> None:
    without = INVERTER.model_copy(update={"writable": (), "points": INVERTER.points[:-1]})
    async with serve_profile(without) as served:
        line, device = driver(served)
        (reading,) = await device.read([INVERTER.point("Limit/ActivePower")])
        assert (reading.value, reading.quality) == (None, Quality.GOOD)
        with pytest.raises(DeviceError, match="has no Limit/ActivePower"):
            await device.write(INVERTER.point("Limit/ActivePower"), 0.5)
        await line.close()
        assert {request.function for request in served.requests} == {3}


async def test_a_model_that_reaches_beyond_the_last_register_is_the_fault_of_its_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def find(*_: object) -> dict[int, ModelPlace]:
        return {103: ModelPlace(65_534, 50)}

    monkeypatch.setattr(modbus_device, "find_models", find)
    line = Line("line", tcp_dial("127.0.0.1", 1), SystemClock())
    device = ModbusDevice(line, MbapFraming(), 1, INVERTER, {}, SystemClock())
    with pytest.raises(NotSunspec, match="last register"):
        await device.read(INVERTER.all_points)


@given(st.integers(0, 80))
def test_a_point_has_registers_where_all_its_words_lie_inside_its_model(length: int) -> None:
    """Its value, its scale factor, and for a writable point the words written with it."""
    placed = resolved(INVERTER, {103: ModelPlace(1_000, length)})
    for before, point in zip(INVERTER.all_points, placed.all_points, strict=True):
        if before.sunspec is None or 103 not in before.sunspec.models:
            continue
        last = max(before.sunspec.offset + words_of(before.type or ""), (before.scale_ref or 0) + 1)
        assert (point.register_place is not None) == (last <= 2 + length), before.name
        told = before.name in cut_off(INVERTER, {103: ModelPlace(1_000, length)}).get(103, ())
        assert told == (point.register_place is None)


@pytest.mark.parametrize(("length", "has_limit"), [(24, True), (40, True), (22, True), (21, False), (7, False)])
def test_a_limit_without_all_its_words_is_no_limit(length: int, has_limit: bool) -> None:
    """Model 123: the value at 5, its scale factor at 23; longer models are those of later editions."""
    placed = resolved(INVERTER, {123: ModelPlace(1_000, length)})
    assert (placed.point("Limit/ActivePower").register_place is not None) == has_limit
    assert placed.point("Connected").register_place is not None


def test_models_as_long_as_the_profile_needs_or_longer_are_not_cut_off() -> None:
    for more in (0, 1, 200):
        models = {model: ModelPlace(0, length + more) for model, length in declared_models(INVERTER).items()}
        assert cut_off(INVERTER, models) == {}


async def test_a_shorter_model_is_read_to_its_end_and_what_lies_behind_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sunspec_chain._LENGTHS, 103, 30)
    monkeypatch.setattr(sunspec_chain, "declared_models", lambda _: {1: 64, 103: 30})
    async with serve_profile(INVERTER) as served:
        line, device = driver(served)
        for _ in range(2):
            readings = {reading.point: reading for reading in await device.read(INVERTER.all_points)}
            served.inject("refuses", 4)
            with pytest.raises(DeviceError):
                await device.read(INVERTER.all_points)
            served.heal()
        with pytest.raises(DeviceError, match="has no Limit/ActivePower"):
            await device.write(INVERTER.point("Limit/ActivePower"), 0.5)
        await line.close()
    # Model 1 at 40002 (66 words), model 103 at 40070 (30 words): the end of the list at 40102.
    assert max(one.address + one.count for one in served.requests) == 40_104
    assert readings["Voltage/DC"].value is not None
    for name in ("Power/DC", "Temperature/Cabinet", "Inverter/State", "Inverter/Events"):
        assert (readings[name].value, readings[name].quality) == (None, Quality.GOOD)
    (told,) = caplog.messages
    assert "model 103 has only 30 words, not read: Power/DC, Temperature/Cabinet" in told
