"""Every indicator on rows made by hand, and what it says when there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from cloud.core.calendar import day_start_ms
from cloud.core.department import load_departments
from cloud.core.event import Severity
from cloud.core.period import DAY_MS, Period
from cloud.core.work_calendar import WorkCalendar
from cloud.energy.account import AccountBooks
from cloud.evaluation.indicator import NOT_APPLICABLE, Facts, Measured, load_indicators
from cloud.evaluation.measuring import measure_all
from cloud.records.record import FieldValue, Record
from cloud.risk.risk import Risk, RiskStatus
from cloud.services.dataset import load_datasets
from cloud.services.dataset_grant import DatasetGrant, GrantState
from cloud.services.joint_case import Approval, JointCase
from cloud.services.request import Rating, RequestState, ServiceRequest
from foundation.texts import load_texts
from tests.support.county_model import ENERGY, OFFICE, FakeRecordBook, bill, county_model, quarters
from tests.support.fakes import FakeIntervalBook, FakeRegistry, FakeStore

OCTOBER = Period(2026, 10)
START, END = OCTOBER.start_ms, OCTOBER.end_ms
HOUR_MS = 3_600_000


def row(kind: str, name: str, on: date = date(2026, 10, 5), until: date | None = None, **fields: FieldValue) -> Record:
    start_ms = day_start_ms(on)
    end_ms = start_ms if until is None else day_start_ms(until)
    return Record(OFFICE, kind, name, "x", "department:x", start_ms, end_ms, fields)


def facts(
    *rows: Record, intervals: Any = (), risks: Any = (), requests: Any = (), grants: Any = (), cases: Any = ()
) -> Facts:
    book, records = FakeIntervalBook(), FakeRecordBook(*rows)
    if intervals:
        book.book(list(intervals), 1)
    stubs: Any = {
        "register": SimpleNamespace(risks=lambda ids, **_: [one for one in risks if one.institution_id in ids]),
        "requests": SimpleNamespace(requests=lambda ids, **_: [one for one in requests if one.institution_id in ids]),
        "grants": SimpleNamespace(grants=lambda ids: list(grants)),
        "cases": SimpleNamespace(cases=lambda ids, **_: list(cases)),
    }
    made: dict[str, Any] = {
        "store": FakeStore(),
        "registry": FakeRegistry(),
        "records": records,
        "risk": SimpleNamespace(**stubs),
        "service": SimpleNamespace(**stubs),
        "account_books": AccountBooks(book, records),  # type: ignore[arg-type]
    }
    return Facts(OFFICE, county_model(), END + DAY_MS, intervals=book, calendar=WorkCalendar(), **made)


def measured(name: str, *rows: Record, **books: Any) -> Measured:
    return load_indicators()[name].measure(facts(*rows, **books), OCTOBER)


def test_every_department_has_two_indicators_or_more_and_every_one_its_words() -> None:
    indicators, texts = load_indicators(), load_texts()
    by_department: dict[str, int] = {}
    for name, indicator in indicators.items():
        by_department[indicator.department] = by_department.get(indicator.department, 0) + 1
        assert f"evaluation.indicator.{name}.name" in texts
        assert f"evaluation.indicator.{name}.explanation" in texts
        assert indicator.bounds.source in texts
    assert set(by_department) == {one.id for one in load_departments().all()}
    assert min(by_department.values()) >= 2


def test_without_any_row_every_indicator_says_why_and_none_is_zero() -> None:
    texts = load_texts()
    for value in measure_all(facts(), OCTOBER, load_indicators()):
        assert (value.value, value.efficacy) == (None, None), value.indicator
        assert value.missing in texts, value.indicator


def test_indicator_that_fails_is_missing_and_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    def failing(of: Facts, period: Period) -> Measured:
        return Measured(float(len(of.institution_id)) / 0)

    indicators = dict(load_indicators())
    indicators["idle_share"] = replace(indicators["idle_share"], measure=failing)
    good = row("equipment", "lift-1", due_on="2027-01-01")
    values = {one.indicator: one for one in measure_all(facts(good), OCTOBER, indicators)}
    assert values["idle_share"].missing == "evaluation.missing.failed"
    assert values["equipment_in_date"].value == 1.0
    assert "idle_share" in caplog.text


def test_money_is_compared_with_the_budget_as_far_as_its_time_has_passed() -> None:
    line = row("budget", "b", date(2026, 10, 1), date(2026, 12, 1), amount=610_000, department="general", category="it")
    invoices = [
        row("invoice", "1", invoice="1", amount=200_000, department="general", category="it"),
        row("invoice", "2", invoice="2", amount=999_999, department="general", category="other"),
    ]
    found = measured("budget_deviation", line, *invoices)
    # 31 of 61 days: 3 100 yuan planned, 2 000 spent.
    assert found.value == pytest.approx(1 - 2000 / 3100)
    assert found.inputs == {"lines": 1, "planned_yuan": 3100, "spent_yuan": 2000}


def test_energy_bill_counts_as_spent_unless_it_is_among_the_invoices() -> None:
    line = row("budget", "b", date(2026, 10, 1), date(2026, 11, 1), amount=500_000, department="e", category="energy")
    paid = bill("E-1", "electricity", OCTOBER, 100, "kWh", 400_000)
    assert measured("budget_deviation", line, paid).inputs["spent_yuan"] == 4000


def test_bill_is_compared_with_the_meter_of_its_building() -> None:
    counted = quarters("a-main", ENERGY, START, END, 1000)
    billed = bill("E-1", "electricity", OCTOBER, 2976 * 1.05, "kWh", 1, building_id="a")
    found = measured("bill_mismatch", billed, intervals=counted)
    assert found.value == pytest.approx(0.05)
    assert measured("bill_mismatch", billed).missing == "evaluation.missing.no_metered_bills"


def test_payment_days_are_the_median_of_what_was_paid_in_the_period() -> None:
    days = [("1", "2026-09-20", "2026-10-01"), ("2", "2026-10-01", "2026-10-31"), ("3", "2026-10-01", "2026-11-01")]
    invoices = [
        row("invoice", name, date.fromisoformat(booked), booked_on=booked, paid_on=paid) for name, booked, paid in days
    ]
    assert measured("payment_days", *invoices).value == 20.5


def test_assets_are_idle_by_value_at_the_end_of_the_period() -> None:
    def asset(name: str, used: str | None, value: int, **fields: FieldValue) -> Record:
        of_row = {"state": "in_use", "last_used_on": used, "acquired_on": "2025-01-01", **fields}
        return row("asset", name, date(2025, 1, 1), value=value, **of_row)

    rows = [
        asset("1", "2026-10-30", 300_000),
        asset("2", "2026-03-01", 100_000),
        asset("3", None, 0, state="idle"),
        asset("4", "2020-01-01", 900_000, state="disposed"),
        asset("5", None, 900_000, acquired_on="2026-12-01"),
    ]
    found = measured("idle_share", *rows)
    assert (found.value, found.inputs["idle"], found.inputs["assets"]) == (0.25, 2, 3)


def test_asset_counted_elsewhere_or_long_ago_does_not_match() -> None:
    def asset(name: str, counted_on: str | None, room: str) -> Record:
        fields: dict[str, FieldValue] = {"state": "in_use", "room": "101", "acquired_on": "2020-01-01"}
        return row("asset", name, date(2020, 1, 1), counted_on=counted_on, counted_room=room, **fields)

    rows = [asset("1", "2026-06-01", "101"), asset("2", "2026-06-01", "102"), asset("3", "2025-06-01", "101"),
            asset("4", None, "")]  # fmt: skip
    assert measured("count_match", *rows).value == 0.25


def test_offices_are_measured_by_the_standard_of_their_users() -> None:
    def room(name: str, area: float, use: str = "office", **fields: FieldValue) -> Record:
        return row("room", name, area_m2=area, use=use, grade="section_head", persons=1, **fields)

    rows = [room("1", 18.0), room("2", 36.0), room("3", 20.0, "vacant", inspection_due_on="2026-10-01"),
            room("4", 18.0, left_on="2026-09-01", inspection_due_on="2027-01-01")]  # fmt: skip
    # The office that was left has an area and nobody who may have it.
    assert measured("office_area", *rows).value == pytest.approx((18 + 36 + 18) / 36)
    assert measured("vacancy", *rows).value == pytest.approx(38 / 92)
    assert measured("inspections_in_date", *rows).value == 0.5


def fill(vehicle: str, on: date, odometer: float, litres: float) -> Record:
    return row("fuel_card", f"{vehicle}{on}", on, vehicle=vehicle, odometer_km=odometer, litres=litres)


def order(vehicle: str, on: date, km: float, *, approved: bool = True) -> Record:
    fields: dict[str, FieldValue] = {"vehicle": vehicle, "approved": approved, "distance_km": km}
    return row("vehicle_order", f"{vehicle}{on}{km}", on, on, **fields)


def test_vehicles_are_measured_by_fills_and_approved_orders() -> None:
    rows = [
        row("vehicle_book", "car-1", vehicle="car-1", litres_per_100km=8.0),
        row("vehicle_book", "car-2", vehicle="car-2", litres_per_100km=8.0),
        fill("car-1", date(2026, 9, 1), 1000, 40),
        fill("car-1", date(2026, 10, 20), 1500, 50),
        fill("car-2", date(2026, 10, 1), 9000, 10),
        order("car-1", date(2026, 9, 10), 200),
        order("car-1", date(2026, 10, 12), 150),
        order("car-1", date(2026, 10, 13), 100, approved=False),
    ]
    assert measured("ordered_distance", *rows).value == pytest.approx(350 / 500)
    assert measured("fuel_ratio", *rows).value == pytest.approx(50 / 40)
    # 2026-10-12 is one of the working days of two vehicles.
    use = measured("vehicle_use", *rows)
    assert use.inputs["used_days"] == 1
    assert use.value == pytest.approx(1 / (2 * use.inputs["workdays"]))


def test_energy_is_refused_when_the_data_cover_too_little() -> None:
    counted = [one for name in "abc" for one in quarters(f"{name}-main", ENERGY, START, END, 20_000)]
    found = measured("energy_per_m2", intervals=counted)
    kwh = 3 * 31 * 96 * 20
    assert found.value == pytest.approx(kwh * 0.1229 * 365 / 31 / 21_900)
    assert found.inputs["factor_set_id"] == "calorific_gbt2589_2020"
    partial = measured("energy_per_person", intervals=counted[: len(counted) // 2])
    assert (partial.value, partial.missing) == (None, "evaluation.missing.cover_too_low")


def risk(name: str, colour: Severity, opened_ms: int, handled_ms: int | None, closed_ms: int | None) -> Risk:
    return Risk(
        risk_id=name, institution_id=OFFICE, rule_id="E06", department="energy", subject="device:x", likelihood=3,
        consequence=3, colour=colour, status=RiskStatus.OPEN, opened_ms=opened_ms, due_ms=END, opened_by_event="e",
        handled_ms=handled_ms, closed_ms=closed_ms,
    )  # fmt: skip


def test_risks_are_counted_as_they_stood_at_the_end_of_the_period() -> None:
    risks = [
        risk("1", Severity.RED, START, START + 10 * HOUR_MS, END + 1),
        risk("2", Severity.ORANGE, START, START + 30 * HOUR_MS, START + 40 * HOUR_MS),
        risk("3", Severity.YELLOW, START, None, None),
    ]
    still_open = measured("open_high_risks", risks=risks)
    assert (still_open.value, still_open.inputs["red"]) == (1.0, 1)
    assert measured("handling_hours", risks=risks).value == 20.0


def test_matters_of_persons_leave_no_number_behind() -> None:
    seen = risk("1", Severity.RED, START, START + 10 * HOUR_MS, None)
    hidden = replace(risk("2", Severity.RED, START, START + 50 * HOUR_MS, None), is_restricted=True)
    treats = replace(request("3", "repair", START + HOUR_MS), risk_id="2", is_restricted=True)
    assert measured("open_high_risks", risks=[seen, hidden]) == measured("open_high_risks", risks=[seen])
    assert measured("handling_hours", risks=[seen, hidden]) == measured("handling_hours", risks=[seen])
    assert measured("open_high_risks", risks=[hidden]).missing == "evaluation.missing.no_risks"
    assert measured("requests_in_time", requests=[treats]).value is None


def request(name: str, service: str, done_ms: int | None, stars: int | None = None) -> ServiceRequest:
    return ServiceRequest(
        request_id=name, institution_id=OFFICE, service=service, department="general", subject="room:1", asked_by="li",
        asked_ms=START, state=RequestState.CLOSED, respond_by_ms=START, finish_by_ms=START + 24 * HOUR_MS,
        done_ms=done_ms, rating=None if stars is None else Rating(stars, "li", START),
    )  # fmt: skip


def test_requests_are_in_time_by_their_service_level() -> None:
    requests = [
        request("1", "repair", START + HOUR_MS, 5),
        request("2", "repair", START + 48 * HOUR_MS, 2),
        request("3", "visitor", START + HOUR_MS),
        request("4", "visitor", None),
        request("5", "repair", END + 1),
    ]
    assert measured("requests_in_time", requests=requests).value == pytest.approx(2 / 3)
    assert measured("repairs_in_time", requests=requests).value == 0.5
    survey = row("satisfaction", "s", answers=8, satisfied=6)
    found = measured("satisfaction", survey, requests=requests)
    assert (found.inputs["answers"], found.inputs["satisfied"]) == (10, 7)
    assert round(found.value or 0, 4) == 0.4417
    none = measured("repairs_in_time").missing
    assert none is not None
    assert none.startswith(NOT_APPLICABLE)


def test_bookings_grants_cases_and_books_are_measured() -> None:
    bookings = [
        row("booking", str(n), approved=True, attended=attended) for n, attended in enumerate([True, False, None])
    ]
    assert measured("room_attendance", *bookings).value == 0.5
    grants = [
        DatasetGrant(
            "1", OFFICE, "energy_days", "energy", "finance", "li", "x", START, GrantState.GRANTED, "w", START + 1
        ),
        DatasetGrant("2", OFFICE, "energy_days", "energy", "safety", "li", "x", START),
        DatasetGrant(
            "3", OFFICE, "fuel_card", "vehicle", "finance", "li", "x", START, GrantState.GRANTED, "w", END + 1
        ),
    ]
    sharing = measured("dataset_sharing", grants=grants)
    assert sharing.value == 1 / len(load_datasets())
    assert sharing.inputs["asked"] == 2
    case = JointCase("1", OFFICE, "t", "room:1", "general", "li", START, END, (Approval("a"), Approval("b")))
    assert measured("departments_per_case", cases=[case]).value == 2.0
    found = measured("field_completeness", row("satisfaction", "s", survey="s", department="a", held_on="d"))
    assert found.value == pytest.approx(3 / 5)
