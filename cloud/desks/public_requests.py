"""The public's door to the service platform: file a request without an account, and ask what became of it.

Nothing that tells who asked, or that an office wrote about it, leaves through here.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

from cloud.core.access import Permission, Principal, can
from cloud.core.token import token_digest
from cloud.desks.door import DoorServices
from cloud.desks.request_subjects import check_subject, model_of
from cloud.desks.requests import RequestDraft, service_of
from cloud.services.inputs import checked_inputs
from cloud.services.request import RequestState, ServiceRequest
from cloud.services.request_life import PUBLIC, Asking, submitted
from foundation.errors import DomainError
from foundation.rng import Rng

MOST_PER_HOUR = 500
"""Public requests of one institution in an hour; more are an attack, not a public."""

_HOUR_MS = 3_600_000
_REFERENCE_BYTES, _CODE_BYTES = 5, 10


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the asker takes home: the reference names the request, the code proves that it is theirs."""

    reference: str
    code: str


@dataclass(frozen=True, slots=True)
class PublicState:
    """What the asker is told: no names, no notes, no inputs."""

    reference: str
    service: str
    state: RequestState
    asked_ms: int
    changed_ms: int
    finish_by_ms: int


def file_public_request(services: DoorServices, principal: Principal, draft: RequestDraft) -> Receipt:
    """Enter a request of the public; raises DomainError (403, 404 for an unknown institution, 422, 429)."""
    if not can(principal, Permission.FILE_PUBLIC_REQUEST):
        raise DomainError("error.forbidden", 403)
    model_of(services, draft.institution_id)
    service = service_of(draft.service, "public")
    check_subject(services, service, draft.institution_id, draft.subject)
    fields, now_ms = checked_inputs(service, draft.fields), services.clock.now_ms()
    _refuse_flood(services, draft.institution_id, now_ms)
    receipt = Receipt(f"PR-{_letters(services.rng, _REFERENCE_BYTES)}", _letters(services.rng, _CODE_BYTES))
    asking = Asking(receipt.reference, draft.institution_id, draft.subject, PUBLIC, fields)
    request = submitted(service, asking, now_ms, code_digest=token_digest(receipt.code))
    services.audit.record(
        institution_id=draft.institution_id,
        actor=PUBLIC,
        action="request.file",
        subject=f"request:{receipt.reference}",
        detail={"service": service.code},
    )
    services.service.requests.add(request)
    services.wake()
    return receipt


def public_state(services: DoorServices, principal: Principal, reference: str, code: str) -> PublicState:
    """What became of it; an unknown reference and a wrong code are the same DomainError 404."""
    if not can(principal, Permission.FILE_PUBLIC_REQUEST):
        raise DomainError("error.forbidden", 403)
    request = services.service.requests.find(reference.strip().upper())
    if request is None or not _is_theirs(request, code):
        raise DomainError("error.not_found", 404)
    return PublicState(
        reference=request.request_id,
        service=request.service,
        state=request.state,
        asked_ms=request.asked_ms,
        changed_ms=request.steps[-1].at_ms if request.steps else request.asked_ms,
        finish_by_ms=request.finish_by_ms,
    )


def _refuse_flood(services: DoorServices, institution_id: str, now_ms: int) -> None:
    recent = services.service.requests.requests({institution_id}, start_ms=now_ms - _HOUR_MS)
    if sum(one.asked_by == PUBLIC for one in recent) >= MOST_PER_HOUR:
        raise DomainError("error.too_many_requests", 429)


def _is_theirs(request: ServiceRequest, code: str) -> bool:
    digest = token_digest(code.strip().upper().replace("-", ""))
    return request.code_digest is not None and hmac.compare_digest(digest, request.code_digest)


def _letters(rng: Rng, size: int) -> str:
    """Random letters and digits that can be read out over the telephone."""
    return base64.b32encode(rng.token(size)).decode().rstrip("=")
