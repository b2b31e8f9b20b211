"""What everybody may know of an institution, and the same data as staff and superiors see them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from cloud.api.context import Services, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.core.calendar import local_day
from cloud.desks.data_views import data_view
from cloud.desks.public_view import PublicView, public_view
from cloud.energy.carrier import DISPLAY_UNITS, from_base
from cloud.energy.consumption import Consumption
from cloud.services.anonymity import PublicTable
from cloud.services.views import Audience

router = APIRouter(tags=["views"])

MOST_KEPT = 100


class CellOut(BaseModel):
    """A rounded count, or why there is none: few, dominated or derivable."""

    value: int | None
    hidden: str | None


class TableOut(BaseModel):
    cells: dict[str, CellOut]
    total: int | None

    @classmethod
    def of(cls, table: PublicTable) -> Self:
        cells = {name: CellOut(value=cell.value, hidden=cell.hidden) for name, cell in table.cells.items()}
        return cls(cells=cells, total=table.total)


class ConsumptionOut(BaseModel):
    """`missing` is the key of the reason why there is no quantity."""

    carrier: str
    quantity: float | None
    unit: str
    covered_share: float
    missing: str | None

    @classmethod
    def of(cls, used: Consumption) -> Self:
        quantity = None if used.quantity is None else float(from_base(used.carrier, used.quantity))
        return cls(
            carrier=used.carrier,
            quantity=quantity,
            unit=DISPLAY_UNITS[used.carrier],
            covered_share=used.covered_share,
            missing=used.missing,
        )


class PublicViewOut(BaseModel):
    """Counts of the whole months first..last, hidden below five contributors and rounded to five; yearly energy."""

    institution_id: str
    name: dict[str, str]
    first: date
    last: date
    requests: TableOut
    closed_risks: TableOut
    fleet: TableOut
    vehicles: int
    satisfied_percent: dict[str, int | None]
    year: str
    energy: list[ConsumptionOut]

    @classmethod
    def of(cls, view: PublicView) -> Self:
        counts = view.counts
        return cls(
            institution_id=view.model.institution.institution_id,
            name=dict(view.model.institution.name),
            first=local_day(counts.start_ms),
            last=local_day(counts.end_ms - 1),
            requests=TableOut.of(counts.requests),
            closed_risks=TableOut.of(counts.closed_risks),
            fleet=TableOut.of(counts.fleet),
            vehicles=counts.vehicles,
            satisfied_percent=dict(counts.satisfied_percent),
            year=str(view.year),
            energy=[ConsumptionOut.of(one) for one in view.energy],
        )


class DataViewOut(BaseModel):
    """The rows of both with the fields that this audience may see."""

    audience: Audience
    requests: list[dict[str, Any]]
    risks: list[dict[str, Any]]


@router.get("/public/view", summary="What everybody may know of an institution", responses=documented(404))
def everybodys_view(
    institution: Word,
    principal: Annotated[Principal, Depends(require(Permission.READ_DISCLOSURE))],
    services: Services,
    request: Request,
) -> PublicViewOut:
    kept: dict[tuple[str, date], PublicViewOut] = _kept(request)
    # Strangers may ask as often as they like: the view is made once a day, as it changes once a month.
    key = (institution, local_day(services.clock.now_ms()))
    if key not in kept:
        view = PublicViewOut.of(public_view(services, principal, institution))
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = view
    return kept[key]


@router.get("/views", summary="Requests and risks by field level of the caller's audience", responses=documented(404))
def own_view(
    institution: Word,
    principal: Annotated[Principal, Depends(require(Permission.READ_INSTITUTION))],
    services: Services,
) -> DataViewOut:
    view = data_view(services, principal, institution)
    return DataViewOut(audience=view.audience, requests=view.requests, risks=view.risks)


def _kept(request: Request) -> dict[tuple[str, date], PublicViewOut]:
    """Views made today, by institution, in the application."""
    application = request.app.state
    if not hasattr(application, "public_views"):
        application.public_views = {}
    kept: dict[tuple[str, date], PublicViewOut] = application.public_views
    return kept
