"""The form of a threshold: display units, what is missing, and the way there and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.console.views.places import Places
from cloud.console.views.threshold_draft import ActionDraft, ThresholdDraft, draft_of, problems, threshold_of
from cloud.core.threshold import Threshold, ThresholdAction

ACTION = ThresholdAction("ac-1", "Setpoint/Temperature", 28.0, 900.0, 10)


def test_a_threshold_survives_the_form_unchanged(threshold: Threshold, places: Places) -> None:
    stored = replace(threshold, actions=(ACTION,), automatic=True)
    draft = draft_of(stored, places)
    assert (draft.limit, draft.hysteresis) == (86.0, 4.0)
    assert draft.actions == [ActionDraft("site/ac-1", "Setpoint/Temperature", 28.0, 15.0)]
    assert problems(draft, places) == []
    assert threshold_of(draft, places, [stored]) == stored


def test_a_threshold_of_a_vanished_device_loses_its_numbers_in_the_form_and_not_their_unit(
    threshold: Threshold, places: Places
) -> None:
    draft = draft_of(replace(threshold, device="gone"), places)
    assert problems(draft, places) == ["device", "limit", "hysteresis"]


def test_what_a_person_types_is_in_display_units(places: Places) -> None:
    draft = ThresholdDraft("new", name=" Main ", device="site/a-main", limit=92.5, hysteresis=2.0)
    made = threshold_of(draft, places, [])
    assert (made.name, made.limit, made.hysteresis, made.institution_id) == ("Main", 92_500.0, 2_000.0, "office")


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"name": "  "}, ["name"]),
        ({"device": "site/nowhere"}, ["device"]),
        ({"limit": None}, ["limit"]),
        ({"hysteresis": float("nan")}, ["hysteresis"]),
        ({"window_s": None, "hold_s": None}, ["window_s", "hold_s"]),
        ({"actions": [ActionDraft("site/ac-1", "Setpoint/Temperature", None)]}, ["actions"]),
        ({"actions": [ActionDraft("other/ac-1", "Setpoint/Temperature", 28.0)]}, ["actions"]),
    ],
)
def test_the_form_names_what_is_missing(
    threshold: Threshold, places: Places, change: dict[str, object], missing: list[str]
) -> None:
    draft = draft_of(threshold, places)
    for name, value in change.items():
        setattr(draft, name, value)
    assert problems(draft, places) == missing


def test_an_incomplete_draft_makes_no_threshold(places: Places) -> None:
    with pytest.raises(ValueError, match="incomplete"):
        threshold_of(ThresholdDraft("new", device="site/a-main"), places, [])
