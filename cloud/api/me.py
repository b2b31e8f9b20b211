"""Who the caller is and what they may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal, Role, permissions

router = APIRouter(tags=["me"])


class Me(BaseModel):
    name: str
    roles: list[Role]
    permissions: list[Permission]
    institution_ids: list[str]
    department: str | None


@router.get("/me", summary="The caller's name, roles, permissions and scope", responses=documented())
def me(principal: Annotated[Principal, Depends(require(Permission.READ_SELF))]) -> Me:
    return Me(
        name=principal.name,
        roles=sorted(principal.roles),
        permissions=sorted(permissions(principal)),
        institution_ids=sorted(principal.institution_ids),
        department=principal.department,
    )
