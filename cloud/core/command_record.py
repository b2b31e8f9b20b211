"""The command ledger's entry: one command from proposal to verified end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.messages import Command, CommandReceipt, Outcome


class CommandState(StrEnum):
    """PROPOSED waits for an officer; APPROVED waits for the wire; SENT waits for the receipt; the rest are ends,
    except VERIFIED, which becomes RELINQUISHED when its lease has ended."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT = "sent"
    VERIFIED = "verified"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    FAILED = "failed"
    RELINQUISHED = "relinquished"


STATE_OF: Mapping[Outcome, CommandState] = {outcome: CommandState(outcome.value) for outcome in Outcome}
"""What a receipt says of a command, as a state."""

_UNANSWERED = frozenset({CommandState.APPROVED, CommandState.SENT, CommandState.UNKNOWN, CommandState.EXPIRED})
_AFTER_RECEIPT: Mapping[CommandState, frozenset[CommandState]] = {
    # The lease has ended.
    CommandState.VERIFIED: frozenset({CommandState.RELINQUISHED}),
    # The edge did not know after a restart, and found out by reading back.
    CommandState.UNKNOWN: frozenset(
        {CommandState.VERIFIED, CommandState.FAILED, CommandState.REFUSED, CommandState.RELINQUISHED}
    ),
}


def receipt_moves(state: CommandState, outcome: Outcome, *, answered: bool) -> bool:
    """Whether a receipt changes a command in `state`; `answered` when an earlier receipt is booked.

    Without one, UNKNOWN and EXPIRED are only the cloud's guess and yield to the edge's word, however late.
    """
    if not answered:
        return state in _UNANSWERED
    return STATE_OF[outcome] in _AFTER_RECEIPT.get(state, frozenset())


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """What somebody or some rule wants done, before it is signed. `value` in base units, None relinquishes.

    With `settings` it is about those of the device, and neither a value nor a point of it.
    """

    command_id: str
    institution_id: str
    group: str
    node: str
    device: str
    point: str
    value: float | None
    priority: int
    lease_s: float
    valid_s: float
    reason: str
    proposed_by: str
    breach_id: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A ledger entry; `command` is set once signed, `receipt` once the edge has answered."""

    request: CommandRequest
    state: CommandState
    proposed_ms: int
    approved_by: str | None = None
    command: Command | None = None
    sent_ms: int | None = None
    receipt: CommandReceipt | None = None
