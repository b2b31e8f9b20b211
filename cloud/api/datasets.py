"""Data that departments share: the catalogue, grants, and rows read through them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import InstitutionFilter, Note, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.datasets import ask_for_dataset, datasets_for, decide_on_dataset, grants_for, read_dataset
from cloud.services.dataset import Dataset
from cloud.services.dataset_grant import DatasetGrant, GrantState
from foundation.clock import from_ms

router = APIRouter(prefix="/datasets", tags=["datasets"])
Reader = Annotated[Principal, Depends(require(Permission.READ_DATASETS))]
Asker = Annotated[Principal, Depends(require(Permission.ASK_DATASET))]
Owner = Annotated[Principal, Depends(require(Permission.DECIDE_DATASET))]


class DatasetOut(BaseModel):
    """`fields` with their levels L1 to L5; a grant shows those up to `level`, and masks of persons."""

    id: str
    department: str
    name: dict[str, str]
    description: dict[str, str]
    level: str
    valid_days: int
    fields: dict[str, str]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        return cls(
            id=dataset.id,
            department=dataset.department,
            name=dict(dataset.name),
            description=dict(dataset.description),
            level=dataset.level,
            valid_days=dataset.valid_days,
            fields={name: field.level for name, field in dataset.fields.items()},
        )


class GrantIn(BaseModel):
    """`department` for those who ask for several."""

    model_config = ConfigDict(extra="forbid")

    institution: Word
    dataset: Word
    purpose: Note
    department: Word | None = None


class DecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agreed: bool
    valid_days: int | None = Field(None, ge=1, le=1100)


class GrantOut(BaseModel):
    grant_id: str
    institution_id: str
    dataset: str
    owner: str
    asked_by_department: str
    asked_by: str
    purpose: str
    asked_at: UtcTime
    state: GrantState
    decided_by: str | None
    decided_at: UtcTime | None
    valid_until: UtcTime | None
    uses: int
    last_used_at: UtcTime | None

    @classmethod
    def of(cls, grant: DatasetGrant) -> Self:
        return cls(
            grant_id=grant.grant_id,
            institution_id=grant.institution_id,
            dataset=grant.dataset,
            owner=grant.owner,
            asked_by_department=grant.asked_by_department,
            asked_by=grant.asked_by,
            purpose=grant.purpose,
            asked_at=from_ms(grant.asked_ms),
            state=grant.state,
            decided_by=grant.decided_by,
            decided_at=time_or_none(grant.decided_ms),
            valid_until=time_or_none(grant.valid_until_ms),
            uses=grant.uses,
            last_used_at=time_or_none(grant.last_used_ms),
        )


class RowsOut(BaseModel):
    """`is_cut` when there are more rows; ask for fewer days."""

    dataset: str
    first: date
    last: date
    is_cut: bool
    rows: list[dict[str, Any]]


@router.get("", summary="The dataset catalogue", responses=documented())
def catalogue(principal: Reader) -> list[DatasetOut]:
    return [DatasetOut.of(one) for one in datasets_for(principal)]


@router.get("/grants", summary="Who may use whose data, newest first", responses=documented(404))
def grants(principal: Reader, services: Services, institution: InstitutionFilter = None) -> list[GrantOut]:
    return [GrantOut.of(one) for one in grants_for(services, principal, scope_of(principal, institution))]


@router.post("/grants", summary="Ask a department for data", status_code=201, responses=documented(404, 409))
def ask(wanted: GrantIn, principal: Asker, services: Services) -> GrantOut:
    grant = ask_for_dataset(services, principal, wanted.institution, wanted.dataset, wanted.purpose, wanted.department)
    return GrantOut.of(grant)


@router.post("/grants/{grant_id}/decision", summary="The owner's word", responses=documented(404, 409))
def decide(grant_id: Word, word: DecisionIn, principal: Owner, services: Services) -> GrantOut:
    return GrantOut.of(decide_on_dataset(services, principal, grant_id, agreed=word.agreed, valid_days=word.valid_days))


@router.get("/{dataset}/rows", summary="Rows through a grant; counts as a use", responses=documented(404))
def rows(
    dataset: Word,
    institution: Word,
    grant: Word,
    principal: Reader,
    services: Services,
    response: Response,
    first: date | None = None,
    last: date | None = None,
) -> RowsOut:
    found = read_dataset(
        services, principal, grant, dataset_id=dataset, institution_id=institution, first=first, last=last
    )
    # What is masked for one department must not be served to another from a cache.
    response.headers["Cache-Control"] = "no-store"
    return RowsOut(dataset=dataset, first=found.first, last=found.last, is_cut=found.is_cut, rows=found.rows)
