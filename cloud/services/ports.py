"""The sockets of the service platform: requests, joint cases, and who may use whose data."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from cloud.services.dataset_grant import DatasetGrant
from cloud.services.joint_case import JointCase
from cloud.services.request import ServiceRequest


class RequestBook(Protocol):
    """Service requests."""

    def add(self, request: ServiceRequest) -> None:
        """Enter a new request; a known request_id changes nothing.

        One with `start_ms` holds its subject: when another that is neither rejected nor cancelled holds it at the
        same time, nothing is entered and DomainError 409 `error.booking_conflict` names it. Decided in one transaction.
        """
        ...

    def move(self, request: ServiceRequest, *, was: ServiceRequest) -> None:
        """Replace a request that is still as it `was` read; otherwise DomainError 409 `error.request_moved`."""
        ...

    def find(self, request_id: str) -> ServiceRequest | None: ...

    def requests(
        self, institution_ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[ServiceRequest]:
        """Those asked in the span, newest first."""
        ...

    def unfinished(self, institution_ids: Collection[str] | None = None) -> list[ServiceRequest]:
        """All that are not yet closed, rejected or cancelled; None means every institution (jobs only)."""
        ...


class CaseBook(Protocol):
    """Joint cases; the same case_id again replaces it."""

    def save(self, case: JointCase) -> None: ...

    def approve(self, case_id: str, department: str, *, agreed: bool, by: str, note: str, at_ms: int) -> JointCase:
        """Book one department's word, whatever others say at the same time; DomainError 404 or 409."""
        ...

    def change(self, case_id: str, by: Callable[[JointCase], JointCase]) -> JointCase:
        """Replace it by what `by` makes of it, whatever others change at the same time; DomainError 404."""
        ...

    def find(self, case_id: str) -> JointCase | None: ...

    def cases(self, institution_ids: Collection[str], *, limit: int = 1000) -> list[JointCase]:
        """Newest first."""
        ...


class GrantBook(Protocol):
    """Data that departments share; the same grant_id again replaces it."""

    def save(self, grant: DatasetGrant) -> None: ...

    def use(self, grant_id: str, at_ms: int) -> None:
        """Count one use, whatever others count at the same time."""
        ...

    def change(self, grant_id: str, by: Callable[[DatasetGrant], DatasetGrant]) -> DatasetGrant:
        """Replace it by what `by` makes of it, whatever others change at the same time; DomainError 404."""
        ...

    def find(self, grant_id: str) -> DatasetGrant | None: ...

    def grants(self, institution_ids: Collection[str]) -> list[DatasetGrant]:
        """Newest first."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceBooks:
    """The books of the service platform."""

    requests: RequestBook
    cases: CaseBook
    grants: GrantBook
