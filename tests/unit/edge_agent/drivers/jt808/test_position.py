"""Position reports: units and times, alarms that begin, areas, batches, and the shifted datum."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.jt808.alarms import CODES, AlarmEdges
from edge_agent.drivers.jt808.gcj02 import to_gcj02, to_wgs84
from edge_agent.drivers.jt808.position import BASE_BYTES, read_batch, read_position, read_time
from edge_agent.drivers.jt808.terminal import Terminal
from edge_agent.drivers.report import Heard
from edge_agent.site import Device
from foundation.errors import ContractError
from foundation.texts import load_texts
from tests.support.jt808_frames import LAT, LON, TERMINAL, batch, position

FIX_MS = 1_790_000_000_000
NOW_MS = FIX_MS + 2_000
PROFILE = load_catalogue().get("jt808.terminal")
SOS, OVERSPEED, AREA = 1, 2, 1 << 20
ITEMS = bytes.fromhex("0104000189ce 02020203 300118 31010c ff03aabbcc".replace(" ", ""))
"""Odometer 10,081.4 km, fuel 51.5 L, signal 24, 12 satellites, and an item that nobody knows."""


def terminal(**parts: Any) -> Terminal:
    device = Device(id="vehicle-1", profile=PROFILE.id, bus="road", address=TERMINAL)
    return Terminal(InstalledDevice(device, PROFILE.model_copy(update=parts)))


def values(heard: Heard) -> Mapping[str, Any]:
    return {reading.point: reading.value for reading in heard.readings}


def alarms(heard: Heard) -> list[str]:
    return [event.data["alarm"] for event in heard.events if event.kind == "vehicle.alarm"]


def test_a_report_becomes_readings_in_base_units_at_the_time_of_the_fix_in_utc() -> None:
    heard = terminal().report(position(FIX_MS, items=ITEMS), NOW_MS)
    assert values(heard) == {
        "Location/Lat": 23.217,
        "Location/Lon": 108.5,
        "Speed": 42.5,
        "Course": 90.0,
        "Odometer": 10_081_400,
        "Ignition": 1,
        "Fuel/Volume": 51.5,
        "Satellites": 12.0,
        "Signal/Radio": 24.0,
    }
    assert {reading.measured_ms for reading in heard.readings} == {FIX_MS}
    assert (heard.is_alive, heard.events) == (True, ())


def test_a_real_report() -> None:
    """From a frame in traccar's tests: 2026-06-15 10:57:25 at UTC+8, no fix, odometer 10 km, signal 31."""
    body = bytes.fromhex(
        "00000000000c0002000000000000000000710000014626061510572501040000006430011f31010ce10200722b04ab560000"
    )
    read = read_position(body)
    assert read.measured_ms == 1_781_492_245_000
    assert {name: int(value) for name, value in read.fields.items()} == {
        "ignition": 0, "speed": 0, "course": 326, "odometer": 100, "signal": 31, "sat": 12,
    }  # fmt: skip


def test_south_and_west_are_negative() -> None:
    heard = terminal().report(position(FIX_MS, status=0b1111), NOW_MS)
    assert (values(heard)["Location/Lat"], values(heard)["Location/Lon"]) == (-23.217, -108.5)


@pytest.mark.parametrize("bcd", ["000000000000", "261345000000", "26022a101112", "250230101112", "ffffffffffff"])
def test_what_is_no_time_is_none(bcd: str) -> None:
    assert read_time(bytes.fromhex(bcd)) is None


def test_without_a_fix_the_rest_is_kept_and_told_once() -> None:
    vehicle = terminal()
    first = vehicle.report(position(FIX_MS, status=0b01, items=ITEMS), NOW_MS)
    assert [event.data["reason"] for event in first.events] == ["no_fix"]
    assert set(values(first)) == {"Odometer", "Ignition", "Fuel/Volume", "Satellites", "Signal/Radio"}
    assert vehicle.report(position(FIX_MS + 5_000, status=0b01), NOW_MS).events == ()


def test_a_terminal_ahead_of_time_measures_nothing_and_its_alarm_is_not_lost() -> None:
    heard = terminal().report(position(FIX_MS + 500_000, alarms=SOS), NOW_MS)
    assert heard.readings == ()
    assert [(event.kind, event.occurred_ms) for event in heard.events] == [
        ("vehicle.position_rejected", NOW_MS),
        ("vehicle.alarm", NOW_MS),
    ]


def test_an_edge_whose_own_clock_was_never_set_believes_the_satellites() -> None:
    heard = terminal().report(position(FIX_MS, alarms=SOS), 3_600_000)
    assert {reading.measured_ms for reading in heard.readings} == {FIX_MS}
    assert [(event.kind, event.occurred_ms) for event in heard.events] == [("vehicle.alarm", FIX_MS)]


def test_an_older_report_keeps_its_time_and_a_repeat_says_nothing_new() -> None:
    vehicle = terminal()
    vehicle.report(position(FIX_MS), NOW_MS)
    late = vehicle.report(position(FIX_MS - 600_000), NOW_MS)
    assert {reading.measured_ms for reading in late.readings} == {FIX_MS - 600_000}
    assert vehicle.report(position(FIX_MS), NOW_MS) == Heard("vehicle-1", is_alive=True)


def test_an_alarm_is_told_when_it_begins_and_again_after_it_has_ended() -> None:
    vehicle = terminal()
    bits = [0, SOS, SOS, SOS | OVERSPEED, OVERSPEED, 0, SOS]
    told = [
        alarms(vehicle.report(position(FIX_MS + 1_000 * step, alarms=one), NOW_MS)) for step, one in enumerate(bits)
    ]
    assert told == [[], ["sos"], [], ["overspeed"], [], [], ["sos"]]


def test_an_alarm_told_again_after_a_restart_is_the_same_event() -> None:
    report = position(FIX_MS, alarms=SOS)
    assert terminal().report(report, NOW_MS).events == terminal().report(report, NOW_MS + 60_000).events


def test_a_batch_that_comes_late_does_not_end_or_begin_what_is_now() -> None:
    edges = AlarmEdges()
    assert edges.begun(1_000, SOS) == ["sos"]
    assert [edges.begun(at_ms, bits) for at_ms, bits in [(100, 0), (200, OVERSPEED), (300, OVERSPEED)]] == [
        [],
        ["overspeed"],
        [],
    ]
    assert edges.begun(2_000, SOS) == []


def test_every_alarm_has_its_word_in_both_languages() -> None:
    missing = [code for code in {*CODES.values(), "unspecified"} if f"risk.word.{code}" not in load_texts()]
    assert missing == []


def test_an_area_crossed_is_the_transition_that_the_cloud_knows() -> None:
    leaving = bytes.fromhex("1206" + "01" + "0000002a" + "01")
    vehicle = terminal()
    heard = vehicle.report(position(FIX_MS, alarms=AREA, items=leaving), NOW_MS)
    (event,) = heard.events
    assert (event.kind, event.occurred_ms) == ("vehicle.transition", FIX_MS)
    assert event.data == {"event": "leave", "region": "42", "lat": 23.217, "lon": 108.5}
    assert vehicle.report(position(FIX_MS + 1_000, alarms=AREA, items=leaving), NOW_MS).events == ()


def test_a_batch_holds_reports() -> None:
    bodies = [position(FIX_MS - 1_000 * step) for step in range(3)]
    assert read_batch(batch(*bodies)) == bodies


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x01", batch(b"short"), batch(position(FIX_MS))[:-1], b"\xff\xff\x01"])
def test_a_batch_that_is_cut_off_is_refused_whole(body: bytes) -> None:
    with pytest.raises(ContractError):
        read_batch(body)


@given(body=st.binary(min_size=BASE_BYTES, max_size=120))
def test_no_report_raises_or_gives_a_place_off_the_earth(body: bytes) -> None:
    heard = terminal().report(body, NOW_MS)
    for reading in heard.readings:
        limit = {"Location/Lat": 90, "Location/Lon": 180}.get(reading.point)
        assert limit is None or (isinstance(reading.value, float) and abs(reading.value) <= limit)
        assert reading.measured_ms <= NOW_MS + 120_000


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((39.915, 116.404), (39.91640428150164, 116.41024449916938)),
        ((30.6107779, 121.0917077), (30.608604331756705, 121.09626935575027)),
        ((40.0, 116.0), (40.001213650174, 116.006141221789)),
    ],
)
def test_the_shift_is_the_one_that_others_compute(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-7)
    assert to_wgs84(*gcj02) == pytest.approx(wgs84, abs=1e-7)


@given(lat=st.floats(18, 53), lon=st.floats(74, 135))
def test_the_way_back_is_the_way_back_everywhere(lat: float, lon: float) -> None:
    assert to_wgs84(*to_gcj02(lat, lon)) == pytest.approx((lat, lon), abs=1e-7)


def test_places_outside_of_china_are_not_shifted() -> None:
    assert to_wgs84(48.8566, 2.3522) == (48.8566, 2.3522)


def test_a_profile_that_says_gcj02_is_converted() -> None:
    lat, lon = to_gcj02(LAT / 1e6, LON / 1e6)
    body = position(FIX_MS, lat=round(lat * 1e6), lon=round(lon * 1e6))
    told = values(terminal(datum="gcj02").report(body, NOW_MS))
    assert told["Location/Lat"] == pytest.approx(LAT / 1e6, abs=2e-6)
    assert told["Location/Lon"] == pytest.approx(LON / 1e6, abs=2e-6)
    assert abs(lon - LON / 1e6) > 1e-3, "the shift is hundreds of metres"
