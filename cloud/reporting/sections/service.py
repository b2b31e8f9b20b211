"""What was asked of each department in the period, what became of it in time, and how people rated it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cloud.reporting.document import Cell, Column, Section, Table
from cloud.reporting.words import say
from cloud.reporting.worked import Worked
from cloud.services.catalogue import load_services
from cloud.services.request import ServiceRequest
from cloud.services.request_life import is_overdue, met_level

MOST_READ = 10_000


def service_section(worked: Worked) -> Section:
    """One row per service that was asked for; requests about persons are left out."""
    scene, period = worked.scene, worked.scene.period
    asked = [
        one
        for one in scene.service.requests.requests(
            {scene.institution_id}, start_ms=period.start_ms, end_ms=period.end_ms, limit=MOST_READ
        )
        if not one.is_restricted
    ]
    services = sorted({one.service for one in asked})
    rows = tuple(_row(service, [one for one in asked if one.service == service], scene.made_ms) for service in services)
    columns = (
        Column(say("report.column.service"), weight=2),
        Column(say("report.column.asked"), "", 0),
        Column(say("report.column.done"), "", 0),
        Column(say("report.column.in_time"), "", 0),
        Column(say("report.column.overdue"), "", 0),
        Column(say("report.column.ratings"), "", 0),
        Column(say("report.column.stars"), "", 2),
    )
    table = Table(say("report.service.requests"), columns, rows, say("report.service.none"))
    return Section("service", say("report.section.service"), (table,))


def _row(service: str, asked: Sequence[ServiceRequest], now_ms: int) -> tuple[Cell, ...]:
    done = [one for one in asked if one.done_ms is not None and one.done_ms <= now_ms]
    in_time = [one for one in done if met_level(one)]
    overdue = [one for one in asked if is_overdue(one, now_ms)]
    stars = [one.rating.stars for one in asked if one.rating is not None]
    known = load_services().get(service)
    return (
        known.name if known is not None else service,
        len(asked),
        len(done),
        len(in_time),
        len(overdue),
        len(stars),
        Decimal(sum(stars)) / len(stars) if stars else say("report.service.no_rating"),
    )
