"""Contracts, invoices and budgets: what was promised, what was booked, and what had been allowed."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from simulators.year.books import Books, Row
from simulators.year.office import ContractKind, Office
from simulators.year.span import Span, last_workday, month_end, month_start

YEAR_DAYS = 365
PURCHASES_A_MONTH = 12
SMALL_YUAN = (180.0, 4800.0)
DOUBLE_BOOKED_DAYS = 17
"""Days between the two bookings of the invoice that is booked twice."""

OVERSPENT = ("real_estate", "maintenance")
OVERSPENT_SHARE = 0.88
REPAIR = ("筑安建筑公司", 68_400)
ROOM_TO_SPARE = 1.3

CATEGORIES = {"catering": "other", "lease": "property"}
"""Where a contract's category is not one of the budget's."""


def yuan(amount: float) -> Decimal:
    """Money to the fen."""
    return Decimal(round(amount * 100)) / 100


def write_money(books: Books, office: Office, span: Span) -> None:
    """All contracts with their invoices, small purchases, one invoice booked twice, budgets and one overspent."""
    rng = span.rng("money")
    for place, kind in enumerate(office.contracts, 1):
        for row in _contracts(books, kind, place, span):
            _write_payments(books, row, kind, span, rng)
    _write_purchases(books, office, span, rng)
    _write_repair(books, span, rng)
    _book_twice(books, span)
    books.sort("contract", "starts_on", "contract")
    books.sort("invoice", "booked_on", "invoice")
    _write_budgets(books, span)


def _contracts(books: Books, kind: ContractKind, place: int, span: Span) -> list[Row]:
    """The contract that runs now, with the one before and the one after where the office has them."""
    ends_on = span.days_ago(-kind.ends_in_days)
    number = f"HT-{ends_on:%Y}-{place:03d}"
    after = f"HT-{ends_on.year + 1}-{place + 500:03d}"
    rows = [_contract(books, kind, number, ends_on, after if kind.renewed else None)]
    if kind.earlier:
        earlier = f"HT-{ends_on.year - 1}-{place + 300:03d}"
        rows.append(_contract(books, kind, earlier, ends_on - timedelta(days=YEAR_DAYS), number))
    if kind.renewed:
        _contract(books, kind, after, ends_on + timedelta(days=YEAR_DAYS), None)
    elif kind.ends_in_days <= 60:
        books.plant("F03", f"department:{kind.department}", ends_on, rows[:1], contract=number)
    return rows


def _contract(books: Books, kind: ContractKind, number: str, ends_on: date, successor: str | None) -> Row:
    starts_on = ends_on - timedelta(days=YEAR_DAYS - 1)
    return books.add(
        "contract",
        contract=number,
        title=kind.title,
        supplier=kind.supplier,
        category=kind.category,
        department=kind.department,
        amount=yuan(kind.amount),
        starts_on=starts_on,
        ends_on=ends_on,
        successor=successor,
        approval=f"机采〔{starts_on.year}〕{int(number[-3:])}号",
    )


def _write_payments(books: Books, contract: Row, kind: ContractKind, span: Span, rng: random.Random) -> None:
    """An equal part of the yearly sum every so many months, while the contract runs."""
    starts_on, ends_on = contract.values["starts_on"], contract.values["ends_on"]
    assert isinstance(starts_on, date)
    assert isinstance(ends_on, date)
    every = 12 // kind.payments if kind.payments else 0
    for place, month in enumerate([*span.months, month_start(span.until)]):
        booked_on = last_workday(month + timedelta(days=rng.randint(9, 24)))
        is_due = bool(every) and (place + kind.ends_in_days) % every == 0
        if is_due and starts_on <= booked_on <= min(ends_on, span.until - timedelta(days=1)):
            category = CATEGORIES.get(kind.category, kind.category)
            amount = kind.amount / kind.payments
            _invoice(books, span, rng, (kind.supplier, category, kind.department), amount, booked_on, contract)


def _write_purchases(books: Books, office: Office, span: Span, rng: random.Random) -> None:
    for month in [*span.months, month_start(span.until)]:
        for _ in range(PURCHASES_A_MONTH):
            shop = rng.choice(office.purchases)
            booked_on = last_workday(month + timedelta(days=rng.randint(8, month_end(month).day - 1)))
            parties = (shop.supplier, shop.category, rng.choice(shop.departments))
            amount = rng.uniform(*SMALL_YUAN)
            if booked_on < span.until:
                _invoice(books, span, rng, parties, amount, booked_on)


def _write_repair(books: Books, span: Span, rng: random.Random) -> None:
    """A roof that could not wait: the sum that eats up a budget well before the last quarter."""
    supplier, amount = REPAIR
    booked_on = max(last_workday(min(span.days_ago(2), date(span.until.year, 9, 18))), date(span.until.year, 1, 1))
    department, category = OVERSPENT
    _invoice(books, span, rng, (supplier, category, department), amount, booked_on)


def _invoice(
    books: Books,
    span: Span,
    rng: random.Random,
    parties: tuple[str, str, str],
    amount: float,
    booked_on: date,
    contract: Row | None = None,
) -> Row:
    supplier, category, department = parties
    paid_on = last_workday(booked_on + timedelta(days=rng.randint(6, 21)))
    return books.add(
        "invoice",
        invoice=f"{rng.randrange(10**7, 10**8)}",
        supplier=supplier,
        category=category,
        department=department,
        amount=yuan(amount),
        booked_on=booked_on,
        paid_on=paid_on if paid_on < span.until else None,
        contract=contract.values["contract"] if contract else None,
    )


def _book_twice(books: Books, span: Span) -> None:
    """An invoice of about two months ago is booked again some weeks later, number and sum unchanged."""
    small = [row for row in books.rows["invoice"] if row.values["contract"] is None]
    first = max((row for row in small if _booked(row) < span.days_ago(40)), key=_booked)
    again_on = last_workday(_booked(first) + timedelta(days=DOUBLE_BOOKED_DAYS))
    again = books.add("invoice", **(first.values | {"booked_on": again_on, "paid_on": None}))
    subject = f"department:{first.values['department']}"
    books.plant("F04", subject, again_on, [first, again], invoice=first.values["invoice"])


def _booked(row: Row) -> date:
    day = row.values["booked_on"]
    assert isinstance(day, date)
    return day


def _write_budgets(books: Books, span: Span) -> None:
    """Each year and department by category: more than is spent at the pace so far, except where it is overspent."""
    spent: dict[tuple[int, str, str], list[Row]] = defaultdict(list)
    for row in books.rows["invoice"]:
        key = (_booked(row).year, str(row.values["department"]), str(row.values["category"]))
        spent[key].append(row)
    energy = _sum(books.rows["energy_bill"])
    year = span.until.year
    for of_year in (year - 1, year):
        _budget(books, of_year, "energy", "energy", energy * ROOM_TO_SPARE)
    for of_year, department, category in sorted(spent):
        twelve_months = sum(_sum(rows) for key, rows in spent.items() if key[1:] == (department, category))
        needed = max(twelve_months, _sum(spent[of_year, department, category]) / _elapsed(of_year, span))
        row = _budget(books, of_year, department, category, needed * ROOM_TO_SPARE)
        if (department, category, of_year) == (*OVERSPENT, year):
            _overspend(books, row, spent[of_year, department, category], span)


def _elapsed(year: int, span: Span) -> float:
    """Part of a budget's year that is over, at least a quarter: a pace from fewer days tells nothing."""
    days = (span.until - date(year, 1, 1)).days
    return min(max(days / YEAR_DAYS, 0.25), 1.0)


def _overspend(books: Books, budget: Row, invoices: list[Row], span: Span) -> None:
    """Make the budget so small that what was booked before the last quarter nearly fills it."""
    early = [row for row in invoices if _booked(row) < date(span.until.year, 10, 1)]
    amount = math.ceil(_sum(early) / OVERSPENT_SHARE / 1000) * 1000
    budget.values["amount"] = yuan(amount)
    filled = next(place for place in range(1, len(early) + 1) if _sum(early[:place]) >= 0.8 * amount)
    crossed_on = _booked(early[filled - 1])
    books.plant("F01", f"department:{OVERSPENT[0]}", crossed_on, [budget], category=OVERSPENT[1], spent=_sum(early))


def _sum(rows: list[Row]) -> float:
    return float(sum(Decimal(str(row.values["amount"])) for row in rows))


def _budget(books: Books, year: int, department: str, category: str, amount: float) -> Row:
    return books.add(
        "budget",
        year=year,
        department=department,
        category=category,
        amount=yuan(math.ceil(amount / 1000) * 1000),
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
    )
