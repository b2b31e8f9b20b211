"""The job that lets detectors read the log and the newest readings."""

from __future__ import annotations

from typing import Any

import pytest

from cloud.core.event import Event, Severity
from cloud.core.series import Sample, SeriesKey
from cloud.detectors.detector import Detector
from cloud.jobs.detect import BATCH, CONSUMER, Detect, load_detectors
from foundation.texts import LANGUAGES, load_texts
from tests.support.thinking import GROUP, INSTITUTION, NODE, ThinkingSide, device, gauge

SPEED = SeriesKey(GROUP, "car-01", "Speed")


def raw(number: int, kind: str, about: str, occurred_ms: int, *, is_late: bool = False, **data: Any) -> Event:
    return Event(
        event_id=f"raw-{number}",
        institution_id=INSTITUTION,
        kind=kind,
        department="information",
        severity=Severity.INFO,
        subject=f"device:{about}",
        occurred_ms=occurred_ms,
        received_ms=occurred_ms,
        is_late=is_late,
        data={**data, "group": GROUP, "node": NODE, "device": about},
    )


@pytest.fixture
def side() -> ThinkingSide:
    made = ThinkingSide()
    for one in (
        device("cam-gate", "camera"),
        device("a-main", "meter"),
        device("car-01", "vehicle", gauge("Speed", "km/h")),
    ):
        made.registry.known[one.group, one.device] = one
    return made


def job(side: ThinkingSide) -> Detect:
    return Detect(side.tools, load_detectors())


def test_each_simulated_cause_reaches_the_department_that_answers(side: ThinkingSide) -> None:
    now_ms = side.clock.now_ms()
    side.log.append(
        [
            raw(1, "camera.review", "cam-gate", now_ms, severity="alert", zones=["archive"], objects=["person"]),
            raw(2, "vehicle.transition", "car-01", now_ms, event="leave", region="county-seat"),
            raw(3, "device.life", "a-main", now_ms, alive=False, reason="timeout"),
            raw(4, "device.life", "cam-gate", now_ms, alive=False, reason="offline"),
            raw(5, "edge.life", "", now_ms, alive=False),
        ]
    )
    job(side).run()
    assert [(one.kind, one.department) for one in side.log.events[5:]] == [
        ("safety.intrusion", "safety"),
        ("vehicle.area_left", "vehicle"),
        ("information.device_lost", "information"),
        ("safety.camera_lost", "safety"),
        ("information.node_lost", "information"),
    ]
    for language in LANGUAGES:
        told = [load_texts()(f"event.{one.kind}", language, **one.data, subject="it") for one in side.log.events]
        # An unknown kind would read as its key, a missing fact as a question mark.
        assert not [sentence for sentence in told if "?" in sentence or sentence.startswith("event.")]


def test_reading_the_log_again_tells_nothing_twice(side: ThinkingSide) -> None:
    side.log.append([raw(1, "device.life", "a-main", side.clock.now_ms(), alive=False, reason="timeout")])
    job(side).run()
    # A crash between the findings and the cursor.
    side.log.advance(CONSUMER, 0)
    job(side).run()
    assert side.log.kinds() == ["device.life", "information.device_lost"]
    assert side.log.cursor(CONSUMER) >= 1


def test_a_long_log_is_read_in_batches_and_says_that_there_is_more(side: ThinkingSide) -> None:
    side.log.append(
        [raw(n, "device.life", "a-main", side.clock.now_ms(), alive=False, reason="") for n in range(BATCH + 1)]
    )
    detect = job(side)
    assert detect.run()
    while detect.run():
        pass
    assert side.log.kinds().count("information.device_lost") == BATCH + 1


def test_an_event_that_came_late_stays_late(side: ThinkingSide) -> None:
    hour_ago_ms = side.clock.now_ms() - 3_600_000
    side.log.append([raw(1, "device.life", "a-main", hour_ago_ms, is_late=True, alive=False, reason="")])
    job(side).run()
    found = side.log.events[-1]
    assert (found.is_late, found.occurred_ms, found.received_ms) == (True, hour_ago_ms, side.clock.now_ms())


def test_a_speeding_vehicle_is_told_once_while_the_reading_stands(side: ThinkingSide) -> None:
    side.store.put(SPEED, Sample(side.clock.now_ms(), 150.0))
    detect = job(side)
    detect.run()
    detect.run()
    assert side.log.kinds() == ["vehicle.speeding"]
    assert side.log.appended == 1
    job(side).run()
    assert side.log.kinds() == ["vehicle.speeding"]


def test_a_finding_that_could_not_be_logged_is_told_later(side: ThinkingSide, monkeypatch: pytest.MonkeyPatch) -> None:
    side.store.put(SPEED, Sample(side.clock.now_ms(), 150.0))
    detect = job(side)
    with monkeypatch.context() as patch:
        patch.setattr(side.log, "append", _fail)
        with pytest.raises(OSError, match="disk"):
            detect.run()
    detect.run()
    assert side.log.kinds() == ["vehicle.speeding"]


def test_detectors_without_a_matching_kind_are_not_asked(side: ThinkingSide) -> None:
    side.log.append([raw(1, "camera.detection", "cam-gate", side.clock.now_ms())])
    Detect(side.tools, [Detector(on_event={"device.life": _explode})]).run()
    assert side.log.kinds() == ["camera.detection"]


def _fail(events: object) -> None:
    raise OSError("disk")


def _explode(event: Event, scene: object) -> None:
    raise AssertionError("asked")
