"""OrderBook in SQL."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from cloud.adapters.sql.documents import Documents, document_table, in_scope
from cloud.adapters.sql.tables import milliseconds, text
from cloud.reporting.order import OrderState, ReportOrder

report_order = document_table("report_order", text("state", index=True), milliseconds("ordered_ms"), key=("order_id",))


class SqlOrderBook:
    """Fits the port OrderBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._orders = Documents(engine, report_order, ReportOrder)

    def save(self, order: ReportOrder) -> None:
        self._orders.save(order)

    def find(self, order_id: str) -> ReportOrder | None:
        return self._orders.find(order_id=order_id)

    def orders(self, institution_ids: Collection[str], *, limit: int = 100) -> list[ReportOrder]:
        order = report_order.c.ordered_ms.desc()
        return self._orders.select(in_scope(report_order, institution_ids), order=order, limit=limit)

    def waiting(self) -> list[ReportOrder]:
        is_waiting = report_order.c.state.in_((OrderState.QUEUED.value, OrderState.RUNNING.value))
        return self._orders.select(is_waiting, order=report_order.c.ordered_ms)
