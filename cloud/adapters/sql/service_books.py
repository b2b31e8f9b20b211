"""The books of the service platform in SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import sqlalchemy as sa

from cloud.adapters.sql.database import writing
from cloud.adapters.sql.documents import Documents, document_table, in_scope, opened_in
from cloud.adapters.sql.rows import lock
from cloud.adapters.sql.tables import milliseconds, text
from cloud.services.dataset_grant import DatasetGrant
from cloud.services.joint_case import Approval, CaseState, JointCase
from cloud.services.ports import ServiceBooks
from cloud.services.request import RequestState, ServiceRequest
from foundation.errors import DomainError

service_request = document_table(
    "service_request",
    text("state", index=True),
    text("subject", index=True),
    milliseconds("asked_ms"),
    milliseconds("start_ms", nullable=True),
    milliseconds("end_ms", nullable=True),
    key=("request_id",),
)
joint_case = document_table("joint_case", milliseconds("opened_ms"), key=("case_id",))
dataset_grant = document_table("dataset_grant", milliseconds("asked_ms"), key=("grant_id",))

_ENDED = (RequestState.CLOSED.value, RequestState.REJECTED.value, RequestState.CANCELLED.value)
_GIVEN_UP = (RequestState.REJECTED.value, RequestState.CANCELLED.value)


class SqlRequestBook:
    """Fits the port RequestBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._requests = Documents(engine, service_request, ServiceRequest)

    def add(self, request: ServiceRequest) -> None:
        columns = service_request.c
        with writing(self._requests.engine) as connection:
            # Two bookings of one room at once must not both find it free.
            lock(connection, "service_request")
            if self._requests.get(connection, columns.request_id == request.request_id) is not None:
                return
            taken = self._requests.get(connection, _holding(request)) if request.start_ms is not None else None
            if taken is not None:
                raise DomainError("error.booking_conflict", 409, subject=request.subject, request=taken.request_id)
            self._requests.put(connection, request)

    def move(self, request: ServiceRequest, *, was: ServiceRequest) -> None:
        with writing(self._requests.engine) as connection:
            # Some moves leave the state as it is: what was read must be there whole.
            lock(connection, "service_request")
            if self._requests.get(connection, service_request.c.request_id == request.request_id) != was:
                raise DomainError("error.request_moved", 409, request=request.request_id)
            self._requests.put(connection, request)

    def find(self, request_id: str) -> ServiceRequest | None:
        return self._requests.find(request_id=request_id)

    def requests(
        self, institution_ids: Collection[str], *, start_ms: int = 0, end_ms: int | None = None, limit: int = 1000
    ) -> list[ServiceRequest]:
        asked = opened_in(service_request.c.asked_ms, start_ms, end_ms)
        order = service_request.c.asked_ms.desc()
        return self._requests.select(in_scope(service_request, institution_ids), asked, order=order, limit=limit)

    def unfinished(self, institution_ids: Collection[str] | None = None) -> list[ServiceRequest]:
        is_unfinished = service_request.c.state.not_in(_ENDED)
        order = service_request.c.asked_ms
        return self._requests.select(in_scope(service_request, institution_ids), is_unfinished, order=order)


class SqlCaseBook:
    """Fits the port CaseBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._cases = Documents(engine, joint_case, JointCase)

    def save(self, case: JointCase) -> None:
        self._cases.save(case)

    def approve(self, case_id: str, department: str, *, agreed: bool, by: str, note: str, at_ms: int) -> JointCase:
        with writing(self._cases.engine) as connection:
            # Approvals run side by side: without the lock one would overwrite the other.
            lock(connection, "joint_case")
            case = self._cases.get(connection, joint_case.c.case_id == case_id)
            if case is None:
                raise DomainError("error.not_found", 404)
            spoken = _spoken(case, Approval(department, agreed, by, at_ms, note))
            self._cases.put(connection, spoken)
        return spoken

    def change(self, case_id: str, by: Callable[[JointCase], JointCase]) -> JointCase:
        return self._cases.change(by, case_id=case_id)

    def find(self, case_id: str) -> JointCase | None:
        return self._cases.find(case_id=case_id)

    def cases(self, institution_ids: Collection[str], *, limit: int = 1000) -> list[JointCase]:
        order = joint_case.c.opened_ms.desc()
        return self._cases.select(in_scope(joint_case, institution_ids), order=order, limit=limit)


class SqlGrantBook:
    """Fits the port GrantBook."""

    def __init__(self, engine: sa.Engine) -> None:
        self._grants = Documents(engine, dataset_grant, DatasetGrant)

    def save(self, grant: DatasetGrant) -> None:
        self._grants.save(grant)

    def use(self, grant_id: str, at_ms: int) -> None:
        with writing(self._grants.engine) as connection:
            lock(connection, "dataset_grant")
            grant = self._grants.get(connection, dataset_grant.c.grant_id == grant_id)
            if grant is not None:
                self._grants.put(connection, replace(grant, uses=grant.uses + 1, last_used_ms=at_ms))

    def change(self, grant_id: str, by: Callable[[DatasetGrant], DatasetGrant]) -> DatasetGrant:
        return self._grants.change(by, grant_id=grant_id)

    def find(self, grant_id: str) -> DatasetGrant | None:
        return self._grants.find(grant_id=grant_id)

    def grants(self, institution_ids: Collection[str]) -> list[DatasetGrant]:
        return self._grants.select(in_scope(dataset_grant, institution_ids), order=dataset_grant.c.asked_ms.desc())


def sql_service_books(engine: sa.Engine) -> ServiceBooks:
    return ServiceBooks(requests=SqlRequestBook(engine), cases=SqlCaseBook(engine), grants=SqlGrantBook(engine))


def _holding(request: ServiceRequest) -> sa.ColumnElement[bool]:
    """Other requests that hold the same subject at the same time."""
    columns = service_request.c
    return sa.and_(
        columns.institution_id == request.institution_id,
        columns.subject == request.subject,
        columns.state.not_in(_GIVEN_UP),
        columns.start_ms < request.end_ms,
        columns.end_ms > request.start_ms,
    )


def _spoken(case: JointCase, word: Approval) -> JointCase:
    asked = {one.department: one for one in case.approvals}
    if word.department not in asked:
        raise DomainError("error.not_asked", 409, department=word.department)
    if case.state is not CaseState.OPEN or asked[word.department].agreed is not None:
        raise DomainError("error.already_decided", 409, state=case.state.value)
    approvals = tuple(word if one.department == word.department else one for one in case.approvals)
    if not word.agreed:
        return replace(case, approvals=approvals, state=CaseState.REFUSED)
    is_agreed = all(one.agreed for one in approvals)
    return replace(case, approvals=approvals, state=CaseState.AGREED if is_agreed else CaseState.OPEN)
