"""The three views through their desks: public, superior and staff, over the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.core.access import ANONYMOUS, Principal, Role
from cloud.core.calendar import day_bounds_ms
from cloud.core.event import Severity
from cloud.core.period import Period
from cloud.desks.data_views import data_view, inputs_seen
from cloud.desks.public_view import institution_counts, public_view, published_year
from cloud.desks.requests import RequestDraft, file_request
from cloud.records.record import Record, RecordImport
from cloud.risk.risk import Risk, RiskStatus
from cloud.services.anonymity import Hidden
from cloud.services.request import Rating
from cloud.services.request_life import SYSTEM
from cloud.services.views import Audience
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import FAULT, SUBJECT, head_of, repair, staff

OFFICE = frozenset({"office"})
DAY = 86_400_000
SUPERIOR = Principal("city", frozenset({Role.SUPERIOR}), OFFICE)
DISPATCHER = Principal("d", frozenset({Role.DISPATCHER}), OFFICE, "vehicle")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def risk(world: World, risk_id: str, **changes: Any) -> Risk:
    now_ms = world.clock.now_ms()
    made = Risk(
        risk_id=risk_id,
        institution_id="office",
        rule_id="E06",
        department="real_estate",
        subject=SUBJECT,
        likelihood=3,
        consequence=4,
        colour=Severity.ORANGE,
        status=RiskStatus.OPEN,
        opened_ms=now_ms,
        due_ms=now_ms,
        opened_by_event="e",
    )
    made = replace(made, **changes)
    world.services.risk.register.save(made)
    return made


def old_requests(world: World, count: int, *, service: str = "repair", days_ago: int = 60, asker: str = "") -> None:
    """Requests of so many days ago, each of somebody else unless an asker is given."""
    pattern = repair(world)
    for number in range(count):
        request = replace(
            pattern,
            request_id=f"{service}-{days_ago}-{asker}-{number}",
            service=service,
            asked_by=asker or f"{service}-staff-{number}",
            asked_ms=world.clock.now_ms() - days_ago * DAY,
        )
        world.services.service.requests.add(request)


def rows_of(world: World, kind: str, *rows: Record) -> None:
    world.services.records.put(rows, RecordImport(f"i-{kind}", "office", kind, "f", "d", "li", 1))


def trip(world: World, number: int, vehicle: str, km: float = 30.0) -> Record:
    start_ms = world.clock.now_ms() - 70 * DAY + number * 1000
    fields = {"approved": True, "distance_km": km, "vehicle": vehicle}
    return Record("office", "vehicle_order", f"o-{number}", "vehicle", f"vehicle:{vehicle}", start_ms, start_ms, fields)


def test_the_public_sees_large_cells_rounded_and_no_small_ones(world: World) -> None:
    old_requests(world, 13)
    old_requests(world, 7, service="property")
    old_requests(world, 4, service="catering")
    counts = institution_counts(world.services, "office")
    shown = {name: cell.value for name, cell in counts.requests.cells.items()}
    assert (shown["repair"], shown["property"], shown["catering"], shown["visitor"]) == (15, None, None, None)
    assert counts.requests.cells["property"].hidden is Hidden.DERIVABLE
    assert counts.requests.total == 25


def test_one_person_who_asks_often_is_no_crowd(world: World) -> None:
    old_requests(world, 50, asker="li")
    cell = institution_counts(world.services, "office").requests.cells["repair"]
    assert (cell.value, cell.hidden) == (None, Hidden.FEW)


def test_the_public_view_changes_with_the_month_and_not_with_a_single_request(world: World) -> None:
    old_requests(world, 13)
    before = institution_counts(world.services, "office")
    old_requests(world, 1, days_ago=1)
    old_requests(world, 20, days_ago=29)
    assert institution_counts(world.services, "office") == before


def test_restricted_risks_are_not_counted_for_the_public(world: World) -> None:
    closed_ms = world.clock.now_ms() - 60 * DAY
    for number in range(6):
        risk(world, f"r-{number}", closed_ms=closed_ms, opened_ms=closed_ms, status=RiskStatus.CLOSED)
        risk(world, f"h-{number}", closed_ms=closed_ms, opened_ms=closed_ms, department="vehicle", is_restricted=True)
        risk(world, f"o-{number}", department="energy", opened_ms=closed_ms)
    cells = institution_counts(world.services, "office").closed_risks.cells
    assert cells["real_estate"].value == 5
    assert (cells["vehicle"].value, cells["energy"].value) == (None, None)


def test_requests_that_treat_a_persons_matter_are_not_counted_for_the_public(world: World) -> None:
    pattern = replace(repair(world), asked_by=SYSTEM, asked_ms=world.clock.now_ms() - 60 * DAY)
    for number in range(6):
        hidden = replace(pattern, request_id=f"h-{number}", risk_id=f"risk-{number}", is_restricted=True)
        world.services.service.requests.add(hidden)
    assert institution_counts(world.services, "office").requests.cells["repair"].value is None


def test_fleet_totals_need_ten_trips_and_no_dominant_vehicle(world: World) -> None:
    rows_of(world, "vehicle_order", *(trip(world, number, f"car-{number % 3}") for number in range(12)))
    fleet = institution_counts(world.services, "office").fleet
    assert {name: cell.value for name, cell in fleet.cells.items()} == {"trips": 10, "distance_km": 360}
    more = [trip(world, 100 + number, "car-0") for number in range(20)]
    rows_of(world, "vehicle_order", *more)
    dominated = institution_counts(world.services, "office").fleet
    assert {cell.hidden for cell in dominated.cells.values()} == {Hidden.DOMINATED}


def test_nine_trips_are_nobody_elses_business(world: World) -> None:
    rows_of(world, "vehicle_order", *(trip(world, number, f"car-{number}") for number in range(9)))
    fleet = institution_counts(world.services, "office").fleet
    assert {cell.hidden for cell in fleet.cells.values()} == {Hidden.FEW}


@pytest.mark.parametrize(
    ("answers", "satisfied", "percent"), [(19, 19, None), (20, 17, 85), (40, 37, 95), (0, 0, None)]
)
def test_satisfaction_is_told_from_twenty_answers_on(
    world: World, answers: int, satisfied: int, percent: int | None
) -> None:
    start_ms = world.clock.now_ms() - 60 * DAY
    fields = {"department": "general", "answers": answers, "satisfied": satisfied}
    survey = Record("office", "satisfaction", "s-1", "general", "department:general", start_ms, start_ms, fields)
    rows_of(world, "satisfaction", survey)
    assert institution_counts(world.services, "office").satisfied_percent["general"] == percent


def test_yearly_energy_is_that_of_the_last_published_year_and_unknown_stays_unknown(world: World) -> None:
    view = public_view(world.services, ANONYMOUS, "office")
    assert view.year == published_year(world.clock.now_ms()) == Period(2025)
    assert {one.carrier: one.quantity for one in view.energy} == {"electricity": None, "water": None}
    assert all(one.missing for one in view.energy)


def test_a_year_is_published_once_january_is_over() -> None:
    for day, year in ((Period(2026, 1).start_ms, 2024), (day_bounds_ms(Period(2026, 1).end_day)[0], 2025)):
        assert published_year(day) == Period(year)


def test_an_unknown_institution_has_no_public_view(world: World) -> None:
    with pytest.raises(DomainError) as refusal:
        public_view(world.services, ANONYMOUS, "moon")
    assert refusal.value.status == 404


def test_a_superior_sees_grave_risks_and_requests_without_persons(world: World) -> None:
    repair(world)
    risk(world, "grave")
    risk(world, "light", colour=Severity.YELLOW)
    risk(world, "hidden", is_restricted=True)
    view = data_view(world.services, SUPERIOR, "office")
    assert view.audience is Audience.SUPERIOR
    assert [one["risk"] for one in view.risks] == ["grave"]
    [request] = view.requests
    assert set(request) == {
        "request", "service", "department", "state", "asked_on", "subject", "on_time", "reopened", "stars",
    }  # fmt: skip


def test_staff_see_their_own_requests_and_heads_the_risks_of_their_department(world: World) -> None:
    repair(world)
    repair(world, asker=staff("zhao"))
    risk(world, "mine")
    risk(world, "theirs", department="energy")
    view = data_view(world.services, staff(), "office")
    assert (len(view.requests), view.risks) == (1, [])
    of_head = data_view(world.services, head_of("real_estate"), "office")
    assert len(of_head.requests) == 2
    assert [("rule" in one, "subject" in one) for one in of_head.risks] == [(True, True), (False, False)]
    assert all("colour" in one for one in of_head.risks)


def test_the_name_behind_a_request_is_whole_only_for_the_department_that_serves_it(world: World) -> None:
    request = repair(world)
    world.services.service.requests.move(replace(request, rating=Rating(1, "li", 1, "王师傅态度差")), was=request)
    [seen] = data_view(world.services, DISPATCHER, "office").requests
    assert seen["asked_by"] == "l*"
    assert "comment" not in seen
    [own] = data_view(world.services, head_of("real_estate"), "office").requests
    assert (own["asked_by"], own["comment"]) == ("li", "王师傅态度差")


def test_a_telephone_number_is_masked_for_those_who_only_look(world: World) -> None:
    draft = RequestDraft("office", "repair", SUBJECT, {**FAULT, "phone": "13912345678"})
    request = file_request(world.services, staff(), draft)
    for whole in (staff(), head_of("real_estate")):
        assert inputs_seen(world.services, whole, request)["phone"] == "13912345678"
    for part in (DISPATCHER, head_of("energy")):
        assert inputs_seen(world.services, part, request)["phone"] == "139****5678"


def test_nobody_looks_into_another_institution(world: World) -> None:
    for principal in (replace(SUPERIOR, institution_ids=frozenset({"school"})), staff(institution_id="school")):
        with pytest.raises(DomainError) as refusal:
            data_view(world.services, principal, "office")
        assert refusal.value.status == 404
    with pytest.raises(DomainError) as forbidden:
        data_view(world.services, ANONYMOUS, "office")
    assert forbidden.value.status == 403
