"""24 simulated hours of 40 meters at 1 Hz, half an hour without the cloud: memory stays flat. About 15 minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.soak import METERS, soak
from tests.support.virtual_loop import run_virtual

HOURS = float(os.environ.get("XIETONG_SOAK_HOURS", "24"))
WARM_UP_S = 3 * 3_600.0
MB_PER_DAY = 2.0


@pytest.mark.timeout(7_200)
def test_a_day_of_forty_meters_takes_no_more_memory_at_its_end(tmp_path: Path) -> None:
    found = run_virtual(soak(tmp_path, seconds=HOURS * 3_600, sample_s=900.0, away_s=(3_600.0, 5_400.0)))
    growth = found.growth_mb_per_day(WARM_UP_S)
    last = found.samples[-1]
    print(f"{found.polls} polls, {found.acquired} readings, {found.sent} rows sent, {found.waiting} wait")
    print(
        f"{last.rss_mb:.1f} MB at the end, {growth:+.2f} MB a day; objects {found.samples[12].objects} {last.objects}"
    )
    assert found.polls >= METERS * HOURS * 3_599
    assert found.waiting <= METERS * 3
    assert growth < MB_PER_DAY
    assert last.objects < found.samples[12].objects * 1.01
