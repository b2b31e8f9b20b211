"""The kill test over a long time: `make chaos`, XIETONG_CHAOS_KILLS=2000 for a night."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.county import County
from tests.support.kills import drained, live_through
from tests.support.servers import require

KILLS = int(os.environ.get("XIETONG_CHAOS_KILLS", "60"))


@pytest.mark.server
@pytest.mark.timeout(KILLS * 10 + 300)
async def test_many_kills_lose_nothing_and_store_nothing_twice(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    county = County(tmp_path / "county", broker_program=require("mosquitto"))
    try:
        await live_through(county, KILLS, random.Random(seed))
        await drained(county)
        found = county.conservation()
    finally:
        county.clean_up()
    print(found)
    assert (found.lost, found.duplicates, found.ledger_gaps) == (0, 0, 0)
