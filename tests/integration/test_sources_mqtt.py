"""Cameras, trackers and sensors over a real broker, through the Poller."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import iotcore
import paho.mqtt.publish as mqtt_publish
import pytest

from device_profiles.catalogue import load_catalogue
from edge_agent.acquisition.poller import Poller
from edge_agent.drivers.mqtt import source as mqtt_source
from tests.support.mosquitto import StartMosquitto
from tests.support.polled import polled
from tests.support.ports import free_port
from tests.support.profiles import site_of
from tests.support.recording_intake import RecordingIntake

DEVICES = [
    {"id": "cam-gate", "profile": "frigate.camera", "bus": "air", "address": "cam-gate"},
    {"id": "cam-lobby", "profile": "frigate.camera", "bus": "air", "address": "cam-lobby"},
    {"id": "vehicle-1", "profile": "owntracks.tracker", "bus": "air", "address": "car-01"},
    {"id": "vehicle-2", "profile": "traccar.tracker", "bus": "air", "address": "860123456789012"},
    {"id": "weather", "profile": "generic.weather_json", "bus": "air", "address": "roof"},
]
EVENT_KINDS = {"camera.review", "vehicle.transition", "vehicle.alarm"}


@contextlib.asynccontextmanager
async def listening(port: int, **poll: float) -> AsyncIterator[tuple[Poller, RecordingIntake]]:
    site = site_of([{"id": "air", "kind": "mqtt", "host": "127.0.0.1", "port": port}], DEVICES, poll=poll)
    async with polled(site, load_catalogue()) as (poller, intake):
        await intake.until(lambda: poller.counters["air"]["subscriptions"] > 0)
        yield poller, intake


async def publish(port: int, topic: str, content: Any, *, retain: bool = False) -> None:
    payload = content if isinstance(content, str | bytes) else json.dumps(content)
    await asyncio.to_thread(mqtt_publish.single, topic, payload, 1, retain, "127.0.0.1", port)


def weather() -> dict[str, Any]:
    return {"temp_c": 21.5, "rh_pct": 40, "ghi_wm2": 600, "ts": time.time()}


def fix(**parts: Any) -> dict[str, Any]:
    return {"_type": "location", "tst": int(time.time()), "lat": 36.06, "lon": 103.83, "vel": 30, **parts}


def traccar(**parts: Any) -> dict[str, Any]:
    at = int(time.time() * 1000)
    place = {"fixTime": at, "valid": True, "latitude": 36.06, "longitude": 103.83, "speed": 10, "attributes": {}}
    return {"position": place, "device": {"id": 1, "uniqueId": "860123456789012"}, **parts}


def alert(review_id: str = "r1") -> dict[str, Any]:
    data = {"objects": ["person"], "zones": ["yard"]}
    after = {"id": review_id, "camera": "cam-gate", "severity": "alert", "start_time": time.time(), "data": data}
    return {"type": "new", "before": after, "after": after}


async def tell_everything(port: int) -> None:
    await publish(port, "frigate/available", "online", retain=True)
    await publish(port, "frigate/cam-gate/status/detect", "online")
    await publish(port, "frigate/cam-gate/person", "2")
    await publish(port, "frigate/reviews", alert())
    await publish(port, "owntracks/fleet/car-01", fix())
    crossing = {"_type": "transition", "event": "leave", "desc": "yard", "tst": int(time.time())}
    await publish(port, "owntracks/fleet/car-01/event", crossing)
    await publish(port, "positions", traccar())
    alarm = {"id": 7, "type": "alarm", "eventTime": int(time.time() * 1000), "attributes": {"alarm": "sos"}}
    await publish(port, "events", traccar(event=alarm))
    await publish(port, "weather/roof", weather())


async def expect_everything(intake: RecordingIntake) -> None:
    await intake.until(lambda: {(device["id"], "found") for device in DEVICES} <= set(intake.life))
    await intake.until(lambda: {event.kind for event in intake.events} == EVENT_KINDS)
    await intake.until(lambda: bool(intake.values("weather", "Irradiance")))
    assert [reading.value for reading in intake.values("cam-gate", "Count/Person")] == [2.0]
    assert [reading.value for reading in intake.values("vehicle-1", "Speed")] == [30.0]
    assert [reading.value for reading in intake.values("vehicle-2", "Speed")] == [18.52]
    assert [reading.value for reading in intake.values("weather", "Temperature/Outdoor")] == [21.5]
    assert intake.set_aside == []


async def test_every_kind_of_device_is_heard_over_the_embedded_broker() -> None:
    broker = iotcore.Broker(port=free_port(), listen="127.0.0.1")
    await asyncio.to_thread(broker.start)
    try:
        async with listening(broker.port) as (_, intake):
            await tell_everything(broker.port)
            await expect_everything(intake)
    finally:
        await asyncio.to_thread(broker.stop)


@pytest.mark.server
async def test_every_kind_of_device_is_heard_over_mosquitto(mosquitto: StartMosquitto) -> None:
    broker = mosquitto()
    async with listening(broker.port) as (_, intake):
        await tell_everything(broker.port)
        await expect_everything(intake)


@pytest.mark.server
async def test_nonsense_is_set_aside_with_its_bytes_and_the_good_around_it_is_taken(mosquitto: StartMosquitto) -> None:
    port = mosquitto().port
    async with listening(port) as (poller, intake):
        await publish(port, "weather/roof", b"\xff\xfe{")
        await publish(port, "frigate/reviews", '{"type": "new"}')
        await publish(port, "owntracks/fleet/car-01", "[]")
        await publish(port, "weather/roof", weather())
        await intake.until(lambda: bool(intake.values("weather", "Temperature/Outdoor")))
        assert [(topic, payload) for topic, payload, _ in intake.set_aside] == [
            ("weather/roof", b"\xff\xfe{"),
            ("frigate/reviews", b'{"type": "new"}'),
            ("owntracks/fleet/car-01", b"[]"),
        ]
        assert poller.counters["air"]["malformed"] == 3


@pytest.mark.server
async def test_a_camera_that_goes_offline_is_lost_and_found_again(mosquitto: StartMosquitto) -> None:
    port = mosquitto().port
    async with listening(port) as (_, intake):
        await publish(port, "frigate/available", "online")
        await publish(port, "frigate/cam-gate/status/detect", "offline")
        await publish(port, "frigate/cam-gate/person", "5")
        await publish(port, "frigate/cam-gate/status/detect", "online")
        await intake.until(lambda: len(intake.life) == 4)
    assert [life for life in intake.life if life[0] == "cam-gate"] == [
        ("cam-gate", "found"),
        ("cam-gate", "offline"),
        ("cam-gate", "found"),
    ]
    assert [reading.value for reading in intake.values("cam-gate", "Camera/Online")] == [1, 0, 1]
    assert intake.values("cam-gate", "Count/Person") == []


@pytest.mark.server
async def test_a_short_restart_of_the_broker_loses_nobody_and_listening_goes_on(mosquitto: StartMosquitto) -> None:
    broker = mosquitto()
    async with listening(broker.port) as (poller, intake):
        await publish(broker.port, "weather/roof", weather())
        await intake.until(lambda: ("weather", "found") in intake.life)
        topics = poller.counters["air"]["subscriptions"]
        broker.process.kill()
        broker.restart()
        await intake.until(lambda: poller.counters["air"]["subscriptions"] == 2 * topics)
        await publish(broker.port, "frigate/reviews", alert("after"))
        await intake.until(lambda: len(intake.events) == 1)
    assert intake.life == [("weather", "found"), ("cam-gate", "found")]


@pytest.mark.server
async def test_devices_of_a_broker_that_stays_away_are_lost(
    mosquitto: StartMosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_source, "LINK_GRACE_S", 0.5)
    broker = mosquitto()
    async with listening(broker.port) as (_, intake):
        await publish(broker.port, "frigate/available", "online", retain=True)
        await intake.until(lambda: len(intake.life) == 2)
        broker.process.kill()
        await intake.until(lambda: {(device["id"], "link") for device in DEVICES} <= set(intake.life))
        broker.restart()
        # Retained: told whenever the source is back.
        await publish(broker.port, "frigate/available", "online", retain=True)
        await intake.until(lambda: intake.life.count(("cam-gate", "found")) == 2, 20)


@pytest.mark.server
async def test_a_sensor_that_falls_silent_is_lost_and_a_parked_vehicle_is_not(mosquitto: StartMosquitto) -> None:
    port = mosquitto().port
    async with listening(port, max_silence_s=2) as (_, intake):
        await publish(port, "weather/roof", weather())
        await publish(port, "owntracks/fleet/car-01", fix())
        await intake.until(lambda: ("weather", "silence") in intake.life)
        await publish(port, "weather/roof", weather())
        await intake.until(lambda: intake.life.count(("weather", "found")) == 2)
    assert [life for life in intake.life if life[0] == "vehicle-1"] == [("vehicle-1", "found")]
