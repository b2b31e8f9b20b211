"""What a door does for those who order, read and check reports.

Ordering and taking a package out of the house are audited, in this order: audit, then act.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.institution import InstitutionModel
from cloud.core.period import Period
from cloud.desks.door import DoorServices
from cloud.desks.energy_account import account_books, quotas_of
from cloud.desks.restatement import restatement_of
from cloud.energy.restatement import Restatement
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.report import Report, Scene, load_reports
from cloud.reporting.verdict import Verdict
from cloud.reporting.verify import verify_package
from foundation.errors import DomainError
from gateway.keys import public_key_text

MOST_LISTED = 1000
_UNFINISHED = (OrderState.QUEUED, OrderState.RUNNING)


def reports(principal: Principal) -> list[Report]:
    """Every report that there is, by id; DomainError 403."""
    _require(principal, Permission.READ_REPORTS)
    return list(load_reports().values())


def order_report(
    services: DoorServices,
    principal: Principal,
    institution_id: str,
    report_id: str,
    period: str,
    known_at_ms: int | None = None,
) -> ReportOrder:
    """Order a report, as things are known now or were known at a time; the same one not yet made is not ordered twice.

    Raises DomainError: 403, 404 outside the scope, 422 for an unknown report, a period it is not made of, or a time
    to come.
    """
    _require(principal, Permission.ORDER_REPORT)
    if not in_scope(principal, institution_id) or services.institutions.model(institution_id) is None:
        raise DomainError("error.not_found", 404)
    now_ms = services.clock.now_ms()
    if known_at_ms is not None and known_at_ms > now_ms:
        raise DomainError("error.time_to_come")
    wanted = check_order(report_id, period, now_ms if known_at_ms is None else known_at_ms)
    for known in services.reporting.orders.orders({institution_id}, limit=MOST_LISTED):
        is_same = (known.report, known.period, known.known_at_ms) == (report_id, str(wanted), known_at_ms)
        if is_same and known.state in _UNFINISHED:
            return known
    order = ReportOrder(
        order_id=services.rng.uuid(),
        institution_id=institution_id,
        report=report_id,
        period=str(wanted),
        ordered_by=principal.name,
        ordered_ms=now_ms,
        known_at_ms=known_at_ms,
    )
    _audit(services, principal, order, "report.order")
    services.reporting.orders.save(order)
    services.wake()
    return order


def check_order(report_id: str, period: str, now_ms: int) -> Period:
    """The period of an order that can be made; the first broken rule raises DomainError."""
    report = load_reports().get(report_id)
    if report is None:
        raise DomainError("error.report_unknown", report=report_id)
    try:
        wanted = Period.parse(period)
    except ValueError:
        raise DomainError("error.period_invalid", period=period) from None
    if not report.takes(wanted):
        raise DomainError("error.report_period", report=report_id, period=period)
    if wanted.start_ms >= now_ms:
        raise DomainError("error.report_not_begun", period=period)
    return wanted


def orders(
    services: DoorServices, principal: Principal, institution_ids: Collection[str] | None = None, *, limit: int = 100
) -> list[ReportOrder]:
    """Orders of these institutions within the scope, newest first; None means the whole scope. DomainError 403."""
    _require(principal, Permission.READ_REPORTS)
    scope = principal.institution_ids if institution_ids is None else principal.institution_ids & set(institution_ids)
    return services.reporting.orders.orders(scope, limit=limit)


def find_order(services: DoorServices, principal: Principal, order_id: str) -> ReportOrder:
    """One order within the scope; DomainError 403, 404."""
    _require(principal, Permission.READ_REPORTS)
    order = services.reporting.orders.find(order_id)
    if order is None or not in_scope(principal, order.institution_id):
        raise DomainError("error.not_found", 404)
    return order


def take_package(services: DoorServices, principal: Principal, order_id: str) -> tuple[str, bytes]:
    """Name and bytes of a finished package, to be carried away; DomainError 403, 404, 409 while it is not done."""
    order = find_order(services, principal, order_id)
    name, content = _package(services, order)
    _audit(services, principal, order, "report.take")
    return name, content


def verify_order(services: DoorServices, principal: Principal, order_id: str) -> Verdict:
    """Check a finished package on the shelf against this house's own key; DomainError as for `take_package`."""
    _, content = _package(services, find_order(services, principal, order_id))
    return verify_package(content, public_key_of(services))


def public_key_of(services: DoorServices) -> str:
    """The key by which packages of this house are known; auditors keep it."""
    return public_key_text(services.sealing_key.public_key())


def scene_of(services: DoorServices, order: ReportOrder) -> Scene | None:
    """What the report of an order may look at, as known at the time of the order; None without the institution."""
    institution_id, made_ms = order.institution_id, order.made_ms
    model = services.institutions.model(institution_id, made_ms)
    if model is None:
        return None
    return Scene(
        model=model,
        period=Period.parse(order.period),
        made_ms=made_ms,
        accounts=account_books(services, institution_id, made_ms),
        quotas=quotas_of(services, institution_id, made_ms),
        store=services.store,
        registry=services.registry,
        commands=services.commands,
        energy=services.energy,
        risk=services.risk,
        service=services.service,
        evaluation=services.evaluation,
        departments=services.departments,
        restated=_restated(services, model, order),
    )


def _restated(services: DoorServices, model: InstitutionModel, order: ReportOrder) -> Restatement | None:
    """How the period differs from what was known when this report was last issued; None for its first issue."""
    issued = [
        one.ordered_ms
        for one in services.reporting.orders.orders({order.institution_id}, limit=MOST_LISTED)
        if (one.report, one.period, one.state) == (order.report, order.period, OrderState.DONE)
        and one.known_at_ms is None
        and one.ordered_ms < order.made_ms
    ]
    if not issued:
        return None
    return restatement_of(services, model, Period.parse(order.period), max(issued), order.made_ms)


def _package(services: DoorServices, order: ReportOrder) -> tuple[str, bytes]:
    if order.state is not OrderState.DONE or order.package is None:
        raise DomainError("error.report_not_done", 409, state=order.state.value)
    content = services.reporting.shelf.get(order.package)
    if content is None or hashlib.sha256(content).hexdigest() != order.digest:
        raise DomainError("error.report_package_lost", 409, package=order.package)
    return order.package, content


def _require(principal: Principal, permission: Permission) -> None:
    if not can(principal, permission):
        raise DomainError("error.forbidden", 403)


def _audit(services: DoorServices, principal: Principal, order: ReportOrder, action: str) -> None:
    services.audit.record(
        institution_id=order.institution_id,
        actor=principal.name,
        action=action,
        subject=f"report:{order.order_id}",
        detail={"report": order.report, "period": order.period},
    )
