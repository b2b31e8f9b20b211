"""The institution model: who, where and what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from cloud.api.context import Services, Word, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal, in_scope
from cloud.core.institution import Institution, InstitutionModel
from foundation.errors import DomainError

router = APIRouter(prefix="/institutions", tags=["institutions"])
Reader = Annotated[Principal, Depends(require(Permission.READ_INSTITUTION))]


@router.get("", summary="The institutions of the caller's scope", responses=documented())
def institutions(principal: Reader, services: Services) -> list[Institution]:
    return [one for one in services.institutions.institutions() if in_scope(principal, one.institution_id)]


@router.get(
    "/{institution_id}",
    summary="One institution with its compounds, buildings, rooms, posts, assets, vehicles and devices",
    responses=documented(404),
)
def institution(institution_id: Word, principal: Reader, services: Services) -> InstitutionModel:
    scope_of(principal, institution_id)
    model = services.institutions.model(institution_id)
    if model is None:
        raise DomainError("error.not_found", 404)
    return model
