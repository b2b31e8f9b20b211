"""Who holds the points of a device now, as the command ledger knows it from the edge's receipts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloud.core.command_record import CommandRecord, CommandState
from cloud.energy.control import lease_end_ms


@dataclass(frozen=True, slots=True)
class Holder:
    """One level of a point's priority array; `is_winner` for the one whose value is in the device."""

    record: CommandRecord
    until_ms: int
    is_winner: bool


def holders(records: Iterable[CommandRecord], group: str, device: str, now_ms: int) -> list[Holder]:
    """Commands whose value holds a point of the device at `now_ms`, by point, the strongest level first.

    What the edge does on its own (local rules, a hand at the panel) is not in the ledger.
    """
    live = [
        record
        for record in records
        if (record.request.group, record.request.device) == (group, device)
        and record.state is CommandState.VERIFIED
        and record.request.value is not None
        and now_ms < lease_end_ms(record)
    ]
    # A later command takes the level of an earlier one, whose end may not have been told yet.
    live.sort(key=lambda record: record.sent_ms or 0)
    levels = {(record.request.point, record.request.priority): record for record in live}
    strongest = dict(sorted(levels, reverse=True))
    return [
        Holder(record, lease_end_ms(record), strongest[point] == priority)
        for (point, priority), record in sorted(levels.items(), key=lambda one: one[0])
    ]
