"""Devices as rows: stale values, short words, differences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud.console.components.devices.device_grid import changed_rows, node_words
from cloud.console.point_words import brief_point_name, point_name
from cloud.console.session import Viewer
from cloud.console.views.device_values import STALE_MS, is_stale
from cloud.console.views.places import Places
from cloud.core.series import Sample
from foundation.texts import Language
from gateway.messages import Quality

NOW = 10_000_000


@pytest.mark.parametrize(
    ("sample", "online", "stale"),
    [
        (Sample(NOW - STALE_MS, 1.0), True, False),
        (Sample(NOW - STALE_MS - 1, 1.0), True, True),
        (Sample(NOW, 1.0, Quality.BAD), True, True),
        (Sample(NOW, 1.0, Quality.STALE), True, True),
        (Sample(NOW, 1.0), False, True),
        (None, True, True),
    ],
)
def test_a_value_that_nobody_vouches_for_is_stale(sample: Sample | None, online: bool, stale: bool) -> None:
    assert is_stale(sample, online, NOW) is stale


def test_points_have_names_in_words_and_numbered_ones_keep_their_number(viewer: Viewer) -> None:
    assert point_name(viewer, "Power/Active/Total") == "Active power"
    assert point_name(viewer, "Voltage/L2") == "Voltage L2"
    assert point_name(viewer, "Relay/7") == "Relay 7"
    assert point_name(viewer, "Something/New") == "Something/New"


def test_a_cell_names_a_point_only_where_the_unit_does_not_tell(viewer: Viewer) -> None:
    assert brief_point_name(viewer, "Power/Active/Total") == ""
    assert brief_point_name(viewer, "Temperature/Room") == "room"


def test_only_rows_that_differ_are_sent() -> None:
    before = {"a": {"key": "a", "age": "1 s"}, "b": {"key": "b", "age": "1 s"}}
    assert changed_rows(before, [{"key": "a", "age": "1 s"}, {"key": "b", "age": "2 s"}]) == [
        {"key": "b", "age": "2 s"}
    ]


@pytest.mark.parametrize(("language", "shown"), [("en", "n (lossy)"), ("zh-CN", "n（有损）")])
def test_a_node_that_waits_for_no_acknowledgement_is_marked(
    places: Places, viewer: Viewer, language: Language, shown: str
) -> None:
    registered, reader = places.devices[0].registered, replace(viewer, language=language)
    assert node_words(registered, reader) == "n"
    assert node_words(replace(registered, is_lossy=True), reader) == shown


def test_a_device_outside_the_scope_is_not_found(places: Places) -> None:
    assert places.only("a-main", None) is not None
    assert places.only("a-main", "site") is not None
    assert places.only("a-main", "another-site") is None
    assert places.only("elsewhere", None) is None
