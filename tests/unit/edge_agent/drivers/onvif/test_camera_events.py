"""Notifications as XML, and what of them is an event: beginnings, once, under an id that does not change."""

import base64
import hashlib
import uuid
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.detectors.camera_lost import DETECTOR as CAMERA_LOST
from cloud.detectors.intrusion import DETECTOR as INTRUSION
from edge_agent.drivers.onvif.camera_events import KINDS, MOST_PER_MINUTE, MOTION_EVERY_MS, CameraEvents
from edge_agent.drivers.onvif.notification import Notification, read_notifications
from edge_agent.drivers.onvif.soap import Credentials, CredentialsRefused, SoapFault, envelope, parse_body, parse_xml
from foundation.errors import ContractError
from foundation.texts import load_texts
from gateway.messages import DeviceEvent

TOLD_MS = 1_790_000_000_000
NOW_MS = TOLD_MS + 700
SPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tev="http://www.onvif.org/ver10/events/wsdl"'
)


def body(inside: str) -> Element:
    return parse_body(f"<s:Envelope {SPACES}><s:Body>{inside}</s:Body></s:Envelope>".encode())


def motion(state: str, operation: str = "Changed", at: str = "2026-09-21T14:13:20Z") -> str:
    """As a camera of another make writes it: other prefixes, tokens and times."""
    return (
        '<tev:PullMessagesResponse><wsnt:NotificationMessage><wsnt:Topic Dialect="x">tns1:VideoSource/MotionAlarm'
        f'</wsnt:Topic><wsnt:Message><tt:Message UtcTime="{at}" PropertyOperation="{operation}"><tt:Source>'
        '<tt:SimpleItem Name="Source" Value="VideoSource_1"/></tt:Source><tt:Data>'
        f'<tt:SimpleItem Name="State" Value="{state}"/></tt:Data></tt:Message></wsnt:Message>'
        "</wsnt:NotificationMessage></tev:PullMessagesResponse>"
    )


def told(topic: str = "VideoSource/MotionAlarm", state: str = "true", **parts: Any) -> Notification:
    whole = {"operation": "Changed", "told_at": "t", "told_ms": TOLD_MS, "source": {"Source": "1"}} | parts
    return Notification(topic=topic, data={"State": state}, **whole)


def kinds(*notifications: Notification) -> list[str | None]:
    events = CameraEvents("cam-1")
    found = [events.event_of(one, NOW_MS, 0) for one in notifications]
    return [event.kind if event else None for event in found]


def test_a_notification_is_read_whatever_its_prefixes() -> None:
    (found,) = read_notifications(body(motion("true")), 10)
    assert found == Notification(
        "VideoSource/MotionAlarm",
        "Changed",
        "2026-09-21T14:13:20Z",
        TOLD_MS,
        {"Source": "VideoSource_1"},
        {"State": "true"},
    )
    assert found.state is True


@pytest.mark.parametrize("at", ["0000-00-00T00:00:00Z", "", "soon"])
def test_a_time_that_is_none_does_not_lose_the_event(at: str) -> None:
    (found,) = read_notifications(body(motion("1", at=at)), 10)
    event = CameraEvents("cam-1").event_of(found, NOW_MS, 0)
    assert event is not None
    assert event.occurred_ms == NOW_MS


def test_a_message_without_a_topic_is_left_out() -> None:
    assert read_notifications(body(motion("true").replace("tns1:VideoSource/MotionAlarm", "")), 10) == []


@pytest.mark.parametrize("topic", sorted(KINDS))
def test_every_topic_has_a_kind_with_words(topic: str) -> None:
    assert kinds(told(topic)) == [KINDS[topic]]
    assert f"event.{KINDS[topic]}" in load_texts()


def test_what_lasts_is_told_when_it_begins_and_when_it_is_over() -> None:
    steps = [
        ("false", "Initialized"),
        ("true", "Changed"),
        ("true", "Changed"),
        ("false", "Changed"),
        ("true", "Changed"),
    ]
    found = kinds(*(told("RuleEngine/TamperDetector/Tamper", state, operation=step) for state, step in steps))
    assert [kind is not None for kind in found] == [False, True, False, True, True]


def test_of_motion_only_the_beginning_is_told() -> None:
    assert kinds(told(), told(state="false"), told(state="false")) == ["camera.motion", None, None]


def test_tampering_reaches_the_detector_of_lost_cameras() -> None:
    events = CameraEvents("cam-1")
    topic = "RuleEngine/TamperDetector/Tamper"
    found = [events.event_of(told(topic, state), NOW_MS, 0) for state in ("true", "false")]
    assert [event.data["active"] for event in found if event] == [True, False]
    assert {event.kind for event in found if event} <= set(CAMERA_LOST.on_event)


def test_a_state_that_held_before_the_subscription_is_not_told_by_its_next_message() -> None:
    topic = "Device/HardwareFailure/StorageFailure"
    assert kinds(told(topic, operation="Initialized"), told(topic)) == [None, None]


def test_sources_are_told_apart() -> None:
    assert kinds(told(source={"Source": "1"}), told(source={"Source": "2"})) == ["camera.motion", "camera.motion"]


def test_an_event_told_again_is_the_same_event() -> None:
    one, again = (CameraEvents("cam-1").event_of(told(), NOW_MS + later, 0) for later in (0, 5_000))
    assert one == again


def test_motion_all_day_is_one_event_a_minute() -> None:
    events = CameraEvents("cam-1")

    def flicker(at_ms: int) -> DeviceEvent | None:
        events.event_of(told(state="false", told_ms=at_ms), at_ms, 0)
        return events.event_of(told(told_ms=at_ms, told_at=str(at_ms)), at_ms, 0)

    found = [flicker(TOLD_MS + 10_000 * step) for step in range(12)]
    assert sum(event is not None for event in found) == 12 * 10_000 // MOTION_EVERY_MS


def test_what_a_camera_says_beyond_measure_is_left_out_and_counted() -> None:
    events = CameraEvents("cam-1")
    lines = [
        Notification("RuleEngine/LineDetector/Crossed", "", str(n), TOLD_MS, {"Rule": "a"}, {"ObjectId": "x"})
        for n in range(MOST_PER_MINUTE + 5)
    ]
    assert sum(events.event_of(line, NOW_MS, 0) is not None for line in lines) == MOST_PER_MINUTE
    assert events.suppressed == 5
    assert events.event_of(lines[0], NOW_MS + 61_000, 0) is not None


def test_a_line_reaches_the_detector_of_intrusions() -> None:
    event = CameraEvents("cam-1").event_of(
        told("RuleEngine/FieldDetector/ObjectsInside", source={"Rule": "archive"}), NOW_MS, 0
    )
    assert event is not None
    assert event.kind in INTRUSION.on_event
    assert event.data == {"camera": "cam-1", "severity": "alert", "zones": ["archive"], "objects": []}


def test_the_cameras_clock_is_taken_off() -> None:
    event = CameraEvents("cam-1").event_of(told(told_ms=TOLD_MS + 3_600_000), NOW_MS, 3_600_000)
    assert event is not None
    assert event.occurred_ms == TOLD_MS


def test_the_token_proves_the_password_without_telling_it() -> None:
    token = Credentials("edge", "secret").token(b"n" * 16, TOLD_MS)
    expected = base64.b64encode(hashlib.sha1(b"n" * 16 + b"2026-09-21T14:13:20Z" + b"secret").digest()).decode()
    assert f">{expected}</wsse:Password>" in token
    assert "secret" not in token
    assert "secret" not in repr(Credentials("edge", "secret"))


def test_a_request_is_well_formed_whatever_the_names() -> None:
    security = Credentials('<&"', "x").token(b"n", TOLD_MS)
    root = parse_xml(envelope("a&b", "<x/>", to="http://h/?a=1&b=2", message_id=uuid.UUID(int=1), security=security))
    said = [text.strip() for text in root.itertext()]
    assert {"a&b", "http://h/?a=1&b=2", '<&"'} <= set(said)


@pytest.mark.parametrize(
    ("code", "error"), [("ter:NotAuthorized", CredentialsRefused), ("wsse:FailedAuthentication", CredentialsRefused),
                        ("ter:InvalidArgVal", SoapFault)]
)  # fmt: skip
def test_a_fault_is_told_by_its_code(code: str, error: type[Exception]) -> None:
    subcode = f"<s:Subcode><s:Value>{code}</s:Value></s:Subcode>"
    with pytest.raises(error):
        body(f"<s:Fault><s:Code><s:Value>s:Sender</s:Value>{subcode}</s:Code></s:Fault>")


@pytest.mark.parametrize("data", [b"", b"<a", b"<a/>", b"<!DOCTYPE a []><a/>", b"\xff"])
def test_what_is_no_soap_is_a_contract_error(data: bytes) -> None:
    with pytest.raises(ContractError):
        parse_body(data)


def test_a_document_type_is_refused_before_anything_is_expanded() -> None:
    bomb = f'<!DOCTYPE s [<!ENTITY a "boom">]><s:Envelope {SPACES}><s:Body>&a;</s:Body></s:Envelope>'
    with pytest.raises(ContractError, match="document type"):
        parse_body(bomb.encode())


@given(state=st.text(max_size=8), operation=st.text(max_size=8), topic=st.sampled_from(sorted(KINDS)), at=st.integers())
def test_no_notification_raises(state: str, operation: str, topic: str, at: int) -> None:
    event = CameraEvents("cam-1").event_of(told(topic, state, operation=operation, told_ms=at), NOW_MS, 0)
    assert event is None or NOW_MS - 600_000 <= event.occurred_ms <= NOW_MS + 120_000
