"""Which events a person sees, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.console.event_words import sentence
from cloud.console.session import Viewer
from cloud.console.views.newest_events import EVERY, matters, readable
from cloud.console.views.places import Places
from cloud.core.access import ANONYMOUS, Principal, Role
from cloud.core.event import Event, Severity

OFFICER = Principal("o", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"}))
STAFF = Principal("s", frozenset({Role.STAFF}), frozenset({"office"}), "finance")
EVENT = Event(
    "e", "office", "energy.threshold_breach", "energy", Severity.YELLOW, "device:a-main", 0, 0,
    data={"name": "Main", "limit_shown": "86.0 kW", "peak_shown": "91.2 kW"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("principal", "chosen", "asked"),
    [
        (OFFICER, EVERY, None),
        (OFFICER, "safety", {"safety"}),
        (STAFF, EVERY, {"finance"}),
        (STAFF, "finance", {"finance"}),
        (STAFF, "safety", set()),
        (ANONYMOUS, EVERY, set()),
        (ANONYMOUS, "safety", set()),
    ],
)
def test_nobody_reads_events_of_a_department_that_is_not_theirs(
    principal: Principal, chosen: str, asked: set[str] | None
) -> None:
    assert readable(principal, chosen) == asked


def test_the_overview_shows_what_is_wrong_and_what_is_over() -> None:
    assert matters(EVENT)
    assert matters(replace(EVENT, kind="energy.threshold_cleared", severity=Severity.INFO))
    assert not matters(replace(EVENT, kind="camera.detection", severity=Severity.INFO))


def test_an_event_is_told_with_the_names_that_people_know(viewer: Viewer, places: Places) -> None:
    assert sentence(EVENT, viewer, places) == "Main: a-main exceeds the limit of 86.0 kW, peak 91.2 kW"
    in_building = replace(EVENT, kind="no.such", subject="building:a")
    assert sentence(in_building, viewer, places) == "Building A: no.such"
    assert sentence(replace(in_building, subject="just text"), viewer, places) == "just text: no.such"


def test_a_point_in_an_event_is_named_in_words(viewer: Viewer, places: Places) -> None:
    event = replace(
        EVENT, kind="command.override", subject="device:ac-1", data={"point": "Setpoint/Temperature", "value": 24.5}
    )
    assert "Temperature set-point" in sentence(event, viewer, places)
    assert "24.5" in sentence(event, viewer, places)


def test_a_code_in_an_event_is_told_by_its_word(viewer: Viewer, places: Places) -> None:
    facts = {"carrier": "water", "month": "2026-08", "change_percent": 37.2}
    event = replace(EVENT, kind="energy.month_abnormal", subject="building:a", data=facts)
    assert sentence(event, viewer, places) == "Building A: water of 2026-08 changed by 37.2 % against the year before"
