"""The sockets of reporting: orders, and the shelf of finished packages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from cloud.reporting.order import ReportOrder


class OrderBook(Protocol):
    """Report orders; the same order_id again replaces it."""

    def save(self, order: ReportOrder) -> None: ...

    def find(self, order_id: str) -> ReportOrder | None: ...

    def orders(self, institution_ids: Collection[str], *, limit: int = 100) -> list[ReportOrder]:
        """Newest first."""
        ...

    def waiting(self) -> list[ReportOrder]:
        """QUEUED orders, and RUNNING ones that a process left behind, oldest first, of every institution."""
        ...


class PackageShelf(Protocol):
    """Finished packages as files; a name that is there is never overwritten with other bytes."""

    def put(self, name: str, content: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class ReportBooks:
    """The books of reporting."""

    orders: OrderBook
    shelf: PackageShelf
