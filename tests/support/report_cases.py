"""How the routes of reports are called in the access table: orders, and a small notice that is sealed and published."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.seal import Statement, seal
from tests.support.cloud_world import SEALING_KEY, World

PERIOD = "2026-08"
_NUMBERS = count(1)


def published(world: World, institution_id: str, report: str = "disclosure") -> ReportOrder:
    """A finished order whose package says no more than its own name."""
    files = {"report.json": b"{}", f"{report}.zh-CN.html": b"<html></html>", f"{report}.en.html": b"<html></html>"}
    window = ("2026-07-31T16:00:00Z", "2026-08-31T16:00:00Z")
    statement = Statement(report, institution_id, PERIOD, window, "2026-09-01T00:00:00Z", "xietong")
    content = seal(files, [], statement, SEALING_KEY)
    digest, now_ms = hashlib.sha256(content).hexdigest(), world.clock.now_ms()
    order = ReportOrder(
        order_id=f"{institution_id}-order-{next(_NUMBERS)}",
        institution_id=institution_id,
        report=report,
        period=PERIOD,
        ordered_by="li",
        ordered_ms=now_ms,
        state=OrderState.DONE,
        progress=1.0,
        step="report.step.done",
        package=f"{report}-{digest[:12]}.zip",
        digest=digest,
        finished_ms=now_ms,
    )
    world.services.reporting.shelf.put(order.package or "", content)
    world.services.reporting.orders.save(order)
    return order


def one_order(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"order_id": published(world, institution_id).order_id}}


def new_order(world: World, institution_id: str) -> dict[str, Any]:
    return {"json": {"institution": institution_id, "report": "energy_month", "period": PERIOD}}


def notice(world: World, institution_id: str) -> dict[str, Any]:
    published(world, institution_id)
    return {"params": {"institution": institution_id}}
