"""What a Traccar server forwards: units, times, fixes that cannot be true, and events whose repeat is the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.detectors.area_left import DETECTOR as AREA_LEFT
from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.traccar import LONGEST_SILENCE_S, TraccarTranslator
from edge_agent.drivers.report import Heard
from edge_agent.site import Device
from foundation.errors import ContractError
from foundation.texts import load_texts
from gateway.messages import DeviceEvent

FIX_MS = 1_790_000_000_000
FIX_TIME = "2026-09-21T14:13:20.000+00:00"
"""FIX_MS in the form that Traccar writes."""
NOW_MS = FIX_MS + 2_000
IMEI = "860123456789012"
PROFILE = load_catalogue().get("traccar.tracker")


def fleet() -> TraccarTranslator:
    device = Device(id="vehicle-1", profile=PROFILE.id, bus="mqtt", address=IMEI)
    return TraccarTranslator([InstalledDevice(device, PROFILE)])


def hear(translator: TraccarTranslator, message: Any, topic: str = "positions", now_ms: int = NOW_MS) -> list[Heard]:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return translator.translate(topic, payload, now_ms)


def position(**parts: Any) -> dict[str, Any]:
    fix = {
        "id": 71, "deviceId": 4, "protocol": "teltonika", "fixTime": FIX_TIME, "deviceTime": FIX_TIME, "valid": True,
        "outdated": False, "latitude": 36.0611, "longitude": 103.8343, "altitude": 1520.0, "speed": 20.0,
        "course": 90.5, "accuracy": 0.0, "attributes": {
            "ignition": True, "odometer": 48_210_400, "totalDistance": 1234.56, "fuel": 31.5, "sat": 11,
            "batteryLevel": 80,
        },
    }  # fmt: skip
    return {"position": {**fix, **parts}, "device": {"id": 4, "name": "Car 1", "uniqueId": IMEI}}


def event(name: str, **parts: Any) -> dict[str, Any]:
    told = {"id": 3452, "type": name, "eventTime": FIX_TIME, "deviceId": 4, "positionId": 71, "attributes": {}}
    message: dict[str, Any] = position()
    message["event"] = {**told, **parts.pop("event", {})}
    return {**message, **parts}


def one_event(message: Any) -> DeviceEvent:
    (heard,) = hear(fleet(), message, "events")
    (found,) = heard.events
    return found


def test_a_position_becomes_readings_in_base_units_at_the_time_of_the_fix() -> None:
    (heard,) = hear(fleet(), position())
    assert heard.is_alive is True
    assert {reading.point: reading.value for reading in heard.readings} == {
        "Location/Lat": 36.0611,
        "Location/Lon": 103.8343,
        "Speed": pytest.approx(37.04),
        "Course": 90.5,
        "Battery": 0.8,
        "Odometer": 48_210_400,
        "Distance/Total": 1235,
        "Ignition": 1,
        "Fuel/Volume": 31.5,
        "Satellites": 11.0,
    }
    assert {reading.measured_ms for reading in heard.readings} == {FIX_MS}


@pytest.mark.parametrize(
    "time", ["2026-09-21T14:13:20Z", "2026-09-21T22:13:20.000+0800", "2026-09-21T22:13:20+08:00", FIX_MS]
)
def test_all_forms_of_a_time_are_the_same_moment_in_utc(time: Any) -> None:
    (heard,) = hear(fleet(), position(fixTime=time))
    assert {reading.measured_ms for reading in heard.readings} == {FIX_MS}


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"valid": False}, "no_fix"),
        ({"outdated": True}, "no_fix"),
        ({"latitude": 91}, "coordinates"),
        ({"longitude": None}, "coordinates"),
        ({"latitude": 0.0, "longitude": 0.0}, "no_fix"),
        ({"fixTime": None}, "time"),
        ({"fixTime": "soon"}, "time"),
        ({"fixTime": FIX_MS + 123_000}, "future"),
    ],
)
def test_a_fix_that_cannot_be_true_is_rejected_and_the_rest_of_the_message_is_kept(
    parts: dict[str, Any], reason: str
) -> None:
    (heard,) = hear(fleet(), position(**parts))
    (found,) = heard.events
    assert (found.kind, found.data["reason"], found.occurred_ms) == ("vehicle.position_rejected", reason, NOW_MS)
    told = {reading.point for reading in heard.readings}
    assert {"Ignition", "Odometer"} <= told
    assert not told & {"Location/Lat", "Location/Lon", "Speed", "Course"}


def test_of_a_tracker_with_a_wrong_clock_nothing_is_measured() -> None:
    ahead = FIX_MS + 500_000
    (heard,) = hear(fleet(), position(fixTime=ahead, deviceTime=ahead))
    assert (heard.readings, len(heard.events)) == ((), 1)


def test_an_older_fix_keeps_its_own_time_and_a_repeat_is_dropped() -> None:
    translator = fleet()
    hear(translator, position())
    (late,) = hear(translator, position(fixTime=FIX_MS - 600_000))
    assert {reading.measured_ms for reading in late.readings} == {FIX_MS - 600_000}
    assert hear(translator, position()) == []


@pytest.mark.parametrize(("name", "crossing"), [("geofenceEnter", "enter"), ("geofenceExit", "leave")])
def test_a_geofence_is_the_transition_that_the_cloud_knows(name: str, crossing: str) -> None:
    message = event(name, geofence={"id": 9, "name": "县城公务用车区域"})
    found = one_event(message)
    assert (found.kind, found.device, found.occurred_ms) == ("vehicle.transition", "vehicle-1", FIX_MS)
    assert found.data == {"event": crossing, "region": "县城公务用车区域", "lat": 36.0611, "lon": 103.8343}
    assert one_event(message) == found, "told again it is the same event"
    assert found.kind in AREA_LEFT.on_event


@pytest.mark.parametrize(
    ("message", "kind", "facts"),
    [
        (event("ignitionOn"), "vehicle.ignition", {"on": True}),
        (event("ignitionOff"), "vehicle.ignition", {"on": False}),
        (event("alarm", event={"attributes": {"alarm": "sos"}}), "vehicle.alarm", {"alarm": "sos"}),
        (event("alarm", event={"attributes": {"alarm": "hardBraking"}}), "vehicle.alarm", {"alarm": "hard_braking"}),
        (event("alarm", event={"attributes": {"alarm": "tow,sos"}}), "vehicle.alarm", {"alarm": "tow"}),
        (event("alarm"), "vehicle.alarm", {"alarm": "unspecified"}),
        (
            event("deviceOverspeed", event={"attributes": {"speed": 70.0, "speedLimit": 64.8}}),
            "vehicle.alarm",
            {"alarm": "overspeed", "speed_kmh": 129.6, "limit_kmh": 120.0},
        ),
        (event("maintenance", maintenance={"id": 2, "name": "oil"}), "vehicle.maintenance", {"name": "oil"}),
        (event("driverChanged", event={"attributes": {"driverUniqueId": "90001738"}}), "vehicle.driver_changed", {}),
    ],
)
def test_each_event_has_its_kind_and_facts(message: Any, kind: str, facts: dict[str, Any]) -> None:
    found = one_event(message)
    assert (found.kind, found.occurred_ms) == (kind, FIX_MS)
    assert facts.items() <= found.data.items()
    assert "90001738" not in json.dumps(dict(found.data)), "who drove stays where it was"
    assert f"event.{kind}" in load_texts()


def test_two_events_of_one_moment_are_two() -> None:
    messages = [event("alarm", event={"id": number, "attributes": {"alarm": "sos"}}) for number in (1, 2)]
    assert len({one_event(message).event_id for message in messages}) == 2


def test_traccar_tells_who_came_and_went() -> None:
    assert hear(fleet(), event("deviceOnline"), "events") == [Heard("vehicle-1", is_alive=True)]
    assert hear(fleet(), event("deviceOffline"), "events") == [Heard("vehicle-1", is_alive=False, reason="offline")]
    assert hear(fleet(), event("deviceInactive"), "events") == [Heard("vehicle-1", is_alive=False, reason="inactive")]


def test_a_fleet_that_nobody_hears_of_for_a_day_is_lost() -> None:
    assert fleet().longest_silence_s(300) == LONGEST_SILENCE_S
    assert fleet().longest_silence_s(100_000) == 100_000


def test_other_vehicles_topics_and_types_are_ignored() -> None:
    stranger = position()
    stranger["device"]["uniqueId"] = "1"
    assert hear(fleet(), stranger) == []
    assert hear(fleet(), position(), "commands") == []
    assert hear(fleet(), event("deviceMoving"), "events") == []


def test_a_profile_may_put_a_prefix_before_the_topics() -> None:
    device = Device(id="vehicle-1", profile=PROFILE.id, bus="mqtt", address=IMEI)
    translator = TraccarTranslator([InstalledDevice(device, PROFILE.model_copy(update={"topic": "traccar/{stream}"}))])
    assert set(translator.topics) == {"traccar/positions", "traccar/events"}
    assert hear(translator, position(), "traccar/positions")


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b'{"device": 1}', b'{"device": {"uniqueId": 5}}', b'{"device": {"uniqueId": "%s"}, "position": 3}'],
)
def test_nonsense_is_a_contract_error(payload: bytes) -> None:
    with pytest.raises(ContractError):
        hear(fleet(), payload.replace(b"%s", IMEI.encode()))


@pytest.mark.parametrize("parts", [{"eventTime": None}, {"type": None}, {"type": 5}, {"eventTime": "2026-09-21T14:13"}])
def test_an_event_without_a_type_or_time_is_a_contract_error(parts: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        hear(fleet(), event("alarm", event=parts), "events")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("fixTime", "deviceTime", "valid", "outdated", "latitude", "longitude", "speed", "attributes", "type", "id")


@given(parts=st.dictionaries(st.sampled_from(FIELDS), anything), stream=st.sampled_from(["positions", "events"]))
def test_no_message_raises_anything_but_a_contract_error(parts: dict[str, Any], stream: str) -> None:
    message = event("alarm", event=parts)
    message["position"] |= parts
    try:
        heard = hear(fleet(), message, stream)
    except ContractError:
        return
    for reading in (reading for one in heard for reading in one.readings):
        assert reading.measured_ms <= NOW_MS + 120_000
