"""The core of the edge leaves nothing behind in minutes of many polls; the 24 hours are in tests/chaos."""

from __future__ import annotations

from pathlib import Path

from tests.support.soak import METERS, soak
from tests.support.virtual_loop import run_virtual

SECONDS, SAMPLE_S = 240.0, 30.0
OUTAGE_S = (40.0, 70.0)


def test_minutes_of_forty_meters_leave_no_objects_behind(tmp_path: Path) -> None:
    found = run_virtual(soak(tmp_path, seconds=SECONDS, sample_s=SAMPLE_S, away_s=OUTAGE_S))
    objects = [one.objects for one in found.samples]
    print(objects, found.polls, found.acquired, found.sent, found.waiting)
    assert found.polls >= METERS * (SECONDS - 1)
    assert found.sent > METERS * SECONDS * 0.9
    assert found.waiting <= METERS * 3
    # One object left behind at every poll would be a twentieth of them all.
    assert objects[-1] < objects[3] * 1.02
