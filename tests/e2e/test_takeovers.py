"""The primary ingest process is killed, frozen in the middle of a write, and stopped: another one takes over each time.

Nothing is lost or stored twice, nobody writes or speaks as the primary who is not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.delivery import uplink
from tests.support.takeovers import Takeovers


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(120)
async def test_a_standby_takes_over_and_the_old_primary_falls_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink, "RESEND_AFTER_S", 2.0)
    async with Takeovers.begun(tmp_path, ["a", "b"]) as takeovers:
        await takeovers.kill()
        await takeovers.freeze_in_a_write()
        await takeovers.stop()
        found = await takeovers.ended()
    print(found)
    assert found.takeovers >= 3
    assert (found.lost, found.duplicates, found.strange_writes, found.late_words) == (0, 0, 0, 0)
