"""Files of records as people hand them in, good and bad, and what the institution knows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from cloud.core.department import load_departments
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Names,
    Vehicle,
)
from cloud.records.check import Checked, Target, check_file
from cloud.records.kind import load_kinds
from cloud.records.mapping import parse_mapping
from cloud.records.reference import Known, known_of

A, B = {"zh-CN": "甲楼", "en": "House A"}, {"zh-CN": "乙楼", "en": "House B"}
COMPOUND: Names = {"zh-CN": "大院", "en": "Compound"}
MODEL = InstitutionModel(
    institution=Institution(
        institution_id="office",
        name=COMPOUND,
        institution_class=InstitutionClass.STATE_ORGAN,
        region="330127",
        climate_zone=ClimateZone.COLD,
    ),
    compounds=(Compound(compound_id="county", name=COMPOUND),),
    buildings=(
        Building(building_id="building-a", compound_id="county", name=A, use="office"),
        Building(building_id="building-b", compound_id="county", name=B, use="office"),
    ),
    vehicles=(Vehicle(vehicle_id="car-01", name={"zh-CN": "一号车", "en": "Car 1"}, energy="petrol"),),
)


def known(*vehicles: str) -> Known:
    """What MODEL has entered, and these vehicles of its vehicle book."""
    return known_of(MODEL, load_departments(), vehicles)


def workbook(sheets: dict[str, Sequence[Sequence[Any]]], *, hidden: Sequence[str] = ()) -> bytes:
    """An XLSX file; a formula is the pair of its text and the value it was saved with."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    is_day = (value.hour, value.minute) == (0, 0)
                    sheet.write_datetime(place, column, value, day if is_day else moment)
                elif isinstance(value, tuple):
                    sheet.write_formula(place, column, value[0], None, value[1])
                elif value is not None:
                    sheet.write(place, column, value)
    book.close()
    return content.getvalue()


def check(
    kind: str, content: bytes | str, *, mapping: str | None = None, file: str = "f", vehicles: str = ""
) -> Checked:
    """Check a file against MODEL."""
    wanted = load_kinds()[kind]
    read = None if mapping is None else parse_mapping(f"schema: xietong.record-mapping/1\n{mapping}", "m.yaml", wanted)
    target = Target(wanted, "office", known(*vehicles.split()), read)
    return check_file(file, content if isinstance(content, bytes) else content.encode(), target)
