"""Institution files at each start: entered when they are new or changed, never over what people entered since."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.adapters.sql.database import migrate
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.core.institution import InstitutionModel
from cloud.core.institution_entry import enter_changed, read_sources
from cloud.core.institution_workbook import write_institution
from cloud.desks.books import Books
from foundation.errors import ConfigError
from tests.support.manual_clock import ManualClock
from tests.support.sql_database import empty_sqlite

FILE = """
schema: xietong.institution/1
id: office
name: {zh-CN: 机关, en: Office}
class: state_organ
region: "330127"
climate_zone: cold
compounds:
  - {id: county, name: {zh-CN: 大院, en: Compound}}
buildings:
  - {id: building-a, compound: county, name: {zh-CN: 甲楼, en: A}, use: office, area_m2: 8000}
"""


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Books]:
    with empty_sqlite(tmp_path) as engine:
        migrate(engine)
        yield sql_ports(engine, ManualClock())


def start(ports: Books, *paths: Path) -> InstitutionModel:
    """What a start of the program does with the files; the model of the office after it."""
    enter_changed(ports.institutions, ports.settings, read_sources(paths))
    model = ports.institutions.model("office")
    assert model is not None
    return model


def by_form(ports: Books, model: InstitutionModel, area_m2: float) -> None:
    building = dataclasses.replace(model.buildings[0], area_m2=area_m2)
    ports.institutions.save(dataclasses.replace(model, buildings=(building,)))


def test_next_start_keeps_what_people_entered_by_form(ports: Books, tmp_path: Path) -> None:
    file = tmp_path / "institution.yaml"
    file.write_text(FILE, encoding="utf-8")
    by_form(ports, start(ports, file), 9000)
    assert start(ports, file).buildings[0].area_m2 == 9000


def test_changed_file_is_entered_once(ports: Books, tmp_path: Path) -> None:
    file = tmp_path / "institution.yaml"
    file.write_text(FILE, encoding="utf-8")
    start(ports, file)
    file.write_text(FILE.replace("8000", "8500"), encoding="utf-8")
    model = start(ports, file)
    assert model.buildings[0].area_m2 == 8500
    by_form(ports, model, 9000)
    assert start(ports, file).buildings[0].area_m2 == 9000


def test_workbook_may_stand_in_the_place_of_a_file(ports: Books, tmp_path: Path) -> None:
    yaml, workbook = tmp_path / "institution.yaml", tmp_path / "institution.xlsx"
    yaml.write_text(FILE, encoding="utf-8")
    model = read_sources([yaml])[0].model
    workbook.write_bytes(write_institution(model, "zh-CN"))
    assert start(ports, workbook) == model


def test_wrong_workbook_or_missing_file_stops_the_start(tmp_path: Path) -> None:
    workbook = tmp_path / "institution.xlsx"
    workbook.write_bytes(write_institution(None, "zh-CN"))
    with pytest.raises(ConfigError, match="institution"):
        read_sources([workbook])
    with pytest.raises(ConfigError, match="nowhere"):
        read_sources([tmp_path / "nowhere.xlsx"])
