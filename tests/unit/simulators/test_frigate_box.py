"""Cameras as Frigate publishes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundation.rng import SeededRng
from simulators.compound import load_compound
from simulators.frigate_box import FrigateBox
from simulators.publisher import Message
from tests.support.manual_clock import ManualClock

CAMERAS = load_compound().cameras


class _Box:
    def __init__(self, busyness: float = 0.0) -> None:
        self.clock, self.sent = ManualClock(now_ms=1_795_400_000_000), list[Message]()
        self.box = FrigateBox(CAMERAS, self.sent.append, lambda _: busyness, self.clock, SeededRng(3))

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.clock.advance(0.5)
            self.box.tick()

    def on(self, topic: str) -> list[Any]:
        return [json.loads(message.payload) for message in self.sent if message.topic == f"frigate/{topic}"]


def test_a_person_in_a_guarded_zone_is_an_alert_that_begins_and_ends() -> None:
    stage = _Box()
    event_id = stage.box.stage("cam-dataroom", "data-room", "person", 10)
    stage.pass_s(12)
    reviews, events = stage.on("reviews"), stage.on("events")
    assert [review["type"] for review in reviews] == ["new", "end"]
    assert {review["after"]["severity"] for review in reviews} == {"alert"}
    assert {review["after"]["id"] for review in reviews} == {reviews[0]["after"]["id"]}
    assert reviews[0]["after"]["data"] == {
        "detections": [event_id], "objects": ["person"], "sub_labels": [], "zones": ["data-room"], "audio": []
    }  # fmt: skip
    assert reviews[0]["after"]["end_time"] is None
    assert reviews[1]["after"]["end_time"] == pytest.approx(reviews[1]["after"]["start_time"] + 10, abs=0.6)
    assert [event["type"] for event in events] == ["new", "end"]
    assert events[0]["after"]["camera"] == "cam-dataroom"
    assert events[0]["after"]["current_zones"] == ["data-room"]
    assert events[1]["after"]["current_zones"] == []
    assert stage.on("cam-dataroom/person")[:1] == [1]
    assert stage.on("cam-dataroom/person")[-1] == 0


def test_a_person_elsewhere_is_a_detection() -> None:
    stage = _Box()
    stage.box.stage("cam-dataroom", "corridor", "person", 5)
    stage.box.stage("cam-archive", "archive", "car", 5)
    assert {review["after"]["severity"] for review in stage.on("reviews")} == {"detection"}


def test_an_unplugged_camera_says_so_ends_its_objects_and_sees_nothing() -> None:
    stage = _Box(busyness=1.0)
    stage.box.stage("cam-gate", "gateway", "car", 600)
    stage.box.set_online("cam-gate", is_online=False)
    assert [event["type"] for event in stage.on("events")] == ["new", "end"]
    stage.sent.clear()
    stage.pass_s(600)
    gate = [message for message in stage.sent if message.topic.startswith("frigate/cam-gate")]
    assert {message.payload for message in gate} == {"offline"}
    assert all(event["after"]["camera"] != "cam-gate" for event in stage.on("events"))
    stage.box.set_online("cam-gate", is_online=True)
    assert stage.sent[-1] == Message("frigate/cam-gate/status/detect", "online", qos=1)


def test_busy_buildings_have_visitors_and_empty_ones_none_and_never_in_guarded_zones() -> None:
    empty, busy = _Box(0.0), _Box(1.0)
    empty.pass_s(1800)
    busy.pass_s(1800)
    assert empty.on("events") == []
    begun = [event["after"] for event in busy.on("events") if event["type"] == "new"]
    assert 40 < len(begun) < 160  # 172 are expected in an hour
    guarded = {zone.id for camera in CAMERAS for zone in camera.zones if zone.alert}
    assert not any(guarded & set(seen["entered_zones"]) for seen in begun)


def test_after_a_connection_the_box_says_that_it_is_available_and_how_its_cameras_are() -> None:
    stage = _Box()
    stage.box.set_online("cam-lobby", is_online=False)
    greetings = stage.box.greetings()
    assert greetings[0] == Message("frigate/available", "online", qos=1, retain=True)
    status = {one.topic: one.payload for one in greetings if one.topic.endswith("/status/detect")}
    assert len(status) == 6
    assert status["frigate/cam-lobby/status/detect"] == "offline"
    assert status["frigate/cam-gate/status/detect"] == "online"
