"""Every detector: what it says, and what it leaves alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cloud.core.calendar import LOCAL
from cloud.core.department import load_departments
from cloud.core.event import Event, Severity
from cloud.core.series import Sample
from cloud.detectors.area_left import area_left
from cloud.detectors.camera_lost import camera_life, camera_tamper
from cloud.detectors.detector import Finding, Scene, event_of_finding
from cloud.detectors.device_lost import device_life
from cloud.detectors.intrusion import intrusion
from cloud.detectors.node_lost import node_life
from cloud.detectors.speeding import SPELL_MS, speeding
from cloud.detectors.vehicle_emergency import emergency
from cloud.jobs.detect import load_detectors
from foundation.clock import to_ms
from foundation.texts import load_texts
from gateway.messages import Quality, Value
from tests.support.thinking import GROUP, INSTITUTION, NODE, device, gauge

NOW_MS = 1_790_000_000_000
CAMERA = device("cam-archive", "camera")
CAR = device("car-01", "vehicle", gauge("Speed", "km/h"))
METER = device("a-main", "meter")
SCENE = Scene({(GROUP, one.device): one for one in (CAMERA, CAR, METER)})


def local_ms(day: int, hour: int, minute: int = 0) -> int:
    """A time of September 2026, in which the 28th is a Monday."""
    return to_ms(datetime(2026, 9, day, hour, minute, tzinfo=LOCAL))


def event(kind: str, about: str, occurred_ms: int = NOW_MS, **data: Any) -> Event:
    return Event(
        event_id=f"{kind}-1",
        institution_id=INSTITUTION,
        kind=kind,
        department="information",
        severity=Severity.INFO,
        subject=f"device:{about}",
        occurred_ms=occurred_ms,
        received_ms=occurred_ms,
        data={**data, "group": GROUP, "node": NODE, "device": about},
    )


def review(occurred_ms: int, zones: list[str], objects: list[str], severity: str = "alert") -> Event:
    return event(
        "camera.review",
        "cam-archive",
        occurred_ms,
        camera="cam-archive",
        severity=severity,
        zones=zones,
        objects=objects,
    )


def kind_of(finding: Finding | None) -> str | None:
    return finding.kind if finding is not None else None


@pytest.mark.parametrize(
    ("at_ms", "zones", "expected"),
    [
        (local_ms(28, 10), ["archive"], "safety.intrusion"),
        (local_ms(28, 10), ["reading"], None),
        (local_ms(28, 6, 59), ["lobby"], "safety.intrusion"),
        (local_ms(28, 7), ["lobby"], None),
        (local_ms(28, 20), [], "safety.intrusion"),
        (local_ms(27, 10), ["lobby"], "safety.intrusion"),
    ],
)
def test_a_person_in_a_restricted_zone_or_outside_hours_is_an_intrusion(
    at_ms: int, zones: list[str], expected: str | None
) -> None:
    finding = intrusion(review(at_ms, zones, ["person"]), SCENE)
    assert kind_of(finding) == expected
    if finding is not None:
        assert finding.severity is Severity.ORANGE


def test_a_car_at_night_and_a_mere_detection_are_no_intrusion() -> None:
    assert intrusion(review(local_ms(28, 2), ["parking"], ["car"]), SCENE) is None
    assert intrusion(review(local_ms(28, 2), ["archive"], ["person"], severity="detection"), SCENE) is None


def test_a_recognised_person_and_a_box_that_names_no_object_count_as_a_person() -> None:
    assert intrusion(review(local_ms(28, 2), ["archive"], ["person-verified"]), SCENE) is not None
    assert intrusion(review(local_ms(28, 2), ["archive"], []), SCENE) is not None


def test_the_cameras_own_restricted_zones_replace_the_usual_ones() -> None:
    own = Scene({(GROUP, "cam-archive"): device("cam-archive", "camera", restricted_zones="reading, vault")})
    assert intrusion(review(local_ms(28, 10), ["archive"], ["person"]), own) is None
    finding = intrusion(review(local_ms(28, 10), ["vault", "door"], ["person"]), own)
    assert finding is not None
    assert (finding.data["zone"], finding.data["reason"]) == ("vault", "restricted_zone")


def test_the_life_of_a_camera_is_told_to_safety_and_only_there() -> None:
    lost, back = (event("device.life", "cam-archive", alive=alive, reason="offline") for alive in (False, True))
    assert (kind_of(camera_life(lost, SCENE)), kind_of(camera_life(back, SCENE))) == (
        "safety.camera_lost",
        "safety.camera_back",
    )
    assert device_life(lost, SCENE) is device_life(back, SCENE) is None


@pytest.mark.parametrize("about", ["a-main", "car-01", "never-born"])
def test_the_life_of_anything_else_is_told_to_information(about: str) -> None:
    lost, back = (event("device.life", about, alive=alive, reason="timeout") for alive in (False, True))
    assert (kind_of(device_life(lost, SCENE)), kind_of(device_life(back, SCENE))) == (
        "information.device_lost",
        "information.device_back",
    )
    assert camera_life(lost, SCENE) is None


def test_an_edge_node_that_goes_is_graver_than_one_that_comes() -> None:
    lost = node_life(event("edge.life", "", alive=False), SCENE)
    back = node_life(event("edge.life", "", alive=True), SCENE)
    assert lost is not None
    assert back is not None
    assert (lost.kind, lost.severity) == ("information.node_lost", Severity.ORANGE)
    assert (back.kind, back.severity) == ("information.node_back", Severity.INFO)


def test_a_camera_that_is_covered_is_a_gap_in_the_watch_until_it_is_free() -> None:
    covered, free = (event("camera.tamper", "cam-archive", active=active) for active in (True, False))
    assert (kind_of(camera_tamper(covered, SCENE)), kind_of(camera_tamper(free, SCENE))) == (
        "safety.camera_lost",
        "safety.camera_back",
    )


@pytest.mark.parametrize(("alarm", "is_grave"), [("sos", True), ("rollover", True), ("low_power", False)])
def test_an_emergency_in_a_vehicle_is_of_the_gravest(alarm: str, is_grave: bool) -> None:
    finding = emergency(event("vehicle.alarm", "car-01", alarm=alarm), SCENE)
    assert (kind_of(finding) == "vehicle.emergency") is is_grave
    assert finding is None or finding.severity is Severity.RED


def test_leaving_the_area_is_told_and_coming_back_is_not() -> None:
    left = area_left(event("vehicle.transition", "car-01", event="leave", region="county-seat"), SCENE)
    assert left is not None
    assert (left.kind, left.data["region"]) == ("vehicle.area_left", "county-seat")
    assert area_left(event("vehicle.transition", "car-01", event="enter", region="county-seat"), SCENE) is None


@pytest.mark.parametrize(
    ("speed", "quality", "is_told"),
    [
        (132.0, Quality.GOOD, False),
        (132.1, Quality.GOOD, True),
        (150, Quality.GOOD, True),
        (150.0, Quality.BAD, False),
        (None, Quality.GOOD, False),
        (True, Quality.GOOD, False),
    ],
)
def test_speeding_begins_a_tenth_above_the_limit(speed: Value, quality: Quality, is_told: bool) -> None:
    assert (speeding(CAR, Sample(NOW_MS, speed, quality)) is not None) is is_told


def test_the_vehicles_own_limit_holds_and_nonsense_does_not() -> None:
    assert speeding(device("car-01", "vehicle", speed_limit_kmh="60"), Sample(NOW_MS, 70.0)) is not None
    for nonsense in ("fast", "-5", "nan"):
        assert speeding(device("car-01", "vehicle", speed_limit_kmh=nonsense), Sample(NOW_MS, 119.0)) is None


def test_one_spell_of_speeding_is_one_event() -> None:
    begin_ms = NOW_MS // SPELL_MS * SPELL_MS
    findings = [speeding(CAR, Sample(begin_ms + later_ms, 140.0)) for later_ms in (0, 10_000, SPELL_MS - 1, SPELL_MS)]
    assert len({one.evidence for one in findings if one is not None}) == 2


def test_a_finding_becomes_an_event_of_the_department_that_answers() -> None:
    made = event_of_finding(
        Finding("safety.intrusion", Severity.ORANGE, "e-1", {"zone": "archive"}),
        load_departments(),
        institution_id=INSTITUTION,
        subject="device:cam-archive",
        occurred_ms=NOW_MS,
        now_ms=NOW_MS + 5,
        is_late=True,
    )
    assert (made.department, made.occurred_ms, made.received_ms, made.is_late) == ("safety", NOW_MS, NOW_MS + 5, True)


def test_every_detector_of_the_package_is_loaded_and_reads_kinds_that_have_words() -> None:
    detectors = load_detectors()
    assert len(detectors) == 7
    assert all(one.on_event or one.on_reading for one in detectors)
    assert all(f"event.{kind}" in load_texts() for one in detectors for kind in one.on_event)
