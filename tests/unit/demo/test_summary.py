"""The books of an unattended run: exact keys, an equation that may fail, nothing worked out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from demo.commands import CloudStatus, EdgeStatus
from demo.summary import Summary, summarise

EDGE = EdgeStatus.parse(
    {"acquired": 100, "dropped": 3, "outbox_rows": 2, "history_rows": 0, "polling": False, "stream": "s"}
)
CLOUD = CloudStatus.parse(
    {
        "stored": 90, "duplicates": 0, "quarantined": 2, "redelivered": 7, "malformed": 1, "devices_online": 55,
        "breaches": 1, "commands_verified": 2, "events_by_department": {"energy": 4, "safety": 1},
        "records": 3000, "alarms": 5, "risks": 4, "risks_by_department": {"energy": 4}, "requests": 9, "cases": 1,
        "datasets_shared": 2, "forecast_points": 144, "effects": 1, "indicators_by_department": {"energy": 2},
        "synergy": 0.1, "report_package": "energy_month-2026-10.zip",
    }
)  # fmt: skip
KEYS = [
    "acquired", "stored", "pending", "dropped", "quarantined", "duplicates", "redelivered", "malformed",
    "devices_online", "breaches", "commands_verified", "events_by_department", "records", "alarms", "risks",
    "risks_by_department", "requests", "cases", "datasets_shared", "forecast_points", "effects",
    "indicators_by_department", "synergy", "report_package", "ready_s", "first_reading_s",
]  # fmt: skip


def _summary(pending: int = 5) -> Summary:
    return summarise(EDGE, CLOUD, pending, ready_s=61.26, first_reading_s=9.04)


def test_file_has_exactly_the_agreed_keys(tmp_path: Path) -> None:
    _summary().write(tmp_path / "s.json")
    written = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert list(written) == KEYS
    assert written["events_by_department"] == {"energy": 4, "safety": 1}
    assert (written["ready_s"], written["first_reading_s"]) == (61.3, 9.0)


def test_books_balance_when_every_reading_is_accounted_for() -> None:
    assert _summary(pending=5).is_balanced


@pytest.mark.parametrize("name", ["acquired", "stored", "pending", "dropped", "quarantined"])
def test_one_reading_too_many_in_any_figure_is_seen(name: str) -> None:
    balanced = _summary()
    assert not dataclasses.replace(balanced, **{name: getattr(balanced, name) + 1}).is_balanced


def test_figures_stay_as_they_were_counted() -> None:
    summary = _summary(pending=0)
    assert (summary.acquired, summary.stored, summary.pending, summary.dropped) == (100, 90, 0, 3)
    assert not summary.is_balanced
