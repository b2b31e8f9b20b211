"""What was planted is in the files, and nothing else of its kind: each rule is looked for by plain reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from simulators.compound import load_compound
from simulators.year.writer import make_books
from tests.support.office_year import UNTIL, read_kind, read_truth, written_year

Found = set[tuple[str, frozenset[int]]]
"""Subjects with the rows that show the fault."""

AREA_M2 = {"county_head": 30, "county_deputy": 24, "section_head": 18, "section_deputy": 12, "below": 9}
OTHER_DAYS = [date(2026, 1, 1), date(2026, 2, 28), date(2026, 10, 2), date(2027, 6, 15)]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _rows(folder: Path, kind: str, subject: str, holds: Callable[[dict[str, Any]], Any]) -> Found:
    return {(subject.format(**row), frozenset({row["row"]})) for row in read_kind(folder, kind) if holds(row)}


def _before(folder: Path, kind: str, field: str, subject: str, limit: date) -> Found:
    return _rows(folder, kind, subject, lambda row: (_day(row[field]) or date.max) <= limit)


def _f01(folder: Path, until: date) -> Found:
    invoices = read_kind(folder, "invoice")

    def is_spent(budget: dict[str, Any]) -> bool:
        end = f"{until.year}-10-01"
        mine = [
            row["amount"]
            for row in invoices
            if (row["department"], row["category"]) == (budget["department"], budget["category"])
            and f"{until.year}-01-01" <= row["booked_on"] < end
        ]
        return bool(budget["year"] == until.year and sum(mine) >= 0.8 * budget["amount"])

    return _rows(folder, "budget", "department:{department}", is_spent)


def _f03(folder: Path, until: date) -> Found:
    soon = (until, until + timedelta(days=60))
    return _rows(
        folder,
        "contract",
        "department:{department}",
        lambda row: soon[0] <= date.fromisoformat(row["ends_on"]) <= soon[1] and row["successor"] is None,
    )


def _f04(folder: Path, until: date) -> Found:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in read_kind(folder, "invoice"):
        groups[row["supplier"], row["invoice"], row["amount"]].append(row)
    twice = [group for group in groups.values() if len(group) > 1]
    return {(f"department:{one[0]['department']}", frozenset(row["row"] for row in one)) for one in twice}


def _a01(folder: Path, until: date) -> Found:
    limit = until - timedelta(days=180)
    return _rows(
        folder,
        "asset",
        "asset:{asset}",
        lambda row: (_day(row["last_used_on"]) or until) < limit and row["value"] > 50_000,
    )


def _a03(folder: Path, until: date) -> Found:
    limit = until - timedelta(days=365)
    return _rows(
        folder,
        "asset",
        "asset:{asset}",
        lambda row: row["counted_room"] != row["room"] or (_day(row["counted_on"]) or date.min) < limit,
    )


def _a04(folder: Path, until: date) -> Found:
    return _rows(
        folder, "asset", "asset:{asset}", lambda row: row["state"] == "disposed" and row["disposal_approval"] is None
    )


def _r01(folder: Path, until: date) -> Found:
    return _rows(
        folder,
        "room",
        "room:{room}",
        lambda row: (
            row["grade"] and not row["approval"] and row["area_m2"] > AREA_M2[row["grade"]] * row["persons"] * 1.05
        ),
    )


def _r02(folder: Path, until: date) -> Found:
    limit = until - timedelta(days=30)
    return _rows(
        folder,
        "room",
        "room:{room}",
        lambda row: (_day(row["left_on"]) or until) < limit and row["returned_on"] is None,
    )


def _v04(folder: Path, until: date) -> Found:
    plates = {row["vehicle"]: row["plate"] for row in read_kind(folder, "vehicle_book")}
    return _rows(
        folder,
        "fuel_card",
        "vehicle:{vehicle}",
        lambda row: row["plate"] != plates[row["vehicle"]] or row["litres"] > row["tank_l"],
    )


def _v05(folder: Path, until: date) -> Found:
    found: Found = set()
    fuel = read_kind(folder, "fuel_card")
    for vehicle in {row["vehicle"] for row in fuel}:
        mine = [row for row in fuel if row["vehicle"] == vehicle]
        rates = [after["litres"] / (after["odometer_km"] - before["odometer_km"]) for before, after in pairwise(mine)]
        if all(rate > 1.25 * median(rates) for rate in rates[-2:]):
            found.add((f"vehicle:{vehicle}", frozenset(row["row"] for row in mine[-2:])))
    return found


def _g01(folder: Path, until: date) -> Found:
    approved = [row for row in read_kind(folder, "booking") if row["approved"] == "是"]
    return {
        (f"room:{one['room']}", frozenset({one["row"], other["row"]}))
        for one, other in combinations(approved, 2)
        if one["room"] == other["room"] and one["begins_at"] < other["ends_at"] and other["begins_at"] < one["ends_at"]
    }


RULES: dict[str, Callable[[Path, date], Found]] = {
    "F01": _f01,
    "F03": _f03,
    "F04": _f04,
    "A01": _a01,
    "A03": _a03,
    "A04": _a04,
    "R01": _r01,
    "R02": _r02,
    "R04": lambda folder, until: _before(
        folder, "room", "inspection_due_on", "room:{room}", until - timedelta(days=31)
    ),
    "V04": _v04,
    "V05": _v05,
    "V07": lambda folder, until: (
        _before(folder, "vehicle_book", "insurance_until", "vehicle:{vehicle}", until + timedelta(days=30))
        | _before(folder, "vehicle_book", "inspection_until", "vehicle:{vehicle}", until + timedelta(days=30))
    ),
    "S06": lambda folder, until: _before(
        folder, "equipment", "due_on", "asset:{equipment}", until + timedelta(days=30)
    ),
    "G01": _g01,
}


def _planted(folder: Path, rule: str) -> Found:
    return {(fact["subject"], frozenset(fact["rows"])) for fact in read_truth(folder) if fact["rule"] == rule}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_plain_reading_finds_exactly_what_was_planted(rule: str) -> None:
    found = RULES[rule](written_year(), UNTIL)
    assert found
    assert found == _planted(written_year(), rule)


@pytest.mark.parametrize("until", OTHER_DAYS, ids=str)
def test_the_faults_are_current_on_any_day(until: date) -> None:
    folder = written_year(until)
    for rule, look in RULES.items():
        found = look(folder, until)
        assert found, rule
        assert found == _planted(folder, rule), rule


def test_one_bill_says_six_per_cent_more_than_its_meter() -> None:
    honest = {fact["rule"]: fact for fact in read_truth(written_year())}["F02"]
    assert honest["billed_kwh"] / honest["metered_kwh"] == pytest.approx(1.06, abs=1e-4)
    (bill,) = [row for row in read_kind(written_year(), "energy_bill") if row["row"] in honest["rows"]]
    assert (bill["building"], bill["period_start"], bill["quantity"]) == ("building-c", "2026-10-01", 75_108)


def test_every_fault_names_a_rule_a_day_and_rows_of_its_file() -> None:
    for fact in read_truth(written_year()):
        assert set(fact) >= {"rule", "subject", "when", "kind", "file", "rows"}
        rows = {row["row"] for row in read_kind(written_year(), fact["kind"])}
        assert set(fact["rows"]) <= rows
        assert (written_year() / fact["file"]).is_file()


def test_what_is_planted_does_not_depend_on_chance() -> None:
    rules = [sorted(fault.rule for fault in make_books(load_compound(), until=UNTIL, seed=n).planted) for n in (3, 4)]
    assert rules[0] == rules[1]
