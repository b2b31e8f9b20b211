"""Commands that nobody answered."""

from __future__ import annotations

from cloud.core.command_record import CommandState
from cloud.core.threshold import Breach
from cloud.energy.control import request_command
from cloud.jobs.expire_commands import ExpireCommands
from tests.support.thinking import INSTITUTION, ThinkingSide, peak_limit

BREACH = Breach("b-1", "peak", INSTITUTION, 1_790_000_000_000, 100_000.0, 120_000.0)


def test_a_command_that_nobody_fetched_expires_and_is_told_once() -> None:
    side = ThinkingSide()
    threshold = peak_limit()
    request = request_command(threshold, BREACH, threshold.actions[0], node="edge-1", turn=0)
    side.ledger.propose(request, CommandState.APPROVED, side.clock.now_ms())
    job = ExpireCommands(side.tools)
    job.run()
    assert side.log.events == []
    side.clock.advance(61)
    job.run()
    job.run()
    [event] = side.log.events
    assert (event.kind, event.department, event.subject) == ("command.expired", "energy", "device:a-ac-1")
    assert event.data["point"] == "Setpoint/Temperature"
