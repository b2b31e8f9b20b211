"""The institution as tables: names for ids, validity, and what somebody still has to enter."""

from __future__ import annotations

from datetime import date

from cloud.console.views.institution_part import VISIBLE_PARTS, entries_of, part_rows, table_columns
from cloud.console.views.to_complete import gaps_of
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Device,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
    Vehicle,
)
from cloud.core.institution_columns import columns_of
from cloud.core.ports import RegisteredDevice
from foundation.texts import load_texts

TODAY = date(2026, 9, 28)
NAME: Names = {"zh-CN": "甲", "en": "A"}
MODEL = InstitutionModel(
    institution=Institution(
        institution_id="office",
        name=NAME,
        institution_class=InstitutionClass.STATE_ORGAN,
        region="330127",
        climate_zone=ClimateZone.MILD,
    ),
    compounds=(Compound(compound_id="county", name=NAME),),
    buildings=(
        Building(building_id="b", compound_id="county", name=NAME, use="office", heated_area_m2=0, persons=12),
        Building(building_id="a", compound_id="county", name=NAME, use="office", valid_to=date(2026, 1, 1)),
        Building(building_id="a", compound_id="county", name=NAME, use="office", area_m2=1200.5, persons=3,
                 heated_area_m2=0, valid_from=date(2026, 1, 1)),
        Building(building_id="c", compound_id="county", name=NAME, use="office", valid_from=date(2027, 1, 1)),
    ),
    vehicles=(Vehicle(vehicle_id="car-1", name=NAME, energy="petrol"),),
    devices=(Device(device_id="main", compound_id="county", name=NAME),),
)  # fmt: skip


def test_rows_stand_by_id_and_version_with_their_validity() -> None:
    rows = part_rows(MODEL, "buildings", {}, TODAY, "en")
    assert [(one.cells["id"], one.standing) for one in rows] == [
        ("a", "over"), ("a", "valid"), ("b", "valid"), ("c", "later")
    ]  # fmt: skip
    assert len({one.name for one in rows}) == 4


def test_missing_figures_are_marked_and_zero_is_none_of_them() -> None:
    by_id = {one.name: one for one in part_rows(MODEL, "buildings", {}, TODAY, "en")}
    assert by_id["b@"].missing == {"area_m2"}
    assert by_id["b@"].cells["heated_area_m2"] == "0"
    assert by_id["a@2026-01-01"].missing == frozenset()
    assert by_id["a@2026-01-01"].cells["area_m2"] == "1,200.5"


def test_references_and_choices_are_told_by_their_names() -> None:
    named = part_rows(MODEL, "buildings", {"compound:county": {"zh-CN": "大院", "en": "Yard"}}, TODAY, "zh-CN")
    assert named[0].cells["compound"] == "大院"
    assert part_rows(MODEL, "institution", {}, TODAY, "en")[0].cells["class"] == "State organ"


def test_gaps_are_those_of_today_and_devices_that_nobody_entered() -> None:
    seen = [RegisteredDevice("office", "county", "edge-1", one, {}, (), True, 0) for one in ("main", "stranger")]
    gaps = gaps_of(MODEL, TODAY, seen)
    assert [(one.part, one.identifier, one.field) for one in gaps] == [
        ("institution", "office", "superior_id"),
        ("buildings", "b", "area_m2"),
        ("vehicles", "car-1", "device_id"),
        ("devices", "stranger", "not_entered"),
    ]
    assert all(f"console.gap.{one.part}.{one.field}" in load_texts() for one in gaps)


def test_every_part_has_its_columns_with_one_name() -> None:
    for part in VISIBLE_PARTS:
        assert sum(one.language is not None for one in table_columns(part, "en")) <= 1
        assert columns_of(part)
    assert entries_of(MODEL, "no_such_part") == ()
