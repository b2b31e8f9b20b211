"""From a breach to commands and back: what to ask of the equipment while it lasts, and what to give back at its end.

Every id follows from the breach, the action and the turn, so that a restart asks for nothing twice.
"""

from __future__ import annotations

import uuid

from cloud.core.command_record import CommandRecord, CommandRequest, CommandState
from cloud.core.threshold import Breach, BreachState, Threshold, ThresholdAction

VALID_S = 60.0
"""How long a command may be under way before it is worth nothing."""

REASON_BREACH = "threshold_breach"
REASON_CLEARED = "breach_cleared"

_NAMESPACE = uuid.UUID("0e8f7a3c-2f0b-4a0c-8f7e-3d2f1f6b9a41")
_PENDING = frozenset({CommandState.PROPOSED, CommandState.APPROVED, CommandState.SENT})
_AT_THE_EDGE = frozenset({CommandState.APPROVED, CommandState.SENT, CommandState.UNKNOWN, CommandState.VERIFIED})
_MAY_BE_RENEWED = frozenset({CommandState.VERIFIED, CommandState.RELINQUISHED, CommandState.EXPIRED})


def turns_taken(breach: Breach, action: ThresholdAction) -> int:
    """How many commands of this action the breach already names."""
    taken = 0
    while command_id(breach, action, taken) in breach.command_ids:
        taken += 1
    return taken


def command_id(breach: Breach, action: ThresholdAction, turn: int) -> str:
    """The id of the n-th command of an action of a breach, the first being 0."""
    return str(uuid.uuid5(_NAMESPACE, f"{breach.breach_id}/{action.device}/{action.point}/{turn}"))


def give_back_id(identity: str) -> str:
    """The id of the command that relinquishes what the command `identity` holds."""
    return str(uuid.uuid5(_NAMESPACE, f"{identity}/relinquish"))


def proposer(threshold: Threshold) -> str:
    """Who a threshold's commands are proposed by."""
    return f"threshold:{threshold.threshold_id}"


def state_of_proposal(threshold: Threshold) -> CommandState:
    """APPROVED when the policy lets the threshold act alone, else an officer decides."""
    return CommandState.APPROVED if threshold.automatic else CommandState.PROPOSED


def request_command(
    threshold: Threshold, breach: Breach, action: ThresholdAction, *, node: str, turn: int
) -> CommandRequest:
    return CommandRequest(
        command_id=command_id(breach, action, turn),
        institution_id=threshold.institution_id,
        group=threshold.group,
        node=node,
        device=action.device,
        point=action.point,
        value=action.value,
        priority=action.priority,
        lease_s=action.lease_s,
        valid_s=VALID_S,
        reason=REASON_BREACH,
        proposed_by=proposer(threshold),
        breach_id=breach.breach_id,
    )


def may_command(breach: Breach, newest: CommandRecord | None, now_ms: int) -> bool:
    """Whether an action of the breach may be commanded (again) now.

    Never for a breach found in late readings; not while the newest command waits or holds; again when its lease has
    ended or it never arrived; not after an officer or the equipment said no.
    """
    if breach.is_late or breach.state is not BreachState.OPEN:
        return False
    if newest is None:
        return True
    return newest.state in _MAY_BE_RENEWED and now_ms >= lease_end_ms(newest)


def lease_end_ms(record: CommandRecord) -> int:
    """When the value of a command no longer holds; an expired command never held."""
    if record.state is CommandState.EXPIRED:
        return record.proposed_ms
    begun_ms = record.receipt.at_ms if record.receipt else record.sent_ms or record.proposed_ms
    if record.state is CommandState.RELINQUISHED:
        begun_ms = record.sent_ms or record.proposed_ms
    return begun_ms + round(record.request.lease_s * 1000)


def give_back(record: CommandRecord, now_ms: int) -> CommandRequest | None:
    """The request that relinquishes a command which holds or is about to; None when there is nothing to give back."""
    holds = record.state in _AT_THE_EDGE and (record.state in _PENDING or now_ms < lease_end_ms(record))
    if not holds:
        return None
    request = record.request
    return CommandRequest(
        command_id=give_back_id(request.command_id),
        institution_id=request.institution_id,
        group=request.group,
        node=request.node,
        device=request.device,
        point=request.point,
        value=None,
        priority=request.priority,
        lease_s=request.lease_s,
        valid_s=request.lease_s,
        reason=REASON_CLEARED,
        proposed_by=request.proposed_by,
        breach_id=request.breach_id,
    )
