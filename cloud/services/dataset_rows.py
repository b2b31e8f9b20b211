"""The rows of a dataset, read from the books as they stand, before anybody's view of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cloud.core.calendar import day_start_ms, local_day
from cloud.core.period import DAY_MS
from cloud.core.ports import IntervalBook, Registry
from cloud.core.series import SeriesKey
from cloud.records.ports import RecordBook
from cloud.risk.ports import RiskRegister
from cloud.risk.risk import Risk
from cloud.services.dataset import Dataset
from cloud.services.ports import RequestBook
from cloud.services.request import ServiceRequest
from cloud.services.request_life import met_level
from cloud.services.request_pages import newest_first

LONGEST_DAYS = 366
MOST_RISKS = 10_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DatasetBooks:
    """Where rows are read."""

    records: RecordBook
    intervals: IntervalBook
    registry: Registry
    risks: RiskRegister
    requests: RequestBook


def rows_of(dataset: Dataset, books: DatasetBooks, institution_id: str, first: date, last: date) -> Iterator[Row]:
    """Rows of the local days first..last; a register without times gives all of its lines.

    Nothing restricted is among them.
    """
    start_ms, end_ms = day_start_ms(first), day_start_ms(last) + DAY_MS
    if dataset.source.records is not None:
        found = books.records.records([institution_id], dataset.source.records, start_ms=start_ms, end_ms=end_ms)
        return (dict(one.fields) for one in found)
    if dataset.source.view == "requests":
        return request_rows(newest_first(books.requests, [institution_id], start_ms, end_ms))
    if dataset.source.view == "risks":
        return risk_rows(books.risks.risks([institution_id], start_ms=start_ms, end_ms=end_ms, limit=MOST_RISKS))
    return _energy_rows(books, institution_id, start_ms, end_ms)


def request_rows(requests: Iterable[ServiceRequest]) -> Iterator[Row]:
    """Requests as rows of the view `requests`, without restricted ones."""
    for one in requests:
        if not one.is_restricted:
            yield {
                "request": one.request_id,
                "service": one.service,
                "department": one.department,
                "state": one.state.value,
                "asked_on": str(local_day(one.asked_ms)),
                "subject": one.subject,
                "asked_by": one.asked_by,
                "assigned_to": one.assigned_to,
                "on_time": met_level(one),
                "reopened": one.reopened,
                "stars": one.rating.stars if one.rating else None,
                "comment": one.rating.comment if one.rating else None,
            }


def risk_rows(risks: Iterable[Risk]) -> Iterator[Row]:
    """Risks as rows of the view `risks`, without restricted ones."""
    for one in risks:
        if not one.is_restricted:
            yield {
                "risk": one.risk_id,
                "rule": one.rule_id,
                "department": one.department,
                "colour": one.colour.name.lower(),
                "status": one.status.value,
                "opened_on": str(local_day(one.opened_ms)),
                "subject": one.subject,
                "likelihood": one.likelihood,
                "consequence": one.consequence,
                "label": one.label.value if one.label else None,
            }


def _energy_rows(books: DatasetBooks, institution_id: str, start_ms: int, end_ms: int) -> Iterator[Row]:
    """Growth of every counter per local day, in its base unit; days without booked intervals are absent."""
    keys = [
        SeriesKey(device.group, device.device, point.name)
        for device in books.registry.devices([institution_id])
        for point in device.points
        if point.kind == "counter"
    ]
    for day_ms in range(start_ms, end_ms, DAY_MS) if keys else ():
        for key, total in sorted(books.intervals.total(keys, day_ms, day_ms + DAY_MS).items(), key=lambda one: one[0]):
            yield {
                "day": str(local_day(day_ms)),
                "device": f"{key.group}/{key.device}",
                "point": key.point,
                "amount": total.delta,
                "estimated": total.estimated,
            }
