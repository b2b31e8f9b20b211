"""Who holds a device's points, out of the command ledger."""

from __future__ import annotations

import pytest

from cloud.core.command_record import CommandRecord, CommandRequest, CommandState
from cloud.desks.holders import holders
from gateway.messages import CommandReceipt, Outcome

NOW_MS = 1_790_000_000_000


def record(
    name: str,
    *,
    point: str = "Setpoint/Temperature",
    device: str = "ac",
    priority: int = 8,
    state: CommandState = CommandState.VERIFIED,
    value: float | None = 24.0,
    age_s: int = 10,
) -> CommandRecord:
    at_ms = NOW_MS - age_s * 1000
    request = CommandRequest(name, "office", "county", "edge-1", device, point, value, priority, 600, 60, "why", "li")
    receipt = CommandReceipt(f"r-{name}", name, device, point, Outcome.VERIFIED, "written", value, at_ms)
    return CommandRecord(request, state, at_ms, receipt=receipt, sent_ms=at_ms)


def test_the_strongest_level_of_each_point_is_in_force() -> None:
    records = [record("weak", priority=12), record("strong", priority=8), record("other", point="Switch", priority=16)]
    found = holders(records, "county", "ac", NOW_MS)
    assert [(one.record.request.command_id, one.is_winner) for one in found] == [
        ("strong", True),
        ("weak", False),
        ("other", True),
    ]
    assert found[0].until_ms == NOW_MS + 590_000


def test_a_later_command_takes_the_level_of_an_earlier_one() -> None:
    found = holders([record("later", age_s=5), record("earlier", age_s=9)], "county", "ac", NOW_MS)
    assert [one.record.request.command_id for one in found] == ["later"]


@pytest.mark.parametrize(
    "gone",
    [
        record("late", age_s=600),
        record("elsewhere", device="ac-2"),
        record("given back", state=CommandState.RELINQUISHED),
        record("refused", state=CommandState.REFUSED),
        record("on its way", state=CommandState.SENT),
        record("giving back", value=None),
    ],
    ids=lambda one: one.request.command_id,
)
def test_what_does_not_hold_is_not_told(gone: CommandRecord) -> None:
    assert holders([gone], "county", "ac", NOW_MS) == []
