"""Bills and hand readings: the suppliers' figures follow from the very registers that the simulators serve."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from device_profiles.catalogue import Catalogue, load_catalogue
from foundation.clock import from_ms, to_ms
from simulators.calendar import SHANGHAI
from simulators.compound import Building, Compound, SimulatedDevice
from simulators.leak import Leaks
from simulators.plant import Plant
from simulators.year.books import Books, Value
from simulators.year.money import yuan
from simulators.year.office import Office
from simulators.year.span import Span, is_workday, month_end

OVERCHARGED = "building-c"
OVERCHARGE = 0.06
"""The electricity bill of the last full month says so much more than the meter."""

PRICE_SWING = 0.01


def write_bills(books: Books, office: Office, span: Span, compound: Compound, leaks: Leaks = ()) -> None:
    """Electricity and water of every building and the canteen's gas by month; one bill disagrees with its meter.

    A leak stands in no book, only in the meters; it is told of as what an office should find, too.
    """
    plant = _plant(compound, span, leaks, load_catalogue())
    for building in compound.buildings:
        for carrier, unit, sub_item in (("electricity", "kWh", "01"), ("water", "m3", "02")):
            meter = _meter(compound, building, sub_item)
            for month, quantity in zip(span.months, register_growth(plant, meter, span), strict=True):
                _bill(books, office, building.id, carrier, unit, month, quantity)
    _write_gas(books, office, span)
    _overcharge(books, office, span)
    for leak in leaks:
        since = from_ms(leak.since_ms).astimezone(SHANGHAI).date()
        books.plant("E06", f"building:{leak.building}", since, litres_per_h=leak.litres_per_h)
    books.sort("energy_bill", "period_start", "account")


def register_growth(plant: Plant, meter: SimulatedDevice, span: Span) -> list[int]:
    """Whole kWh or m3 by which a meter's register moved in each month, read at local midnight."""
    bounds = [*span.months, month_end(span.months[-1]) + timedelta(days=1)]
    times = np.array([to_ms(datetime.combine(day, time(), SHANGHAI)) for day in bounds], dtype=np.int64)
    if plant.profile(meter).carrier == "water":
        register = plant.water(meter).integrals(times)
    else:
        register = plant.load(meter).undisturbed_energy_wh(times)
    shown = np.floor(register / 1000).astype(np.int64)
    return [int(step) for step in np.diff(shown)]


def _plant(compound: Compound, span: Span, leaks: Leaks, catalogue: Catalogue) -> Plant:
    """The compound as it was measured; bills from before the meters came are what they would have shown."""
    installed_on = min(compound.installed_on, span.first_day)
    moved = compound.model_copy(update={"installed_on": installed_on})
    return Plant(moved, catalogue, to_ms(datetime.combine(span.until, time(), SHANGHAI)), leaks=leaks)


def _meter(compound: Compound, building: Building, sub_item: str) -> SimulatedDevice:
    mine = (one for one in compound.devices if one.building == building.id and one.sub_item == sub_item)
    return next(one for one in mine if one.share is None)


def _bill(
    books: Books, office: Office, building: str, carrier: str, unit: str, month: date, quantity: int, **more: Value
) -> None:
    account = {"electricity": "D", "water": "S"}.get(carrier, "R") + f"-{building}"
    values: dict[str, Value] = {
        "account": account,
        "carrier": carrier,
        "building": building,
        "period_start": month,
        "period_end": month_end(month),
        "quantity": quantity,
        "unit": unit,
        "amount": _amount(quantity, _price(office, carrier, month)),
        "supplier": office.suppliers[carrier],
        "invoice": f"{month:%Y%m}{sum((account + carrier).encode()) % 10000:04d}",
    }
    books.add("energy_bill", **(values | more))


def _price(office: Office, carrier: str, month: date) -> float:
    """Yuan per unit; electricity is a little dearer in the hot months."""
    swing = PRICE_SWING if carrier == "electricity" and month.month in (6, 7, 8, 9) else 0.0
    return office.prices[carrier] * (1 + swing)


def _amount(quantity: int, price: float) -> Decimal:
    return yuan(quantity * price)


def _write_gas(books: Books, office: Office, span: Span) -> None:
    canteen, rng = office.canteen, span.rng("gas")
    reading = canteen.first_reading_m3
    for month in span.months:
        days = [month + timedelta(days=number) for number in range(month_end(month).day)]
        burnt = sum(canteen.m3_per_workday if is_workday(day) else canteen.m3_per_free_day for day in days)
        quantity = round(burnt * rng.uniform(0.96, 1.04))
        reading += quantity
        _bill(books, office, canteen.building, "gas", "m3", month, quantity, account=canteen.account)
        books.add(
            "hand_reading",
            meter=canteen.meter,
            carrier="gas",
            building=canteen.building,
            read_on=month_end(month),
            reading=reading,
            unit="m3",
            quantity=quantity,
            amount=_amount(quantity, _price(office, "gas", month)),
            read_by=canteen.post,
        )


def _overcharge(books: Books, office: Office, span: Span) -> None:
    month = span.months[-1]
    row = next(
        row
        for row in books.rows["energy_bill"]
        if (row.values["building"], row.values["carrier"], row.values["period_start"])
        == (OVERCHARGED, "electricity", month)
    )
    metered = row.values["quantity"]
    assert isinstance(metered, int)
    billed = round(metered * (1 + OVERCHARGE))
    row.values |= {"quantity": billed, "amount": _amount(billed, _price(office, "electricity", month))}
    books.plant("F02", f"building:{OVERCHARGED}", month, [row], metered_kwh=metered, billed_kwh=billed)
