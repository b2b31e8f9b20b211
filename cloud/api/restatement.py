"""Restated figures: how a month or year differs from what was known of it at a time, and what changed it."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Services, UtcTime, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.restatement import read_restatement
from cloud.energy.carrier import base_unit
from cloud.energy.consumption import Consumption
from cloud.energy.restatement import Restated, Restatement
from foundation.clock import from_ms, to_ms

router = APIRouter(prefix="/energy", tags=["energy"])


class FigureOut(BaseModel):
    """`quantity` in the base unit; null where nothing was known."""

    quantity: int | None
    source: str | None
    cost_fen: int | None
    cost_source: str | None

    @classmethod
    def of(cls, one: Consumption | None) -> Self | None:
        if one is None:
            return None
        source = None if one.source is None else str(one.source)
        return cls(quantity=one.quantity, source=source, cost_fen=one.cost_fen, cost_source=one.cost_source)


class RestatedOut(BaseModel):
    """`quantity_parts` add up to the change of the quantity, `price_fen` and `quantity_fen` to that of the cost."""

    subject: str
    carrier: str
    base_unit: str
    earlier: FigureOut | None
    later: FigureOut | None
    quantity_change: int
    quantity_parts: dict[str, int]
    cost_change_fen: int | None
    price_fen: int | None
    quantity_fen: int | None

    @classmethod
    def of(cls, one: Restated) -> Self:
        return cls(
            subject=one.subject,
            carrier=one.carrier,
            base_unit=base_unit(one.carrier),
            earlier=FigureOut.of(one.earlier),
            later=FigureOut.of(one.later),
            quantity_change=one.quantity_change,
            quantity_parts=dict(one.quantity_parts),
            cost_change_fen=one.cost_change_fen,
            price_fen=one.price_fen,
            quantity_fen=one.quantity_fen,
        )


class EntryOut(BaseModel):
    """Something entered since then: `what` is `tariff` or the kind of the records, `reason` as the person gave it."""

    what: str
    entered_at: UtcTime
    entered_by: str
    reason: str


class RestatementOut(BaseModel):
    institution_id: str
    period: str
    since: UtcTime
    figures: list[RestatedOut]
    entries: list[EntryOut]

    @classmethod
    def of(cls, one: Restatement) -> Self:
        prices = [(price.known_from_ms, "tariff", price.entered_by, price.reason) for price in one.prices]
        imports = [(given.imported_ms, given.kind, given.imported_by, given.file) for given in one.imports]
        return cls(
            institution_id=one.later.institution_id,
            period=str(one.later.period),
            since=from_ms(one.since_ms),
            figures=[RestatedOut.of(figure) for figure in one.figures],
            entries=[
                EntryOut(what=what, entered_at=from_ms(at_ms), entered_by=by, reason=reason)
                for at_ms, what, by, reason in sorted([*prices, *imports])
            ],
        )


@router.get("/restatement", summary="What differs from what was known at a time, and why", responses=documented(404))
def restatement(
    period: Annotated[Word, Query(description="2026-10 or 2026")],
    since: Annotated[UtcTime, Query(description="The time whose knowledge it is compared with")],
    principal: Annotated[Principal, Depends(require(Permission.READ_ENERGY))],
    services: Services,
    institution: InstitutionFilter = None,
) -> RestatementOut:
    return RestatementOut.of(read_restatement(services, principal, institution, period, to_ms(since)))
