"""The official cars: their book, a year of trips with orders, and the fuel they took on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from simulators.compound import Compound, Vehicle
from simulators.year.books import Books, Row
from simulators.year.money import yuan
from simulators.year.office import Car, Office
from simulators.year.span import DEPARTMENTS, Span

REFUEL_BELOW = 0.6
DUTY_DAYS = range(-2, 2)
"""Days from the day of writing on which duty cars have an order for the whole day."""

THIRSTY = "car-01"
THIRST = 1.42
THIRSTY_DAYS = 75
OTHER_PLATE = ("car-02", 9, "演A·0902Z")
OVERFULL = ("car-05", 18, 14.6)
UNINSURED_DAYS = 30
APPROVERS = ("办公室主任", "分管副主任")


def write_cars(books: Books, office: Office, span: Span, compound: Compound) -> None:
    """Book, orders and fuel of every car; cars the compound lacks are left out."""
    vehicles = {vehicle.id: vehicle for vehicle in compound.vehicles}
    for car in office.cars:
        if car.id in vehicles:
            _write_book(books, office, span, car, vehicles[car.id])
            _Year(books, office, span, car, vehicles[car.id]).write()
    _write_duty(books, office, span)
    books.sort("vehicle_order", "leaves_at", "vehicle")
    for number, row in enumerate(books.rows["vehicle_order"], 1):
        row.values["order"] = f"PC-{number:05d}"
    books.sort("fuel_card", "fuelled_at", "card")
    _take_other_plate(books, span)
    _overfill(books, office, span)
    _tell_thirst(books, span)


def _write_book(books: Books, office: Office, span: Span, car: Car, vehicle: Vehicle) -> None:
    insured_until = span.days_ago(-car.insured_days)
    row = books.add(
        "vehicle_book",
        vehicle=car.id,
        plate=vehicle.plate,
        use=car.use,
        price=yuan(car.price),
        displacement_l=car.displacement_l,
        energy="petrol",
        insurance_until=insured_until,
        inspection_until=span.days_ago(-car.inspected_days),
        litres_per_100km=car.litres_per_100km,
        parking=office.parking,
    )
    if car.insured_days <= UNINSURED_DAYS:
        books.plant("V07", f"vehicle:{car.id}", insured_until, [row], what="insurance")


def _write_duty(books: Books, office: Office, span: Span) -> None:
    for car in office.duty_cars:
        for day in (span.days_ago(-number) for number in DUTY_DAYS):
            books.add(
                "vehicle_order",
                order="",
                vehicle=car,
                department="vehicle",
                purpose="emergency",
                leaves_at=datetime.combine(day, time(0, 0)),
                returns_at=datetime.combine(day, time(23, 59)),
                approved=True,
                approved_by=APPROVERS[0],
                distance_km=None,
                destination="县城",
            )


@dataclass
class _Journey:
    leaves_at: datetime
    returns_at: datetime
    km: float
    row: Row


class _Year:
    """One car from the first day to the day before duty begins, so that its odometer ends where the compound's does."""

    def __init__(self, books: Books, office: Office, span: Span, car: Car, vehicle: Vehicle) -> None:
        self._books, self._office, self._span, self._car, self._vehicle = books, office, span, car, vehicle
        self._rng = span.rng(car.id)

    def write(self) -> None:
        journeys = [journey for day in self._days() for journey in self._journeys(day)]
        odometer = self._vehicle.odometer_km - sum(journey.km for journey in journeys)
        tank_l, level_l = self._car.tank_l, self._car.tank_l
        for journey in journeys:
            level_l -= journey.km * self._litres_per_km(journey.leaves_at.date())
            odometer += journey.km
            if level_l < REFUEL_BELOW * tank_l:
                self._refuel(journey, tank_l - level_l, odometer)
                level_l = tank_l

    def _days(self) -> list[date]:
        return list(self._span.workdays(self._span.first_day, self._span.days_ago(-DUTY_DAYS[0] + 1)))

    def _journeys(self, day: date) -> list[_Journey]:
        rng, journeys, free_at = self._rng, list[_Journey](), datetime.combine(day, time(8, 10))
        for _ in range(2):
            if rng.random() > self._car.trips / 2:
                continue
            trip = rng.choices(self._office.trips, [one.weight for one in self._office.trips])[0]
            leaves_at = free_at + timedelta(minutes=rng.randint(0, 90))
            returns_at = leaves_at + timedelta(minutes=round(60 * rng.uniform(*trip.hours)))
            if returns_at.time() > time(18, 30):
                break
            km = round(rng.uniform(*trip.km), 1)
            row = self._order(leaves_at, returns_at, km, trip.purpose, trip.place)
            journeys.append(_Journey(leaves_at, returns_at, km, row))
            free_at = returns_at + timedelta(minutes=15)
        return journeys

    def _order(self, leaves_at: datetime, returns_at: datetime, km: float, purpose: str, place: str) -> Row:
        return self._books.add(
            "vehicle_order",
            order="",
            vehicle=self._car.id,
            department=self._rng.choice(DEPARTMENTS),
            purpose=purpose,
            leaves_at=leaves_at,
            returns_at=returns_at,
            approved=True,
            approved_by=self._rng.choice(APPROVERS),
            distance_km=km,
            destination=place,
        )

    def _litres_per_km(self, day: date) -> float:
        litres = self._car.litres_per_100km / 100 * self._rng.uniform(0.93, 1.07)
        is_thirsty = self._car.id == THIRSTY and day >= self._span.days_ago(THIRSTY_DAYS)
        return litres * THIRST if is_thirsty else litres

    def _refuel(self, journey: _Journey, litres: float, odometer: float) -> None:
        litres = round(litres, 2)
        self._books.add(
            "fuel_card",
            card=f"9130{self._car.id[-2:]}",
            vehicle=self._car.id,
            plate=self._vehicle.plate,
            fuelled_at=journey.returns_at - timedelta(minutes=self._rng.randint(5, 20)),
            fuel="petrol",
            litres=litres,
            amount=yuan(litres * self._office.prices["petrol"]),
            odometer_km=round(odometer),
            station=self._rng.choice(self._office.stations),
            tank_l=self._car.tank_l,
        )


def fills(books: Books, vehicle: str) -> list[Row]:
    """The fuel of one car in the order of time."""
    return [row for row in books.rows["fuel_card"] if row.values["vehicle"] == vehicle]


def _near(rows: list[Row], day: date) -> Row:
    return min(rows, key=lambda row: abs((_at(row).date() - day).days))


def _at(row: Row) -> datetime:
    at = row.values["fuelled_at"]
    assert isinstance(at, datetime)
    return at


def _take_other_plate(books: Books, span: Span) -> None:
    vehicle, days, plate = OTHER_PLATE
    row = _near(fills(books, vehicle), span.days_ago(days))
    row.values["plate"] = plate
    books.plant("V04", f"vehicle:{vehicle}", _at(row).date(), [row], what="plate", plate=plate)


def _overfill(books: Books, office: Office, span: Span) -> None:
    vehicle, days, excess_l = OVERFULL
    row = _near(fills(books, vehicle), span.days_ago(days))
    tank_l = row.values["tank_l"]
    assert isinstance(tank_l, float)
    litres = round(tank_l + excess_l, 2)
    row.values |= {"litres": litres, "amount": yuan(litres * office.prices["petrol"])}
    books.plant("V04", f"vehicle:{vehicle}", _at(row).date(), [row], what="litres", litres=litres, tank_l=tank_l)


def _tell_thirst(books: Books, span: Span) -> None:
    late = [row for row in fills(books, THIRSTY) if _at(row).date() >= span.days_ago(THIRSTY_DAYS)]
    books.plant("V05", f"vehicle:{THIRSTY}", _at(late[-1]).date(), late[-2:])
