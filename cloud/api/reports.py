"""Reports: what can be ordered, the orders with their progress, the sealed packages and their check."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from cloud.api.context import InstitutionFilter, Limit, Services, UtcTime, Word, scope_of, time_or_none
from cloud.api.language import preferred_language
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal
from cloud.desks.reports import find_order, order_report, orders, reports, take_package, verify_order
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.words import say
from foundation.clock import from_ms, to_ms
from foundation.texts import Language

router = APIRouter(prefix="/reports", tags=["reports"])
Reader = Annotated[Principal, Depends(require(Permission.READ_REPORTS))]
Orderer = Annotated[Principal, Depends(require(Permission.ORDER_REPORT))]
ZIP = "application/zip"


class ReportOut(BaseModel):
    """A report that can be ordered; `periods` are `month` or `year`."""

    report: str
    title: dict[Language, str]
    periods: list[str]
    formats: list[str]


class OrderIn(BaseModel):
    """`period` such as `2026-10` or `2026`; with `known_at` made of what was known then."""

    model_config = ConfigDict(extra="forbid")

    institution: Word
    report: Word
    period: Word
    known_at: UtcTime | None = None


class OrderOut(BaseModel):
    """`progress` from 0 to 1; `step` the text key of what is being done; `digest` the SHA-256 of the package."""

    order_id: str
    institution_id: str
    report: str
    title: dict[Language, str]
    period: str
    ordered_by: str
    ordered_at: UtcTime
    known_at: UtcTime | None
    state: OrderState
    progress: float
    step: str
    package: str | None
    digest: str | None
    error: str | None
    finished_at: UtcTime | None

    @classmethod
    def of(cls, order: ReportOrder) -> Self:
        return cls(
            order_id=order.order_id,
            institution_id=order.institution_id,
            report=order.report,
            title=dict(say(f"report.{order.report}.title")),
            period=order.period,
            ordered_by=order.ordered_by,
            ordered_at=from_ms(order.ordered_ms),
            known_at=time_or_none(order.known_at_ms),
            state=order.state,
            progress=order.progress,
            step=order.step,
            package=order.package,
            digest=order.digest,
            error=order.error,
            finished_at=time_or_none(order.finished_ms),
        )


class VerificationOut(BaseModel):
    """`faults` are lines with file, row and reason in the reader's language; none when the package is intact."""

    is_intact: bool
    public_key: str | None
    rows: int
    totals: int
    faults: list[str]


@router.get("", summary="Report orders, newest first", responses=documented(404))
def report_orders(
    principal: Reader, services: Services, institution: InstitutionFilter = None, limit: Limit = 100
) -> list[OrderOut]:
    found = orders(services, principal, scope_of(principal, institution), limit=limit)
    return [OrderOut.of(order) for order in found]


@router.get("/kinds", summary="Reports that can be ordered", responses=documented())
def report_kinds(principal: Reader) -> list[ReportOut]:
    return [
        ReportOut(
            report=one.report_id,
            title=dict(say(f"report.{one.report_id}.title")),
            periods=sorted(one.periods),
            formats=list(one.formats),
        )
        for one in reports(principal)
    ]


@router.post("", summary="Order a report", status_code=201, responses=documented(404))
def order(wanted: OrderIn, principal: Orderer, services: Services, response: Response) -> OrderOut:
    known_at_ms = None if wanted.known_at is None else to_ms(wanted.known_at)
    made = order_report(services, principal, wanted.institution, wanted.report, wanted.period, known_at_ms)
    response.headers["Location"] = f"/api/v1/reports/{made.order_id}"
    return OrderOut.of(made)


@router.get("/{order_id}", summary="One order", responses=documented(404))
def report_order(order_id: Word, principal: Reader, services: Services) -> OrderOut:
    return OrderOut.of(find_order(services, principal, order_id))


@router.get(
    "/{order_id}/package",
    summary="The sealed package",
    response_class=Response,
    responses={**documented(404, 409), 200: {"content": {ZIP: {}}}},
)
def package(order_id: Word, principal: Reader, services: Services) -> Response:
    name, content = take_package(services, principal, order_id)
    return Response(content, media_type=ZIP, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/{order_id}/verification", summary="Check the package on the shelf", responses=documented(404, 409))
def verification(order_id: Word, principal: Reader, services: Services, request: Request) -> VerificationOut:
    verdict = verify_order(services, principal, order_id)
    language = preferred_language(request.headers.get("accept-language", ""), services.language)
    return VerificationOut(
        is_intact=verdict.is_intact,
        public_key=verdict.public_key,
        rows=verdict.rows,
        totals=verdict.totals,
        faults=[fault.line(language) for fault in verdict.faults],
    )
