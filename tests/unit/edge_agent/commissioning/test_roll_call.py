"""Meters found on a line that several share, in virtual time: alone, by their types, or as a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.commissioning.bench import Bench
from edge_agent.commissioning.identify import Candidate, Verdict
from edge_agent.commissioning.place import LANGUAGES, Crowd, Language, Place
from edge_agent.commissioning.report import FoundUnit, as_json, lines
from edge_agent.drivers.cjt188.frame import ANY_ADDRESS, ANY_TYPE, READ_ADDRESS, SHAPE, build, frames_in
from edge_agent.drivers.identified.frame import LEAD_IN, stray_bytes
from edge_agent.site import Device
from edge_agent.site_lines import SerialOverTcpBus
from foundation.link import Link
from simulators.cjt188_meter import COLD_WATER, HEAT, Cjt188Meter
from simulators.dlt645_meter import Dlt645Meter
from simulators.serial_wire import SerialWire, WireUnit
from tests.support.virtual_loop import LoopClock, run_virtual

CATALOGUE = load_catalogue()
BUS = SerialOverTcpBus(id="wire", kind="serial_over_tcp", host="wire", port=1)
WATER_VALUES = {"Volume/Positive": 51.5, "Volume/Settlement": 50.0}
HEAT_VALUES = {
    "Energy/Settlement": 1.0, "Energy/Heat": 1234.5, "Power/Heat": 12.5, "Flow": 1.25, "Volume/Positive": 99.0,
    "Temperature/Supply": 65.25, "Temperature/Return": 45.5, "Hours": 1000.0,
}  # fmt: skip
HOT_WATER, GAS, RARE, FOREIGN = 0x11, 0x30, 0x19, 0x1F
CALL = build(ANY_TYPE, ANY_ADDRESS, READ_ADDRESS, b"\x0a\x81\x00")
EMPTY_S = 0.3


class MemoryWire:
    """Fits Link: the wire answers 0.1 s later."""

    def __init__(self, wire: SerialWire) -> None:
        self.wire, self.calls = wire, 0
        self._coming: list[bytes] = []

    async def send(self, data: bytes) -> None:
        self.calls += 1
        answer = self.wire.hear(data)
        if answer:
            self._coming.append(answer)

    async def receive(self, timeout_s: float) -> bytes:
        if not self._coming or timeout_s < 0.1:
            await asyncio.sleep(timeout_s)
            raise TimeoutError
        await asyncio.sleep(0.1)
        return self._coming.pop(0)

    async def close(self) -> None: ...


def bench_on(link: MemoryWire) -> Bench:
    async def dial() -> Link:
        return link

    return Bench(BUS, CATALOGUE, LoopClock(), lambda _: dial)


def search(
    units: Sequence[WireUnit], languages: Sequence[Language] = ("dlt645", "cjt188"), *, has_echo: bool = False
) -> list[Place | Crowd]:
    async def main() -> list[Place | Crowd]:
        bench = bench_on(MemoryWire(SerialWire(units, has_echo=has_echo)))
        return [found async for found in bench.search([], EMPTY_S, languages)]

    return run_virtual(main())


def candidates(meter: Cjt188Meter, place: Place, params: Mapping[str, int] | None = None) -> list[Candidate]:
    async def main() -> list[Candidate]:
        bench = bench_on(MemoryWire(SerialWire([meter])))
        installed = None if params is None else installed_as(meter, params)
        return await bench.candidates(await bench.located(place), installed)

    return run_virtual(main())


def installed_as(meter: Cjt188Meter, params: Mapping[str, int]) -> Device:
    parts = {"id": "m", "profile": "generic.cjt188_water", "bus": "wire", "address": meter.address, "params": params}
    return Device.model_validate(parts)


def water(number: int, meter_type: int = COLD_WATER, **parts: bool) -> Cjt188Meter:
    return Cjt188Meter(f"{number:014d}", meter_type, WATER_VALUES, **parts)


def heat(number: int) -> Cjt188Meter:
    return Cjt188Meter(f"{number:014d}", HEAT, HEAT_VALUES)


def place_of(meter: Cjt188Meter) -> Place:
    return Place(None, meter.address, meter.meter_type, meter.is_high_first)


@pytest.mark.parametrize("meter_type", [COLD_WATER, HOT_WATER, HEAT, GAS, RARE])
@pytest.mark.parametrize("is_high_first", [False, True])
@pytest.mark.parametrize("has_echo", [False, True])
def test_a_meter_alone_is_found_whatever_its_type_and_order(
    meter_type: int, is_high_first: bool, has_echo: bool
) -> None:
    meter = water(41, meter_type, is_high_first=is_high_first)
    assert search([meter], has_echo=has_echo) == [place_of(meter)]


def test_a_meter_that_answers_to_its_own_type_alone_is_found() -> None:
    meter = water(41, HOT_WATER, knows_any_type=False)
    assert search([meter]) == [place_of(meter)]


def test_meters_of_different_types_are_parted_by_their_type_codes() -> None:
    meters = [water(41), water(42, HOT_WATER, is_high_first=True), heat(43)]
    assert set(search(meters)) == {place_of(meter) for meter in meters}


def test_meters_of_one_type_are_told_as_a_crowd_beside_those_that_can_be_told_apart() -> None:
    one = heat(43)
    assert search([water(41), water(42), one]) == [Crowd("cjt188", COLD_WATER), place_of(one)]


def test_meters_of_rare_types_are_parted_too() -> None:
    meters = [water(43), water(41, RARE), water(42, RARE)]
    assert search(meters) == [place_of(meters[0]), Crowd("cjt188", RARE)]
    assert search(meters[:2]) == [place_of(meter) for meter in meters[:2]]


def test_meters_that_no_code_parts_are_a_crowd_without_a_type() -> None:
    assert search([water(41, FOREIGN), water(44, FOREIGN)]) == [Crowd("cjt188")]


def test_two_answers_that_together_look_like_a_third_meter_are_not_taken_for_it() -> None:
    together = SerialWire([water(2), water(4)]).hear(CALL)
    assert [frame.address for frame in frames_in(together)] == [bytes(7)]
    assert search([water(2), water(4)]) == [Crowd("cjt188", COLD_WATER)]
    meters = [Dlt645Meter(f"{number:012d}", {}) for number in (2, 4)]
    assert search(meters) == [Crowd("dlt645")]


def test_electricity_meters_that_answer_at_once_are_a_crowd_too() -> None:
    meters = [Dlt645Meter(f"{number:012d}", {}) for number in (41, 42)]
    assert search(meters[:1]) == [Place(address="000000000041")]
    assert search([*meters, one := water(43)]) == [Crowd("dlt645"), place_of(one)]


def test_only_the_languages_asked_for_are_spoken() -> None:
    units = [Dlt645Meter("000000000041", {}), water(43)]
    assert search(units, ["dlt645"]) == [Place(address="000000000041")]
    assert search(units, ["cjt188"]) == [place_of(water(43))]
    assert search([], LANGUAGES) == []


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.integers(1, 9_999), st.sampled_from([COLD_WATER, HOT_WATER, RARE]), min_size=1, max_size=4))
def test_every_meter_is_found_or_belongs_to_a_crowd(types: Mapping[int, int]) -> None:
    by_type = {one: [water(*meter) for meter in types.items() if meter[1] == one] for one in types.values()}
    expected = {one for of_type in by_type.values() for one in told_of(of_type)}
    assert set(search([water(*meter) for meter in types.items()], ["cjt188"])) == expected


def told_of(of_type: Sequence[Cjt188Meter]) -> list[Place | Crowd]:
    """Meters of one type are a crowd, unless their answers fall together to that of one of them: nobody hears more."""
    together = SerialWire(of_type).hear(CALL)
    heard = [place_of(one) for one in of_type if SerialWire([one]).hear(CALL) == together]
    return list(heard) or [Crowd("cjt188", of_type[0].meter_type)]


def test_a_few_stray_bytes_are_no_crowd() -> None:
    quiet = bytes(7)
    assert len(stray_bytes(quiet, SHAPE)) == 7
    assert stray_bytes(LEAD_IN + bytes.fromhex("681018021220200000830381 0A00F516"), SHAPE) == b""
    wire = SerialWire([water(41)], noise=quiet)

    async def main() -> list[Place | Crowd]:
        return [found async for found in bench_on(MemoryWire(wire)).search([], EMPTY_S, ["cjt188"])]

    assert run_virtual(main()) == [place_of(water(41))]


@pytest.mark.parametrize("is_high_first", [False, True])
def test_the_meter_is_recognised_with_the_parameters_that_it_needs(is_high_first: bool) -> None:
    meter = water(41, HOT_WATER, is_high_first=is_high_first)
    first, *others = candidates(meter, place_of(meter))
    assert (first.profile.id, first.verdict) == ("generic.cjt188_water", Verdict.MATCHES)
    assert first.params == {"meter_type": HOT_WATER, "id_high_first": is_high_first}
    reasons = {one.profile.id: one.reason for one in others}
    assert reasons == {
        "generic.cjt188_gas": "it is a meter of type 11H, not 30H..39H",
        "generic.cjt188_heat": "it is a meter of type 11H, not 20H..29H",
    }


def test_a_meter_whose_data_want_the_other_order_than_its_address_is_recognised() -> None:
    meter = water(41, is_high_first=True)
    (first, *_) = candidates(meter, Place(None, meter.address, COLD_WATER, is_high_first=False))
    assert (first.verdict, first.params) == (Verdict.MATCHES, {"meter_type": COLD_WATER, "id_high_first": 1})


def test_a_probe_of_an_address_learns_the_type_even_against_the_site_file() -> None:
    meter = water(41, HOT_WATER, knows_any_type=False)
    (first, *_) = candidates(meter, Place(address=meter.address), {"meter_type": COLD_WATER})
    assert (first.profile.id, first.verdict) == ("generic.cjt188_water", Verdict.MATCHES)
    assert first.params["meter_type"] == HOT_WATER


def test_a_dead_meter_fits_no_profile() -> None:
    found = candidates(Cjt188Meter("00000000000041", COLD_WATER, WATER_VALUES, is_dead=True), Place(None, "0" * 14))
    assert {one.verdict for one in found} == {Verdict.DIFFERS}


def test_the_report_tells_type_parameters_and_crowds() -> None:
    meter = water(41, HOT_WATER)
    found = FoundUnit(place_of(meter), candidates(meter, place_of(meter)))
    told = as_json(found)
    assert (told["address"], told["crowd"]) == (meter.address, None)
    assert told["params"] == {"meter_type": 17, "id_high_first": 0}
    assert told["values"]["Volume/Positive"] == "51.5 m3"
    shown = list(lines(found, "en"))
    assert shown[0] == f"address {meter.address} type 11H"
    assert "    params: {meter_type: 17, id_high_first: 0}" in shown
    crowd = Crowd("cjt188", COLD_WATER)
    assert as_json(crowd)["crowd"] == {"language": "cjt188", "meter_type": 16}
    assert "10H" in next(lines(crowd, "en"))
    assert "10H" in next(lines(crowd, "zh-CN"))
    for unparted in (Crowd("cjt188"), Crowd("dlt645")):
        assert as_json(unparted)["candidates"] == []
        assert next(lines(unparted, "en")) != next(lines(unparted, "zh-CN"))
