"""Commands: what was asked of equipment, who decided, what came of it."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from cloud.api.context import InstitutionFilter, Limit, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.command_record import CommandRecord, CommandState
from cloud.desks.commands import Order, decide_command, find_command, propose_command
from foundation.clock import from_ms
from gateway.messages import CommandReceipt, Value

router = APIRouter(prefix="/commands", tags=["commands"])
Reader = Annotated[Principal, Depends(require(Permission.READ_COMMANDS))]
Proposer = Annotated[Principal, Depends(require(Permission.PROPOSE_COMMAND))]
Decider = Annotated[Principal, Depends(require(Permission.DECIDE_COMMAND))]


class OrderIn(BaseModel):
    """`value` in the point's base unit; null gives the point back to its own control."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    group: Word
    device: Word
    point: Word
    value: float | None
    reason: Word
    priority: int = 8
    lease_s: float = 600
    valid_s: float = 300


class ReceiptOut(BaseModel):
    """What the edge did; `reason` is a code, `read_back` the value found after the write."""

    outcome: str
    reason: str
    read_back: Value
    at: UtcTime

    @classmethod
    def of(cls, receipt: CommandReceipt) -> Self:
        return cls(
            outcome=receipt.outcome.value,
            reason=receipt.reason,
            read_back=receipt.read_back,
            at=from_ms(receipt.at_ms),
        )


class CommandOut(BaseModel):
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
    breach_id: str | None
    settings: dict[str, str]
    state: CommandState
    proposed_at: UtcTime
    approved_by: str | None
    sent_at: UtcTime | None
    receipt: ReceiptOut | None

    @classmethod
    def of(cls, record: CommandRecord) -> Self:
        request = record.request
        return cls(
            command_id=request.command_id,
            institution_id=request.institution_id,
            group=request.group,
            node=request.node,
            device=request.device,
            point=request.point,
            value=request.value,
            priority=request.priority,
            lease_s=request.lease_s,
            valid_s=request.valid_s,
            reason=request.reason,
            proposed_by=request.proposed_by,
            breach_id=request.breach_id,
            settings=dict(request.settings),
            state=record.state,
            proposed_at=from_ms(record.proposed_ms),
            approved_by=record.approved_by,
            sent_at=time_or_none(record.sent_ms),
            receipt=ReceiptOut.of(record.receipt) if record.receipt else None,
        )


@router.get("", summary="Commands, newest first", responses=documented(404))
def commands(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[CommandOut]:
    records = services.commands.recent(scope_of(principal, institution), limit=limit)
    return [CommandOut.of(record) for record in records]


@router.get("/{command_id}", summary="One command", responses=documented(404))
def command(command_id: Word, principal: Reader, services: Services) -> CommandOut:
    return CommandOut.of(find_command(services, principal, command_id))


@router.post("", summary="Propose a command by hand", status_code=201, responses=documented(404))
def propose(order: OrderIn, principal: Proposer, services: Services, response: Response) -> CommandOut:
    record = propose_command(services, principal, Order(**order.model_dump()))
    response.headers["Location"] = f"/api/v1/commands/{record.request.command_id}"
    return CommandOut.of(record)


@router.post("/{command_id}/approval", summary="Approve a waiting command", responses=documented(404, 409))
def approve(command_id: Word, principal: Decider, services: Services) -> CommandOut:
    return CommandOut.of(decide_command(services, principal, command_id, approve=True))


@router.post("/{command_id}/rejection", summary="Reject a waiting command", responses=documented(404, 409))
def reject(command_id: Word, principal: Decider, services: Services) -> CommandOut:
    return CommandOut.of(decide_command(services, principal, command_id, approve=False))
