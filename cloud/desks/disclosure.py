"""What the public may read: the newest published notice of an institution, exactly as it was sealed, nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cloud.core.access import Permission, Principal, can
from cloud.core.period import Period
from cloud.desks.door import DoorServices
from cloud.reporting.container import unpack
from cloud.reporting.make import file_name
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.verify import DOCUMENT
from foundation.errors import DomainError
from foundation.texts import Language

REPORT = "disclosure"
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A published notice; `document` is its JSON, `periods` all that have been published, newest first."""

    institution_id: str
    period: str
    published_ms: int
    document: dict[str, Any]
    periods: tuple[str, ...]


def read_disclosure(
    services: DoorServices, principal: Principal, institution_id: str, period: str | None = None
) -> Disclosure:
    """The notice of a period, else the newest; whoever may read any may read every institution's.

    Raises DomainError: 403, 404 when nothing has been published.
    """
    order, members = _published(services, principal, institution_id, period)
    known = _orders(services, institution_id)
    return Disclosure(
        institution_id=institution_id,
        period=order.period,
        published_ms=order.finished_ms or order.ordered_ms,
        document=json.loads(members[DOCUMENT]),
        periods=tuple(sorted({one.period for one in known}, reverse=True)),
    )


def disclosure_page(
    services: DoorServices, principal: Principal, institution_id: str, language: Language, period: str | None = None
) -> bytes:
    """The same as a page of HTML; DomainError as for `read_disclosure`."""
    _, members = _published(services, principal, institution_id, period)
    return members[file_name(REPORT, "html", language)]


def _published(
    services: DoorServices, principal: Principal, institution_id: str, period: str | None
) -> tuple[ReportOrder, dict[str, bytes]]:
    if not can(principal, Permission.READ_DISCLOSURE):
        raise DomainError("error.forbidden", 403)
    known = [one for one in _orders(services, institution_id) if period in (None, one.period)]
    # The month that ended last; of one month the notice that was made last.
    newest = max(known, key=lambda one: (Period.parse(one.period).end_ms, one.ordered_ms), default=None)
    content = services.reporting.shelf.get(newest.package) if newest is not None and newest.package else None
    members = unpack(content) if content is not None else None
    if newest is None or members is None:
        raise DomainError("error.not_disclosed", 404)
    return newest, members


def _orders(services: DoorServices, institution_id: str) -> list[ReportOrder]:
    """Finished notices over periods that are over: a running month is nobody's business yet."""
    now_ms = services.clock.now_ms()
    return [
        one
        for one in services.reporting.orders.orders({institution_id}, limit=MOST_LISTED)
        if one.report == REPORT and one.state is OrderState.DONE and Period.parse(one.period).end_ms <= now_ms
    ]
