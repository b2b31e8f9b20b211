"""ServiceRequest: what somebody asked for, from draft to closed, under one state machine for every service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RequestState(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One move of a request: who did what, when, and why."""

    at_ms: int
    by: str
    action: str
    state: RequestState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """From 1 to 5, by the one who asked."""

    stars: int
    by: str
    at_ms: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """One request of a service of the catalogue.

    `fields` are the service's own inputs; `respond_by_ms` and `finish_by_ms` its service level; `risk_id` the risk it
    treats, if any; `asked_by` a principal's name, `public` or `system`, and `asking_department` theirs. `start_ms` and
    `end_ms` are set for bookings. `code_digest` is what the secret code of a public request is known by; `escalated_ms`
    when it was reopened too often.
    """

    request_id: str
    institution_id: str
    service: str
    department: str
    subject: str
    asked_by: str
    asked_ms: int
    state: RequestState
    respond_by_ms: int
    finish_by_ms: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[RequestStep, ...] = ()
    assigned_to: str | None = None
    accepted_ms: int | None = None
    done_ms: int | None = None
    closed_ms: int | None = None
    reopened: int = 0
    rating: Rating | None = None
    risk_id: str | None = None
    case_id: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    is_restricted: bool = False
    asking_department: str | None = None
    code_digest: str | None = None
    escalated_ms: int | None = None
