"""V04: a fuel card that paid for what its vehicle cannot have taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from cloud.core.calendar import local_day
from cloud.core.event import Severity
from cloud.records.record import Record
from cloud.risk.occurrence import moment, told
from cloud.risk.record_reads import number, rows, text
from cloud.risk.rule import Evidence, Playbook, Rule, Sighting

LOOK_BACK_DAYS = 62
"""Card statements come monthly; older ones were looked at before."""

FUELS = {"petrol": {"petrol"}, "diesel": {"diesel"}, "hybrid": {"petrol"}, "electric": set[str]()}
"""What a vehicle of each kind of drive may be filled with."""


def examine(evidence: Evidence) -> Iterator[Sighting]:
    """One sighting per fill: more litres than the tank holds, another plate, or another fuel (rule V04)."""
    today = local_day(evidence.now_ms)
    book = {text(one, "vehicle"): one for one in rows(evidence, "vehicle_book")}
    for fill in rows(evidence, "fuel_card", first=today - timedelta(LOOK_BACK_DAYS)):
        vehicle = book.get(text(fill, "vehicle"))
        checks = _checks(fill, vehicle)
        if any(agrees is False for agrees in checks.values()):
            data = {
                "fuelled_at": moment(fill.start_ms),
                "litres": told(number(fill, "litres")),
                "tank_l": told(number(fill, "tank_l")),
                **{name: _sign(agrees) for name, agrees in checks.items()},
            }
            yield Sighting(fill.subject, fill.record_id, fill.start_ms, data)


def _checks(fill: Record, vehicle: Record | None) -> Mapping[str, bool | None]:
    """Whether litres, plate and fuel agree with the vehicle; None when one side is not known. Plates are not told."""
    litres, tank = number(fill, "litres"), number(fill, "tank_l")
    plate, fuel = _plain(text(fill, "plate")), text(fill, "fuel")
    booked = _plain(text(vehicle, "plate")) if vehicle is not None else ""
    allowed = FUELS.get(text(vehicle, "energy")) if vehicle is not None else None
    return {
        "litres_agree": None if litres is None or not tank else litres <= tank,
        "plate_agrees": plate == booked if plate and booked else None,
        "fuel_agrees": fuel in allowed if fuel and allowed is not None else None,
    }


def _plain(plate: str) -> str:
    return "".join(letter for letter in plate if letter.isalnum()).upper()


def _sign(agrees: bool | None) -> Any:
    return told(None) if agrees is None else "✓" if agrees else "✗"


RULE = Rule(
    rule_id="V04",
    kind="vehicle.fuel_mismatch",
    severity=Severity.RED,
    consequence=4,
    playbook=Playbook(),
    basis="党政机关公务用车管理办法",
    examine=examine,
    due_h=72,
    is_restricted=True,
)
