"""The institution model and the file in which it is entered."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.core.institution import Building, InstitutionClass, Names, Subject, SubjectKind
from cloud.core.institution_file import read_institution
from foundation.errors import ConfigError

NAMES: Names = {"zh-CN": "甲", "en": "A"}
FILE = """
schema: xietong.institution/1
id: office
name: {zh-CN: 机关事务中心, en: Office}
class: state_organ
region: "330127"
climate_zone: hot_summer_cold_winter
superior: city
compounds:
  - {id: county, name: {zh-CN: 大院, en: Compound}}
buildings:
  - {id: building-a, compound: county, name: {zh-CN: 甲楼, en: A}, use: office, area_m2: 8000, valid_to: 2026-01-01}
  - {id: building-a, compound: county, name: {zh-CN: 甲楼, en: A}, use: office, area_m2: 9000, valid_from: 2026-01-01}
rooms:
  - {id: r-101, building: building-a, name: {zh-CN: 机房, en: Data room}, use: data_room}
departments:
  - {id: real_estate, name: {zh-CN: 房产科, en: Real estate}}
persons:
  - {id: p-1, role: energy_officer, department: real_estate}
assets:
  - {id: pump-1, name: {zh-CN: 水泵, en: Pump}, category: pump, building: building-a, room: r-101}
vehicles:
  - {id: car-01, name: {zh-CN: 一号车, en: Car 1}, energy: petrol, device: car-01, department: real_estate}
devices:
  - {id: a-main, compound: county, name: {zh-CN: 总表, en: Main}, building: building-a, sub_item: "01"}
"""


def entered(folder: Path, text: str) -> Path:
    path = folder / "institution.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def test_file_becomes_the_model(tmp_path: Path) -> None:
    model = read_institution(entered(tmp_path, FILE))
    assert (model.institution.institution_id, model.institution.superior_id) == ("office", "city")
    assert model.institution.institution_class is InstitutionClass.STATE_ORGAN
    assert [one.area_m2 for one in model.buildings] == [8000, 9000]
    assert [one.area_m2 for one in model.buildings if one.is_valid_on(date(2026, 5, 1))] == [9000]
    assert model.buildings[0].persons is None
    assert model.assets[0].room_id == "r-101"
    assert model.vehicles[0].name["zh-CN"] == "一号车"
    assert model.devices[0].sub_item == "01"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("id: office", "id: unassigned", "id", "kept for"),
        ('"330127"', "hangzhou", "region", "pattern"),
        ("state_organ", "company", "class", "Input should be"),
        ("{zh-CN: 大院, en: Compound}", "{zh-CN: 大院}", "compounds.0.name", "needs a name in en"),
        ("a-main, compound: county", "a-main, compound: campus", "devices.a-main.compound", "not entered"),
        ("r-101, building: building-a", "r-101, building: b-9", "rooms.r-101.building", "not entered"),
        ("officer, department: real_estate", "officer, department: x", "persons.p-1.department", "not entered"),
        ("valid_to: 2026-01-01", "valid_to: 2026-02-01", "buildings.building-a", "given twice"),
        ("8000, valid_to", "8000, valid_from: 2027-01-01, valid_to", "buildings.building-a.valid_to", "later"),
        ("8000", "0", "buildings.0.area_m2", "greater than 0"),
        ("superior: city", "superior: city\nsuperiority: 1", "superiority", "Extra"),
    ],
)
def test_mistake_names_file_key_and_reason(tmp_path: Path, old: str, new: str, key: str, reason: str) -> None:
    assert FILE.count(old) == 1
    path = entered(tmp_path, FILE.replace(old, new))
    with pytest.raises(ConfigError) as mistake:
        read_institution(path)
    assert mistake.value.file == str(path)
    assert mistake.value.key == key
    assert reason in mistake.value.reason


def test_validity_begins_on_its_first_day_and_ends_before_its_last() -> None:
    building = Building(
        building_id="a",
        compound_id="county",
        name=NAMES,
        use="office",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 2, 1),
    )
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1)]
    assert [building.is_valid_on(day) for day in days] == [False, True, True, False]


@given(kind=st.sampled_from(SubjectKind), name=st.from_regex(r"[a-z0-9][a-z0-9:-]*", fullmatch=True))
def test_subject_survives_its_text_form(kind: SubjectKind, name: str) -> None:
    assert Subject.parse(str(Subject(kind, name))) == Subject(kind, name)


@pytest.mark.parametrize("text", ["", "building", "building:", "planet:mars", ":x"])
def test_text_that_is_no_subject_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a subject|not a valid"):
        Subject.parse(text)
