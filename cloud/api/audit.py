"""Who changed what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Limit, Services, UtcTime, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.audit import audit_for
from foundation.clock import from_ms

router = APIRouter(prefix="/audit", tags=["audit"])


class AuditEntryOut(BaseModel):
    institution_id: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    at: UtcTime


@router.get("", summary="Changes made through the doors, newest first", responses=documented(404))
def audit(
    principal: Annotated[Principal, Depends(require(Permission.READ_AUDIT))],
    services: Services,
    institution: InstitutionFilter = None,
    limit: Limit = 100,
) -> list[AuditEntryOut]:
    return [
        AuditEntryOut(
            institution_id=entry.institution_id,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=dict(entry.detail),
            at=from_ms(entry.at_ms),
        )
        for entry in audit_for(services, principal, scope_of(principal, institution), limit=limit)
    ]
