"""Three ingest processes whose primary is killed, frozen and stopped at random, fifty times; and the planted bug."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from edge_agent.delivery import uplink
from tests.support.county import module
from tests.support.takeovers import Takeovers

TAKEOVERS = int(os.environ.get("XIETONG_CHAOS_TAKEOVERS", "50"))
UNFENCED = [*module("tests.support.unfenced_ingest"), "cloud", "run"]


@pytest.fixture(autouse=True)
def impatient_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplink, "RESEND_AFTER_S", 2.0)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(TAKEOVERS * 30 + 120)
async def test_many_takeovers_lose_nothing_and_never_have_two_primaries(tmp_path: Path) -> None:
    seed = int(os.environ.get("XIETONG_CHAOS_SEED", "0")) or random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    async with Takeovers.begun(tmp_path, ["a", "b", "c"]) as takeovers:
        for number in range(TAKEOVERS):
            act = rng.choice([takeovers.kill, takeovers.freeze, takeovers.freeze_in_a_write, takeovers.stop])
            print(number, act.__name__, "->", await act(), flush=True)
        found = await takeovers.ended()
    print(found)
    assert found.takeovers >= TAKEOVERS
    assert (found.lost, found.duplicates, found.strange_writes, found.late_words) == (0, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(120)
async def test_writes_without_a_fence_are_seen(tmp_path: Path) -> None:
    """The planted bug must be seen, or the test above could not fail."""
    run = dict.fromkeys(("a", "b"), UNFENCED)
    async with Takeovers.begun(tmp_path, ["a", "b"], run) as takeovers:
        await takeovers.freeze_in_a_write()
        found = await takeovers.ended()
    print(found)
    assert found.strange_writes > 0
