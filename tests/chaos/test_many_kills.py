"""The kill test over a long time: 2,000 kills take about 25 minutes, a release's XIETONG_CHAOS_KILLS=5000 an hour."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.county import County
from tests.support.kills import POINTS_PER_KILL, drained, live_through
from tests.support.servers import require

KILLS = int(os.environ.get("XIETONG_CHAOS_KILLS", "2000"))


@pytest.mark.server
@pytest.mark.timeout(KILLS * 5 + 300)
async def test_many_kills_lose_nothing_and_store_nothing_twice(tmp_path: Path) -> None:
    seed = int(os.environ.get("XIETONG_CHAOS_SEED", "0")) or random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    county = County(tmp_path / "county", broker_program=require("mosquitto"))
    try:
        await live_through(county, KILLS, random.Random(seed))
        await drained(county)
        found = county.conservation()
    finally:
        county.clean_up()
    print(found)
    assert found.acquired >= KILLS * POINTS_PER_KILL
    assert (found.lost, found.duplicates, found.ledger_gaps) == (0, 0, 0)
