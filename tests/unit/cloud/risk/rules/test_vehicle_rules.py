"""Trips out of hours, fuel cards, fuel economy and papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cloud.core.series import Sample
from cloud.records.record import Record
from cloud.risk.rules.fuel_economy import RULE as FUEL_ECONOMY
from cloud.risk.rules.fuel_mismatch import RULE as FUEL_MISMATCH
from cloud.risk.rules.out_of_hours import RULE as OUT_OF_HOURS
from cloud.risk.rules.papers_due import RULE as PAPERS_DUE
from cloud.risk.trips import moves_of, trips_of
from gateway.messages import Quality
from tests.support.office_books import TODAY, OfficeBooks, at_ms, record

YESTERDAY = TODAY - timedelta(days=1)
EVENING_MS = at_ms(YESTERDAY, 21)
PLATE = "桂A·12345"


def order(leaves_at: int, returns_at: int, *, approved: bool = True, vehicle: str = "car-01") -> Record:
    return record(
        "vehicle_order",
        order=f"{vehicle}-{leaves_at}-{approved}",
        vehicle=vehicle,
        department="general",
        purpose="inspection",
        leaves_at=leaves_at,
        returns_at=returns_at,
        approved=approved,
    )


def test_a_trip_in_the_evening_without_an_order_is_seen(books: OfficeBooks) -> None:
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=10)
    [seen] = books.examine(OUT_OF_HOURS)
    assert (seen.subject, seen.occurred_ms, seen.evidence) == ("vehicle:car-01", EVENING_MS, str(EVENING_MS))
    assert seen.data == {"from": "2026-09-23 21:00", "until": "2026-09-23 21:10", "minutes": 10, "top_kmh": 40}


def test_it_is_restricted_and_names_nobody(books: OfficeBooks) -> None:
    assert OUT_OF_HOURS.is_restricted
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=10)
    books.enter(order(EVENING_MS - 90 * 60_000, EVENING_MS - 60 * 60_000))
    [seen] = books.examine(OUT_OF_HOURS)
    assert set(seen.data) == {"from", "until", "minutes", "top_kmh"}


@pytest.mark.parametrize("minutes", [1])
def test_less_than_two_minutes_is_moving_in_the_yard(books: OfficeBooks, minutes: int) -> None:
    key = books.tracker("car-01")
    books.drive(key, EVENING_MS, minutes=minutes)
    assert books.examine(OUT_OF_HOURS) == []
    books.drive(key, EVENING_MS, minutes=2)
    assert len(books.examine(OUT_OF_HOURS)) == 1


def test_a_walking_pace_is_no_driving(books: OfficeBooks) -> None:
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=30, speed_kmh=5.0)
    assert books.examine(OUT_OF_HOURS) == []


def test_one_stray_value_is_no_trip(books: OfficeBooks) -> None:
    books.store.put(books.tracker("car-01"), Sample(EVENING_MS, 80.0))
    assert books.examine(OUT_OF_HOURS) == []


def test_values_that_are_not_good_say_nothing(books: OfficeBooks) -> None:
    speeds = [Sample(EVENING_MS + step * 30_000, 40.0, Quality.STALE) for step in range(20)]
    books.store.put(books.tracker("car-01"), *speeds)
    assert books.examine(OUT_OF_HOURS) == []


def test_working_hours_need_no_rule(books: OfficeBooks) -> None:
    books.drive(books.tracker("car-01"), at_ms(YESTERDAY, 17, 40), minutes=20)
    assert books.examine(OUT_OF_HOURS) == []


def test_a_trip_that_runs_into_the_evening_is_seen_from_closing_time_on(books: OfficeBooks) -> None:
    books.drive(books.tracker("car-01"), at_ms(YESTERDAY, 17, 40), minutes=30)
    assert [one.data["from"] for one in books.examine(OUT_OF_HOURS)] == ["2026-09-23 18:00"]


def test_a_sunday_at_noon_is_out_of_hours(books: OfficeBooks) -> None:
    sunday = date(2026, 9, 27)
    books.drive(books.tracker("car-01"), at_ms(sunday, 12), minutes=10)
    later = replace(books, now_ms=at_ms(sunday, 20))
    # The Sunday before the National Day holiday of 2026 is judged by the calendar, whatever it says.
    assert len(later.examine(OUT_OF_HOURS)) == (not later.evidence().calendar.is_workday(sunday))


@pytest.mark.parametrize(
    ("leaves_min", "returns_min", "seen"), [(0, 10, 0), (30, 40, 0), (33, 60, 1), (-60, -20, 0), (-90, -31, 1)]
)
def test_an_approved_order_covers_it_with_half_an_hour_s_margin(
    books: OfficeBooks, leaves_min: int, returns_min: int, seen: int
) -> None:
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=9)
    books.enter(order(EVENING_MS + leaves_min * 60_000, EVENING_MS + returns_min * 60_000))
    assert len(books.examine(OUT_OF_HOURS)) == seen


@pytest.mark.parametrize("of", [{"approved": False}, {"vehicle": "car-02"}])
def test_an_order_refused_or_of_another_vehicle_covers_nothing(books: OfficeBooks, of: dict[str, Any]) -> None:
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=10)
    books.enter(order(EVENING_MS, EVENING_MS + 3_600_000, **of))
    assert len(books.examine(OUT_OF_HOURS)) == 1


def test_a_trip_is_told_for_a_day_and_never_cut_into_a_new_one(books: OfficeBooks) -> None:
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=180)
    seen = [
        [one.evidence for one in replace(books, now_ms=EVENING_MS + hours * 3_600_000).examine(OUT_OF_HOURS)]
        for hours in (4, 23, 25)
    ]
    assert seen == [[str(EVENING_MS)], [str(EVENING_MS)], []]


def test_a_vehicle_without_a_known_tracker_is_passed_over(books: OfficeBooks) -> None:
    books.drive(books.tracker("car-01"), EVENING_MS, minutes=10)
    books.registry.known.clear()
    assert books.examine(OUT_OF_HOURS) == []


def test_a_short_stop_belongs_to_the_trip_and_a_long_one_ends_it() -> None:
    def samples(pause_min: int) -> list[Sample]:
        second = (4 + pause_min) * 60_000
        return [Sample(at, 40.0) for at in (0, 60_000, 120_000, 180_000)] + [Sample(240_000, 0.0), Sample(second, 50.0)]

    assert [len(trips_of(moves_of(samples(pause)))) for pause in (30, 31)] == [1, 2]
    [trip] = trips_of(moves_of(samples(30)))
    assert (trip.start_ms, trip.moving_ms, trip.top_kmh) == (0, 300_000, 50.0)


def vehicle(**values: Any) -> Record:
    return record(
        "vehicle_book", **{"vehicle": "car-01", "plate": PLATE, "use": "general", "energy": "petrol", **values}
    )


def fill(days_ago: int, litres: float = 40.0, odometer_km: float | None = None, **values: Any) -> Record:
    given = {"plate": "桂A12345", "fuel": "petrol", "tank_l": 55.0, "vehicle": "car-01", **values}
    fuelled_at = at_ms(TODAY - timedelta(days_ago), 10)
    return record(
        "fuel_card", card="K1", fuelled_at=fuelled_at, litres=litres, amount=1, odometer_km=odometer_km, **given
    )


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"litres": 55.1}, "litres_agree"),
        ({"plate": "桂A54321"}, "plate_agrees"),
        ({"fuel": "diesel"}, "fuel_agrees"),
    ],
)
def test_a_fill_that_the_vehicle_cannot_have_taken_is_seen(
    books: OfficeBooks, values: dict[str, Any], wrong: str
) -> None:
    books.enter(vehicle(), fill(3, **values))
    [seen] = books.examine(FUEL_MISMATCH)
    signs = {name: seen.data[name] for name in ("litres_agree", "plate_agrees", "fuel_agrees")}
    assert [name for name, sign in signs.items() if sign == "✗"] == [wrong]
    assert FUEL_MISMATCH.is_restricted
    assert "54321" not in str(seen.data)


def test_a_full_tank_and_a_plate_written_otherwise_are_right(books: OfficeBooks) -> None:
    books.enter(vehicle(), fill(3, litres=55.0, plate="桂a 12345"))
    assert books.examine(FUEL_MISMATCH) == []


def test_what_is_not_known_of_a_vehicle_accuses_nobody(books: OfficeBooks) -> None:
    books.enter(fill(3, tank_l=None, plate="桂A54321", fuel="diesel"))
    assert books.examine(FUEL_MISMATCH) == []


def fills(litres_per_100km: Sequence[float]) -> list[Record]:
    """Fills every ten days, each after 500 km, the first to begin with."""
    number = len(litres_per_100km)
    first = fill(10 * (number + 1), odometer_km=1000)
    return [first] + [
        fill(10 * (number - place), 5 * used, 1500 + 500 * place) for place, used in enumerate(litres_per_100km)
    ]


@pytest.mark.parametrize(
    ("used", "seen"),
    [
        ([8, 8, 8, 8, 8, 10.1, 10.1], 1),
        ([8, 8, 8, 8, 8, 10.1, 10.0], 0),
        ([8, 8, 8, 8, 8, 8, 10.1], 0),
        ([8, 8, 8, 8, 10.1, 10.1], 0),
    ],
)
def test_two_thirsty_fills_in_a_row_are_a_drift(books: OfficeBooks, used: list[float], seen: int) -> None:
    books.enter(*fills(used))
    assert [one.data["over_percent"] for one in books.examine(FUEL_ECONOMY)] == [26] * seen


def test_with_few_fills_the_vehicle_book_says_what_is_usual(books: OfficeBooks) -> None:
    books.enter(vehicle(litres_per_100km=8.0), *fills([10.1, 10.1]))
    assert [one.data["usual"] for one in books.examine(FUEL_ECONOMY)] == ["8.0"]


def test_a_drift_keeps_its_name_while_it_goes_on(books: OfficeBooks) -> None:
    of_vehicle = fills([8] * 9 + [12, 12, 12])
    books.enter(*of_vehicle[:-1])
    [first] = books.examine(FUEL_ECONOMY)
    books.enter(of_vehicle[-1])
    [later] = books.examine(FUEL_ECONOMY)
    assert (first.evidence, later.data["fills"]) == (later.evidence, 3)


def test_fills_without_odometer_tell_nothing(books: OfficeBooks) -> None:
    books.enter(vehicle(litres_per_100km=8.0), *(fill(days, 60) for days in (30, 20, 10)))
    assert books.examine(FUEL_ECONOMY) == []


@pytest.mark.parametrize(("days", "severity"), [(30, 2), (31, None), (0, 2), (-1, 3)])
def test_papers_are_told_a_month_ahead_and_louder_once_past(
    books: OfficeBooks, days: int, severity: int | None
) -> None:
    books.enter(vehicle(insurance_until=TODAY + timedelta(days), inspection_until=TODAY + timedelta(200)))
    assert [one.severity for one in books.examine(PAPERS_DUE)] == ([] if severity is None else [severity])


def test_a_vehicle_without_dates_is_not_accused(books: OfficeBooks) -> None:
    books.enter(vehicle())
    assert books.examine(PAPERS_DUE) == []
