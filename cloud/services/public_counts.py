"""What the public may know of an office's services, risks, fleet and satisfaction: counts that name nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud.records.record import Record
from cloud.risk.risk import Risk
from cloud.services.anonymity import Contribution, PublicTable, publish, published_span
from cloud.services.request import ServiceRequest
from cloud.services.request_life import PUBLIC, SYSTEM
from cloud.services.share import Share
from cloud.services.views import PublicRules, load_field_levels

TRIPS, DISTANCE = "trips", "distance_km"


@dataclass(frozen=True, slots=True)
class PublicBooks:
    """What is counted: everything of one institution that may fall into the published span."""

    requests: Iterable[ServiceRequest]
    risks: Iterable[Risk]
    trips: Iterable[Record]
    surveys: Iterable[Record]
    vehicles: int


@dataclass(frozen=True, slots=True)
class PublicCounts:
    """Counts over whole months, the newest over since 30 days; start <= time < end in UTC ms.

    `satisfied_percent` by department is None below twenty answers. `vehicles` is the size of the fleet.
    """

    start_ms: int
    end_ms: int
    requests: PublicTable
    closed_risks: PublicTable
    fleet: PublicTable
    vehicles: int
    satisfied_percent: Mapping[str, int | None]


def public_counts(
    books: PublicBooks,
    services: Sequence[str],
    departments: Sequence[str],
    now_ms: int,
    rules: PublicRules | None = None,
) -> PublicCounts:
    """The counts as they may be published now; they stay the same until the next month may be.

    Nothing restricted is counted among risks, nor among requests what treats them: how often persons are concerned is
    not public.
    """
    rules = rules or load_field_levels().public
    start_ms, end_ms = published_span(now_ms, rules)
    asked = [one for one in books.requests if start_ms <= one.asked_ms < end_ms and not _is_persons_matter(one)]
    closed = [one for one in books.risks if start_ms <= (one.closed_ms or 0) < end_ms and not one.is_restricted]
    trips = [one for one in books.trips if start_ms <= one.start_ms < end_ms and one.fields.get("approved") is True]
    surveys = [one for one in books.surveys if start_ms <= one.start_ms < end_ms]
    return PublicCounts(
        start_ms=start_ms,
        end_ms=end_ms,
        requests=publish((Contribution(one.service, _asker(one)) for one in asked), services, rules),
        closed_risks=publish((Contribution(one.department, one.risk_id) for one in closed), departments, rules),
        fleet=_fleet(trips, rules),
        vehicles=books.vehicles,
        satisfied_percent={name: _satisfied(surveys, name, rules) for name in departments},
    )


def _is_persons_matter(request: ServiceRequest) -> bool:
    """Whether it treats a restricted risk; what people ask for in confidence is counted like everything else."""
    return request.is_restricted and request.risk_id is not None


def _asker(request: ServiceRequest) -> str:
    """Who is behind a request; nobody knows who of the public is who, so each of theirs counts for itself."""
    return request.request_id if request.asked_by in (PUBLIC, SYSTEM) else f"by {request.asked_by}"


def _fleet(trips: Sequence[Record], rules: PublicRules) -> PublicTable:
    """Trips and kilometres of the whole fleet; one vehicle with most of them would be its own track."""
    made = [Contribution(TRIPS, one.record_id, source=one.subject) for one in trips]
    driven = [
        Contribution(DISTANCE, one.record_id, float(distance), one.subject)
        for one in trips
        if isinstance(distance := one.fields.get("distance_km"), int | float) and distance > 0
    ]
    tables = [
        publish(part, [name], rules, least=rules.least_trips) for name, part in ((TRIPS, made), (DISTANCE, driven))
    ]
    # Trips and kilometres have no common total.
    return PublicTable({name: cell for table in tables for name, cell in table.cells.items()}, None)


def _satisfied(surveys: Iterable[Record], department: str, rules: PublicRules) -> int | None:
    mine = [one.fields for one in surveys if one.fields.get("department") == department]
    answers = sum(count for one in mine if isinstance(count := one.get("answers"), int))
    satisfied = sum(count for one in mine if isinstance(count := one.get("satisfied"), int))
    share = Share(satisfied, answers).value
    if share is None or answers < rules.least_answers:
        return None
    return int(share * 100 / rules.round_to + 0.5) * rules.round_to
