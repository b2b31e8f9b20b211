"""Broker, edge and cloud are killed at random under load: no reading is lost, none is stored twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.county import County, module
from tests.support.kills import POINTS_PER_KILL, drained, kill_while_only_the_broker_has_rows, live_through
from tests.support.servers import require
from tests.support.waiting import until

SEED = 20_261_123
KILLS = 60
CANARY_KILLS = 6


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    made = County(tmp_path / "county", broker_program=require("mosquitto"))
    yield made
    made.clean_up()


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(240)
async def test_sixty_kills_lose_nothing_and_store_nothing_twice(county: County) -> None:
    await live_through(county, KILLS, random.Random(SEED))
    await drained(county)
    found = county.conservation()
    print(found)
    assert found.acquired >= KILLS * POINTS_PER_KILL
    assert (found.lost, found.duplicates, found.ledger_gaps) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(240)
async def test_a_killed_frozen_cloud_exposes_an_edge_that_trusts_the_broker(county: County) -> None:
    """The planted bug "delete on PUBACK" must be seen, or the test above could not fail."""
    county.edge_program = module("tests.support.edge_freeing_on_puback")
    await live_through(county, CANARY_KILLS, random.Random(SEED))
    await until(lambda: county.stored_rows() > 0 and county.outbox_rows() == 0, within_s=60, what="everything up again")
    await kill_while_only_the_broker_has_rows(county, POINTS_PER_KILL)
    await drained(county)
    found = county.conservation()
    print(found)
    assert found.lost > 0
    assert found.ledger_gaps > 0
