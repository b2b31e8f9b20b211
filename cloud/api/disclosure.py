"""What everybody may read of an institution: the notice that it has published, as data and as a page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from cloud.api.context import Services, UtcTime, Word
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.disclosure import disclosure_page, read_disclosure
from foundation.clock import from_ms
from foundation.texts import Language

router = APIRouter(prefix="/disclosure", tags=["disclosure"])
Reader = Annotated[Principal, Depends(require(Permission.READ_DISCLOSURE))]
PublishedPeriod = Annotated[Word | None, Query(description="Such as 2026-10; the newest published if none")]
NO_SCRIPTS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
HTML = "text/html"


class DisclosureOut(BaseModel):
    """`document` is the notice as it was sealed; `periods` all that have been published, newest first."""

    institution_id: str
    period: str
    published_at: UtcTime
    periods: list[str]
    document: dict[str, Any]


@router.get("", summary="The published notice of an institution", responses=documented(404))
def disclosure(
    institution: Word, principal: Reader, services: Services, period: PublishedPeriod = None
) -> DisclosureOut:
    found = read_disclosure(services, principal, institution, period)
    return DisclosureOut(
        institution_id=found.institution_id,
        period=found.period,
        published_at=from_ms(found.published_ms),
        periods=list(found.periods),
        document=found.document,
    )


@router.get(
    "/page",
    summary="The same as a page",
    response_class=Response,
    responses={**documented(404), 200: {"content": {HTML: {}}}},
)
def page(
    institution: Word,
    principal: Reader,
    services: Services,
    language: Language = "zh-CN",
    period: PublishedPeriod = None,
) -> Response:
    content = disclosure_page(services, principal, institution, language, period)
    return Response(content, media_type=HTML, headers={**NO_SCRIPTS, "Content-Language": language})
