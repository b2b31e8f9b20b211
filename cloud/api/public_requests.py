"""Requests of the public, filed without an account."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import Services, UtcTime, Word, address_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.public_requests import PublicState, Receipt, file_public_request, public_state
from cloud.desks.requests import RequestDraft
from cloud.services.inputs import Input
from cloud.services.rate_limit import RateLimit, visitor_of
from cloud.services.request import RequestState
from foundation.clock import from_ms
from foundation.errors import DomainError

router = APIRouter(prefix="/public/requests", tags=["public"])
Anybody = Annotated[Principal, Depends(require(Permission.FILE_PUBLIC_REQUEST))]

MOST_PER_ADDRESS, WINDOW_S = 60, 3600.0
"""An address may stand for a whole office behind one router."""


class PublicRequestIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    institution: Word
    service: Word
    subject: Word
    fields: dict[Word, Input] = Field({}, max_length=50)


class ReceiptOut(BaseModel):
    """Keep both: with them the state can be asked, and nothing else tells it."""

    reference: str
    code: str

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls(reference=receipt.reference, code=receipt.code)


class PublicStateOut(BaseModel):
    reference: str
    service: str
    state: RequestState
    asked_at: UtcTime
    changed_at: UtcTime
    finish_by: UtcTime

    @classmethod
    def of(cls, found: PublicState) -> Self:
        return cls(
            reference=found.reference,
            service=found.service,
            state=found.state,
            asked_at=from_ms(found.asked_ms),
            changed_at=from_ms(found.changed_ms),
            finish_by=from_ms(found.finish_by_ms),
        )


@router.post("", summary="Ask something of the institution", status_code=201, responses=documented(404, 429))
def create(wanted: PublicRequestIn, principal: Anybody, services: Services, request: Request) -> ReceiptOut:
    if not _limit(request).admits(visitor_of(address_of(request)), services.clock.now_ms()):
        raise DomainError("error.too_many_requests", 429)
    draft = RequestDraft(wanted.institution, wanted.service, wanted.subject, wanted.fields)
    return ReceiptOut.of(file_public_request(services, principal, draft))


@router.get("/{reference}", summary="What became of a request", responses=documented(404))
def state(reference: Word, code: Word, principal: Anybody, services: Services) -> PublicStateOut:
    return PublicStateOut.of(public_state(services, principal, reference, code))


def _limit(request: Request) -> RateLimit:
    """One limit per application, made when first asked for."""
    application = request.app.state
    if not hasattr(application, "public_limit"):
        application.public_limit = RateLimit(MOST_PER_ADDRESS, WINDOW_S)
    limit: RateLimit = application.public_limit
    return limit
