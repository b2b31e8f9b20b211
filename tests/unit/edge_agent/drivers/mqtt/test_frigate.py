import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.catalogue import load_catalogue
from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.mqtt.frigate import FrigateTranslator
from edge_agent.drivers.report import Heard
from edge_agent.site import Device
from foundation.errors import ContractError
from gateway.messages import DeviceEvent, Reading

NOW_MS = 1_790_000_100_000
START_S = 1_790_000_090.123
CAMERAS = ("cam-gate", "cam-lobby")
PROFILE = load_catalogue().get("frigate.camera")


def box() -> FrigateTranslator:
    return FrigateTranslator(
        [
            InstalledDevice(Device(id=f"{name}-id", profile=PROFILE.id, bus="mqtt", address=name), PROFILE)
            for name in CAMERAS
        ]
    )


def hear(translator: FrigateTranslator, topic: str, content: Any, now_ms: int = NOW_MS) -> list[Heard]:
    payload = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return translator.translate(f"frigate/{topic}", payload, now_ms)


def events(heard: list[Heard]) -> list[DeviceEvent]:
    return [event for one in heard for event in one.events]


def review(severity: str = "alert", **parts: Any) -> dict[str, Any]:
    data = {"objects": ["person-verified", "car"], "zones": ["archive"], "sub_labels": ["Zhang San"], "detections": []}
    after = {"id": "r1", "camera": "cam-gate", "severity": severity, "start_time": START_S, "data": data, **parts}
    return {"type": "new", "before": {}, "after": after}


def sighting(kind: str = "new", **parts: Any) -> dict[str, Any]:
    after = {
        "id": "o1",
        "camera": "cam-gate",
        "label": "person",
        "sub_label": ["Zhang San", 0.98],
        "recognized_license_plate": "京A12345",
        "top_score": 0.8765,
        "false_positive": False,
        "start_time": START_S,
        "end_time": None,
        "entered_zones": [],
        **parts,
    }
    return {"type": kind, "before": {}, "after": after}


def test_an_alert_becomes_one_review_event_of_the_device() -> None:
    (event,) = events(hear(box(), "reviews", review()))
    assert (event.kind, event.device, event.occurred_ms) == ("camera.review", "cam-gate-id", 1_790_000_090_123)
    assert event.data == {
        "camera": "cam-gate",
        "severity": "alert",
        "zones": ["archive"],
        "objects": ["car", "person"],
    }


def test_a_repeated_alert_is_the_same_event_even_after_a_restart() -> None:
    translator = box()
    (first,) = events(hear(translator, "reviews", review()))
    assert events(hear(translator, "reviews", {**review(), "type": "update"})) == []
    (again,) = events(hear(box(), "reviews", review()))
    assert again.event_id == first.event_id
    (other,) = events(hear(translator, "reviews", review(id="r2")))
    assert other.event_id != first.event_id


def test_a_review_is_told_when_it_becomes_an_alert_and_not_before() -> None:
    translator = box()
    assert events(hear(translator, "reviews", review("detection"))) == []
    assert len(events(hear(translator, "reviews", review("alert")))) == 1


def test_an_object_is_told_when_it_first_enters_a_zone_and_when_it_is_gone() -> None:
    translator = box()
    assert events(hear(translator, "events", sighting("new"))) == []
    (entered,) = events(hear(translator, "events", sighting("update", entered_zones=["yard"])))
    assert events(hear(translator, "events", sighting("update", entered_zones=["yard", "door"]))) == []
    (gone,) = events(hear(translator, "events", sighting("end", end_time=START_S + 5, entered_zones=["yard", "door"])))
    assert [event.kind for event in (entered, gone)] == ["camera.detection"] * 2
    assert [event.data["phase"] for event in (entered, gone)] == ["zone", "end"]
    assert entered.data["zones"] == ["yard"]
    assert entered.data["score"] == 0.876
    assert (entered.occurred_ms, gone.occurred_ms) == (1_790_000_090_123, 1_790_000_095_123)
    assert entered.event_id != gone.event_id


def test_faces_names_and_number_plates_never_leave_the_building() -> None:
    translator = box()
    told = [
        *hear(translator, "reviews", review()),
        *hear(translator, "events", sighting("new", entered_zones=["yard"])),
        *hear(translator, "events", sighting("end")),
    ]
    assert told
    for secret in ("Zhang", "12345", "verified"):
        assert secret not in repr(told)
    assert not any("tracked_object_update" in topic or topic.endswith("#") for topic in translator.topics)


def test_what_was_no_object_after_all_is_not_told() -> None:
    assert events(hear(box(), "events", sighting("end", false_positive=True))) == []


def test_a_clock_far_ahead_does_not_lose_the_event() -> None:
    (event,) = events(hear(box(), "reviews", review(start_time=START_S + 10_000)))
    assert event.occurred_ms == NOW_MS


def test_counts_become_readings_of_the_point_with_that_field() -> None:
    (heard,) = hear(box(), "cam-lobby/person", "3")
    assert heard == Heard("cam-lobby-id", (Reading("Count/Person", 3.0, NOW_MS),))
    assert hear(box(), "cam-lobby/dog", "3") == []


def test_the_box_and_the_cameras_say_who_is_alive() -> None:
    translator = box()
    life = {one.device: one.is_alive for one in hear(translator, "available", "online")}
    assert life == {"cam-gate-id": True, "cam-lobby-id": True}
    (offline,) = hear(translator, "cam-gate/status/detect", "offline")
    assert (offline.is_alive, offline.reason) == (False, "offline")
    assert offline.readings == (Reading("Camera/Online", 0, NOW_MS),)
    (online,) = hear(translator, "cam-gate/status/detect", "online")
    assert (online.is_alive, online.readings) == (True, (Reading("Camera/Online", 1, NOW_MS),))
    stopped = hear(translator, "available", "stopped")
    assert {(one.is_alive, one.reason) for one in stopped} == {(False, "frigate_stopped")}


def test_a_camera_whose_recording_role_alone_is_disabled_is_alive() -> None:
    translator = box()
    hear(translator, "cam-gate/status/detect", "online")
    (heard,) = hear(translator, "cam-gate/status/record", "disabled")
    assert heard.is_alive is True
    (heard,) = hear(translator, "cam-gate/status/detect", "disabled")
    assert (heard.is_alive, heard.reason) == (False, "disabled")


def test_what_was_known_of_life_is_forgotten_with_the_broker() -> None:
    translator = box()
    hear(translator, "available", "offline")
    hear(translator, "cam-gate/status/detect", "offline")
    translator.forget_life()
    assert all(one.is_alive for one in hear(translator, "available", "online"))


def test_cameras_that_are_not_ours_are_ignored() -> None:
    translator = box()
    assert hear(translator, "reviews", review(camera="neighbour")) == []
    assert hear(translator, "events", sighting("end", camera="neighbour")) == []
    assert hear(translator, "neighbour/status/detect", "offline") == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("reviews", "{"),
        ("reviews", "[]"),
        ("reviews", '{"type": "new"}'),
        ("reviews", review(start_time="yesterday")),
        ("reviews", review(start_time=True)),
        ("reviews", review(data=None)),
        ("reviews", review(id=7)),
        ("events", sighting("end", entered_zones="yard")),
        ("events", sighting("end", start_time=-5)),
        ("events", '{"after": {"id": "x", "camera": "cam-gate"}, "type": "new", "n": NaN}'),
        ("available", "perhaps"),
        ("cam-gate/status/detect", ""),
        ("cam-gate/person", "many"),
        ("cam-gate/person", "-1"),
    ],
)
def test_nonsense_is_a_contract_error(topic: str, payload: Any) -> None:
    with pytest.raises(ContractError):
        hear(box(), topic, payload)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    topic=st.sampled_from(["events", "reviews", "available", "cam-gate/person", "cam-gate/status/detect", "x/y/z", ""]),
    payload=st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(
        st.sampled_from(["type", "after", "id", "camera"]),
        json_values | st.fixed_dictionaries(dict.fromkeys(("id", "camera", "severity", "start_time"), json_values)),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_no_payload_raises_anything_but_a_contract_error(topic: str, payload: bytes) -> None:
    heard: list[Heard] = []
    with contextlib.suppress(ContractError):
        heard = box().translate(f"frigate/{topic}", payload, NOW_MS)
    for one in heard:
        data = [dict(event.data) for event in one.events]
        assert json.loads(json.dumps(data).encode("utf-8")) == data
