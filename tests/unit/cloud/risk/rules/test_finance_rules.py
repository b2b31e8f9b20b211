"""Budgets, bills, contracts and invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cloud.records.record import Record
from cloud.risk.rules.bill_mismatch import RULE as BILL_MISMATCH
from cloud.risk.rules.budget_overrun import RULE as BUDGET_OVERRUN
from cloud.risk.rules.contract_expiring import RULE as CONTRACT_EXPIRING
from cloud.risk.rules.double_invoice import RULE as DOUBLE_INVOICE
from tests.support.office_books import TODAY, OfficeBooks, at_ms, days_before, record

AUGUST = days_before(date(2026, 9, 1), 31)
HALF_YEAR_MS = at_ms(date(2026, 7, 2), 12)
"""Half of 2026 has passed at noon of 2 July."""


def budget(amount: int, category: str = "maintenance") -> Record:
    return record(
        "budget",
        year=2026,
        department="general",
        category=category,
        amount=amount,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )


def invoice(number: str, booked_on: date, amount: int, **values: Any) -> Record:
    given = {"supplier": "甲公司", "category": "maintenance", "department": "general", **values}
    return record("invoice", invoice=number, booked_on=booked_on, amount=amount, **given)


def bill(quantity: float = 744, amount: int = 52_080, carrier: str = "electricity", **values: Any) -> Record:
    given: dict[str, Any] = {"building": "building-a", "unit": "kWh" if carrier == "electricity" else "m3", **values}
    return record(
        "energy_bill",
        account="1",
        carrier=carrier,
        period_start=AUGUST[0],
        period_end=AUGUST[-1],
        quantity=quantity,
        amount=amount,
        **given,
    )


@pytest.mark.parametrize(("spent", "seen"), [(51_000, 1), (50_000, 0)])
def test_a_budget_whose_pace_exceeds_it_will_not_last(books: OfficeBooks, spent: int, seen: int) -> None:
    books.enter(budget(100_000), invoice("1", date(2026, 3, 2), spent))
    found = replace(books, now_ms=HALF_YEAR_MS).examine(BUDGET_OVERRUN)
    assert [(one.subject, one.data["projected_percent"]) for one in found] == [("department:general", 102)] * seen


@pytest.mark.parametrize(
    ("spent", "booked_on", "seen"),
    [(80_000, date(2026, 9, 1), 1), (79_900, date(2026, 9, 1), 0), (80_000, date(2026, 11, 1), 0)],
)
def test_four_fifths_used_before_the_last_quarter_is_too_early(
    books: OfficeBooks, spent: int, booked_on: date, seen: int
) -> None:
    books.enter(budget(100_000), invoice("1", booked_on, spent))
    assert len(replace(books, now_ms=at_ms(date(2026, 11, 25), 9)).examine(BUDGET_OVERRUN)) == seen


def test_other_categories_departments_and_years_do_not_count(books: OfficeBooks) -> None:
    day = date(2026, 3, 2)
    books.enter(
        budget(100_000),
        invoice("1", day, 90_000, category="it"),
        invoice("2", day, 90_000, department="vehicle"),
        invoice("3", date(2025, 12, 31), 90_000),
    )
    assert replace(books, now_ms=HALF_YEAR_MS).examine(BUDGET_OVERRUN) == []


def test_an_energy_bill_counts_once_whether_or_not_its_invoice_is_booked(books: OfficeBooks) -> None:
    books.enter(budget(80_000, "energy"), bill(amount=70_000, invoice="E-1"))
    alone = books.examine(BUDGET_OVERRUN)
    books.enter(invoice("E-1", date(2026, 9, 2), 70_000, category="energy"))
    both = books.examine(BUDGET_OVERRUN)
    assert [one.data["spent_yuan"] for one in (*alone, *both)] == [700, 700]


def test_in_the_first_quarter_no_pace_is_judged(books: OfficeBooks) -> None:
    books.enter(budget(100_000), invoice("1", date(2026, 1, 5), 70_000))
    assert replace(books, now_ms=at_ms(date(2026, 3, 20), 9)).examine(BUDGET_OVERRUN) == []


def metered(books: OfficeBooks, days: list[date] = AUGUST) -> None:
    """A kilowatt through August: 744 kWh."""
    books.book(books.meter("a-main", "Wh"), days, lambda *_: 1000)


@pytest.mark.parametrize(("quantity", "seen"), [(767, 1), (766, 0), (721, 1), (722, 0)])
def test_a_bill_that_disagrees_with_its_meter_is_seen(books: OfficeBooks, quantity: float, seen: int) -> None:
    metered(books)
    books.enter(bill(quantity, round(70 * quantity)))
    found = books.examine(BILL_MISMATCH)
    assert [(one.subject, one.data["metered"]) for one in found] == [("building:building-a", 744.0)] * seen


@pytest.mark.parametrize(("fen_per_kwh", "seen"), [(121, 1), (120, 0), (35, 0), (34, 1)])
def test_a_price_that_cannot_be_right_is_seen_without_a_meter(books: OfficeBooks, fen_per_kwh: int, seen: int) -> None:
    books.enter(bill(1000, fen_per_kwh * 1000))
    found = books.examine(BILL_MISMATCH)
    assert [(one.data["metered"], one.data["price_yuan"]) for one in found] == [
        ("—", f"{fen_per_kwh / 100:.2f}")
    ] * seen


def test_a_meter_that_was_not_read_all_the_time_proves_nothing(books: OfficeBooks) -> None:
    metered(books, AUGUST[:30])
    books.enter(bill(900, 63_000))
    assert books.examine(BILL_MISMATCH) == []


def test_a_bill_without_a_building_is_about_the_institution(books: OfficeBooks) -> None:
    metered(books)
    books.enter(bill(900, 63_000, building=None))
    assert books.examine(BILL_MISMATCH) == []
    books.enter(bill(900, 630_000, building=None))
    assert [one.subject for one in books.examine(BILL_MISMATCH)] == ["institution:demo-county-office"]


def contract(number: str, ends_on: date, **values: Any) -> Record:
    given = {"title": "电梯维保", "supplier": "甲公司", "category": "maintenance", "department": "general", **values}
    return record("contract", contract=number, amount=1, starts_on=date(2025, 1, 1), ends_on=ends_on, **given)


@pytest.mark.parametrize(("days", "seen"), [(60, 1), (61, 0), (0, 1), (-30, 1), (-31, 0)])
def test_a_contract_near_its_end_is_told(books: OfficeBooks, days: int, seen: int) -> None:
    books.enter(contract("C-1", TODAY + timedelta(days)))
    assert [one.data["days"] for one in books.examine(CONTRACT_EXPIRING)] == [days] * seen


def test_a_contract_with_a_successor_is_not(books: OfficeBooks) -> None:
    books.enter(contract("C-1", TODAY + timedelta(10), successor="C-2"))
    assert books.examine(CONTRACT_EXPIRING) == []


def test_contracts_of_one_department_are_told_together_the_first_to_end_in_front(books: OfficeBooks) -> None:
    books.enter(*(contract(f"C-{days}", TODAY + timedelta(days)) for days in (30, 10, 20)))
    [seen] = books.examine(CONTRACT_EXPIRING)
    assert (seen.subject, seen.data["contract"], seen.data["count"]) == ("department:general", "C-10", 3)


def test_an_invoice_booked_twice_is_seen_however_it_was_typed(books: OfficeBooks) -> None:
    books.enter(invoice("ab 12", date(2026, 7, 1), 50_000), invoice("AB12", date(2026, 8, 3), 50_000))
    [seen] = books.examine(DOUBLE_INVOICE)
    assert (seen.data["times"], seen.data["surplus_yuan"]) == (2, 500.0)
    assert seen.occurred_ms == at_ms(date(2026, 8, 3), 0)


def test_the_same_number_of_another_supplier_is_another_invoice(books: OfficeBooks) -> None:
    first = invoice("12", date(2026, 7, 1), 50_000)
    books.enter(
        first, invoice("12", date(2026, 7, 1), 50_000, supplier="乙公司"), invoice("13", date(2026, 8, 1), 50_000)
    )
    assert books.examine(DOUBLE_INVOICE) == []
