"""The ranking of demands."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from cloud.api.context import InstitutionFilter, Services, scope_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.demand import demand_ranking
from cloud.services.catalogue import Service, load_services
from cloud.services.demand import Demand, Reason
from cloud.services.demand_words import sentence, title
from cloud.services.share import Share
from foundation.texts import LANGUAGES

router = APIRouter(prefix="/demand", tags=["demand"])


class ShareOut(BaseModel):
    """`low` is the lower end of the 90 % Wilson interval; both are null for nothing."""

    hits: int
    total: int
    value: float | None
    low: float | None

    @classmethod
    def of(cls, share: Share) -> Self:
        return cls(hits=share.hits, total=share.total, value=share.value, low=share.low)


class DemandOut(BaseModel):
    """One rank: `need` counts unmet requests that can be relied on; `sentence` says why it stands here."""

    rank: int
    service: str
    topic: str | None
    department: str
    title: dict[str, str]
    sentence: dict[str, str]
    reason: Reason
    volume: int
    share: float
    weeks: list[int]
    trend_per_week: float | None
    trend_is_sure: bool | None
    surge_chance: float | None
    median_hours: float | None
    on_time: ShareOut
    reopened: ShareOut
    satisfied: ShareOut
    unmet: ShareOut
    need: float

    @classmethod
    def of(cls, rank: int, demand: Demand, service: Service) -> Self:
        return cls(
            rank=rank,
            service=demand.service,
            topic=demand.topic,
            department=demand.department,
            title={language: title(demand, service, language) for language in LANGUAGES},
            sentence={language: sentence(demand, service, language) for language in LANGUAGES},
            reason=demand.reason,
            volume=demand.volume,
            share=demand.share,
            weeks=list(demand.weeks),
            trend_per_week=demand.trend.per_week if demand.trend else None,
            trend_is_sure=demand.trend.is_sure if demand.trend else None,
            surge_chance=demand.surge.chance if demand.surge else None,
            median_hours=demand.median_h,
            on_time=ShareOut.of(demand.on_time),
            reopened=ShareOut.of(demand.reopened),
            satisfied=ShareOut.of(demand.satisfied),
            unmet=ShareOut.of(demand.unmet),
            need=demand.need,
        )


@router.get("", summary="Ranked demands of the last twelve weeks", responses=documented(404))
def demand(
    principal: Annotated[Principal, Depends(require(Permission.READ_DEMAND))],
    services: Services,
    institution: InstitutionFilter = None,
) -> list[DemandOut]:
    ranked = demand_ranking(services, principal, scope_of(principal, institution))
    catalogue = load_services()
    return [DemandOut.of(rank, one, catalogue[one.service]) for rank, one in enumerate(ranked, start=1)]
