"""A county compound as an institution model: three buildings with their main meters, one water meter for the site."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from cloud.core.energy_interval import EnergyInterval
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
)
from cloud.core.period import Period
from cloud.records.record import FieldValue, Record

OFFICE, GROUP = "office", "county"
NAMES: Names = {"zh-CN": "甲", "en": "A"}
ENERGY, VOLUME = "Energy/Active/Import", "Volume/Positive"
QUARTER_MS = 900_000
BUILDINGS = {"a": (6200.0, 260), "b": (8400.0, 320), "c": (7300.0, 180)}


def county_model(**changes: Any) -> InstitutionModel:
    """21 900 m2 and 760 persons in three buildings."""
    institution = Institution(
        institution_id=OFFICE,
        name=NAMES,
        institution_class=InstitutionClass.STATE_ORGAN,
        region="450000",
        climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
    )
    model = InstitutionModel(
        institution=institution,
        compounds=(Compound(compound_id=GROUP, name=NAMES),),
        buildings=tuple(building(name, area, persons) for name, (area, persons) in BUILDINGS.items()),
        devices=(
            *(device(f"{name}-main", "01", name) for name in BUILDINGS),
            *(device(f"{name}-hvac", "01B", name) for name in BUILDINGS),
            *(device(f"{name}-water", "02", name) for name in BUILDINGS),
            device("site-water", "02", None),
        ),
    )
    return replace(model, **changes)


def building(name: str, area_m2: float | None, persons: int | None) -> Building:
    return Building(
        building_id=name,
        compound_id=GROUP,
        name=NAMES,
        use="office",
        area_m2=area_m2,
        heated_area_m2=0.0,
        persons=persons,
    )


def device(
    device_id: str,
    sub_item: str,
    building_id: str | None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Device:
    return Device(
        device_id=device_id,
        compound_id=GROUP,
        name=NAMES,
        building_id=building_id,
        sub_item=sub_item,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def quarters(device_id: str, point: str, start_ms: int, end_ms: int, delta: int) -> list[EnergyInterval]:
    """The same growth in every quarter hour."""
    return [
        EnergyInterval(GROUP, device_id, point, at_ms, at_ms + QUARTER_MS, delta)
        for at_ms in range(start_ms, end_ms, QUARTER_MS)
    ]


def bill(
    account: str,
    carrier: str,
    period: Period,
    quantity: float,
    unit: str,
    amount_fen: int,
    *,
    building_id: str | None = None,
    days: int | None = None,
) -> Record:
    """A bill of the whole period, or of its first `days`."""
    end_ms = period.end_ms if days is None else period.start_ms + days * 86_400_000
    fields: dict[str, FieldValue] = {
        "account": account,
        "carrier": carrier,
        "building": building_id,
        "quantity": quantity,
        "unit": unit,
        "amount": amount_fen,
    }
    record_id = f"{account}|{carrier}|{period}"
    return Record(
        OFFICE, "energy_bill", record_id, "finance", f"building:{building_id}", period.start_ms, end_ms, fields,
        source=f"bills.xlsx!Sheet1:{record_id}",
    )  # fmt: skip


def hand_reading(meter: str, carrier: str, at_ms: int, reading: float, unit: str, **fields: FieldValue) -> Record:
    of_row: dict[str, FieldValue] = {"meter": meter, "carrier": carrier, "reading": reading, "unit": unit, **fields}
    return Record(
        OFFICE, "hand_reading", f"{meter}|{at_ms}", "energy", f"device:{meter}", at_ms, at_ms, of_row,
        source=f"readings.csv:{at_ms}",
    )  # fmt: skip


class FakeRecordBook:
    """The reading half of the RecordBook, over rows given at the start: always known, never corrected."""

    def __init__(self, *rows: Record) -> None:
        self.rows = list(rows)

    def records(
        self,
        institution_ids: object,
        kind: str,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        subject: str | None = None,
        known_at_ms: int | None = None,
    ) -> list[Record]:
        return sorted(
            (
                one
                for one in self.rows
                if one.kind == kind
                and one.institution_id in institution_ids  # type: ignore[operator]
                and (start_ms is None or one.end_ms > start_ms or one.start_ms >= start_ms)
                and (end_ms is None or one.start_ms < end_ms)
                and subject in (None, one.subject)
            ),
            key=lambda one: (one.start_ms, one.record_id),
        )
