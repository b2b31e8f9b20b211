import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.owntracks import OwnTracksTranslator
from edge_agent.drivers.report import Heard
from edge_agent.site import Device
from foundation.errors import ContractError
from gateway.messages import DeviceEvent, Quality, Reading

TST = 1_790_000_000
NOW_MS = TST * 1000 + 2_000
TOPIC = "owntracks/fleet/car-01"
PROFILE = load_catalogue().get("owntracks.tracker")


def fleet() -> OwnTracksTranslator:
    device = Device(id="vehicle-1", profile=PROFILE.id, bus="mqtt", address="car-01")
    return OwnTracksTranslator([InstalledDevice(device, PROFILE)])


def hear(translator: OwnTracksTranslator, message: Any, topic: str = TOPIC, now_ms: int = NOW_MS) -> list[Heard]:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return translator.translate(topic, payload, now_ms)


def location(**parts: Any) -> dict[str, Any]:
    fix = {"_type": "location", "tst": TST, "lat": 36.0611, "lon": 103.8343, "vel": 42, "cog": 90, "batt": 80}
    return {**fix, **parts}


def rejections(heard: list[Heard]) -> list[DeviceEvent]:
    return [event for one in heard for event in one.events if event.kind == "vehicle.position_rejected"]


def test_a_fix_becomes_readings_in_base_units_at_the_time_of_the_fix() -> None:
    (heard,) = hear(fleet(), location(odometer=12_345.678))
    assert heard.is_alive is True
    assert {reading.point: reading.value for reading in heard.readings} == {
        "Location/Lat": 36.0611,
        "Location/Lon": 103.8343,
        "Speed": 42.0,
        "Course": 90.0,
        "Battery": 0.8,
        "Odometer": 12_345_678,
    }
    assert {reading.measured_ms for reading in heard.readings} == {TST * 1000}


def test_fields_that_the_tracker_does_not_send_are_left_out() -> None:
    (heard,) = hear(fleet(), {"_type": "location", "tst": TST, "lat": 36.0, "lon": 103.0})
    assert {reading.point for reading in heard.readings} == {"Location/Lat", "Location/Lon"}


def test_a_speed_that_the_tracker_does_not_know_is_bad() -> None:
    (heard,) = hear(fleet(), location(vel=-1))
    assert Reading("Speed", -1.0, TST * 1000, Quality.BAD) in heard.readings


def test_an_older_fix_is_handed_on_with_its_own_time_and_a_repeat_is_dropped() -> None:
    translator = fleet()
    hear(translator, location())
    (late,) = hear(translator, location(tst=TST - 600))
    assert {reading.measured_ms for reading in late.readings} == {(TST - 600) * 1000}
    assert hear(translator, location()) == []
    assert hear(translator, location(tst=TST - 600)) == []


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"lat": 91}, "coordinates"),
        ({"lon": -180.5}, "coordinates"),
        ({"lat": None}, "coordinates"),
        ({"lat": "36"}, "coordinates"),
        ({"lat": True}, "coordinates"),
        ({"lat": 0, "lon": 0}, "no_fix"),
        ({"tst": None}, "time"),
        ({"tst": 0}, "time"),
        ({"tst": TST + 123}, "future"),
    ],
)
def test_a_fix_that_cannot_be_true_is_rejected_with_its_reason(parts: dict[str, Any], reason: str) -> None:
    heard = hear(fleet(), location(**parts))
    (event,) = rejections(heard)
    assert (event.device, event.data["reason"], event.occurred_ms) == ("vehicle-1", reason, NOW_MS)
    assert all(one.readings == () for one in heard)


def test_a_fix_up_to_two_minutes_ahead_is_taken() -> None:
    assert hear(fleet(), location(tst=TST + 122))[0].readings


def test_a_receiver_without_satellites_does_not_flood_the_cloud() -> None:
    translator = fleet()
    told = [rejections(hear(translator, location(lat=0, lon=0, tst=TST + step))) for step in range(50)]
    assert [len(events) for events in told] == [1] + [0] * 49
    hear(translator, location())
    assert len(rejections(hear(translator, location(lat=0, lon=0)))) == 1


@pytest.mark.parametrize("crossing", ["enter", "leave"])
def test_a_transition_is_an_event_whose_repeat_is_the_same(crossing: str) -> None:
    message = {"_type": "transition", "event": crossing, "desc": "大院", "tst": TST, "lat": 36.0, "lon": 103.0}
    (heard,) = hear(fleet(), message, f"{TOPIC}/event")
    (event,) = heard.events
    assert (event.kind, event.device, event.occurred_ms) == ("vehicle.transition", "vehicle-1", TST * 1000)
    assert event.data == {"event": crossing, "region": "大院", "lat": 36.0, "lon": 103.0}
    assert hear(fleet(), message, f"{TOPIC}/event")[0].events == heard.events


def test_a_transition_from_a_wrong_clock_is_kept_at_the_time_it_was_told() -> None:
    message = {"_type": "transition", "event": "leave", "desc": "yard", "tst": TST + 86_400}
    assert hear(fleet(), message)[0].events[0].occurred_ms == NOW_MS


def test_the_last_will_means_that_the_tracker_is_lost() -> None:
    assert hear(fleet(), {"_type": "lwt", "tst": TST}) == [Heard("vehicle-1", is_alive=False, reason="last_will")]


def test_other_messages_and_other_vehicles_are_ignored() -> None:
    assert hear(fleet(), {"_type": "waypoint", "tst": TST}) == []
    assert hear(fleet(), location(), "owntracks/fleet/car-02") == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"lat=36",
        b"[1]",
        b"{}",
        b'{"_type": 5}',
        b'{"_type": "transition", "event": "stay", "desc": "x", "tst": 1790000000}',
        b'{"_type": "transition", "event": "enter", "tst": 1790000000}',
        b'{"_type": "location", "lat": 1e999999999}',
        b'{"_type": "location", "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"_type": "location", "n": ' + b"9" * 10_000 + b"}",
        b" " * 300_000,
    ],
)
def test_nonsense_is_a_contract_error(payload: bytes) -> None:
    with pytest.raises(ContractError):
        hear(fleet(), payload)


numbers = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(message=st.fixed_dictionaries(dict.fromkeys(("lat", "lon", "tst", "vel", "odometer", "batt"), numbers)))
def test_no_fix_raises_anything_but_a_contract_error_or_gives_a_position_off_the_earth(message: dict[str, Any]) -> None:
    try:
        heard = hear(fleet(), {"_type": "location", **message})
    except ContractError:
        return
    for reading in (reading for one in heard for reading in one.readings):
        limit = {"Location/Lat": 90, "Location/Lon": 180}.get(reading.point)
        assert limit is None or (isinstance(reading.value, float) and abs(reading.value) <= limit)
        assert reading.measured_ms <= NOW_MS + 120_000
