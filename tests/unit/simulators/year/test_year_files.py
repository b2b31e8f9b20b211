"""The files of the pretend year: repeatable, in the shape of the record kinds, and true to the meters."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cloud.records.check import Target, check_file
from cloud.records.mapping import parse_mapping
from cloud.records.reference import Known
from device_profiles.catalogue import load_catalogue
from foundation.clock import to_ms
from simulators.calendar import SHANGHAI
from simulators.compound import load_compound
from simulators.plant import Plant
from simulators.year.files import load_forms
from simulators.year.span import DEPARTMENTS
from simulators.year.writer import make_books, write_year
from tests.support.office_year import PRETENDED, UNTIL, read_kind, written_year

COMPOUND = load_compound()
KINDS, FORMS = PRETENDED, load_forms().files
KNOWN = Known(
    {
        "building": {one.id: one.id for one in COMPOUND.buildings},
        "department": {one: one for one in DEPARTMENTS},
        "vehicle": {one.id: one.id for one in COMPOUND.vehicles},
    }
)


def test_the_same_day_and_seed_write_the_same_bytes(tmp_path: Path) -> None:
    write_year(COMPOUND, tmp_path, until=UNTIL)
    first = {path.name: path.read_bytes() for path in written_year().iterdir()}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert len(first) == len(KINDS) + 3


def test_another_seed_writes_other_books_with_the_same_faults() -> None:
    one, other = (make_books(COMPOUND, until=UNTIL, seed=seed) for seed in (1, 2))
    assert [row.values for row in one.rows["booking"]] != [row.values for row in other.rows["booking"]]
    assert Counter(fault.rule for fault in one.planted) == Counter(fault.rule for fault in other.planted)


def test_every_kind_has_a_file_whose_columns_are_the_labels_of_its_fields() -> None:
    assert set(FORMS) == set(KINDS)
    for kind, form in FORMS.items():
        assert form.columns == {name: field.label["zh-CN"] for name, field in KINDS[kind].fields.items()}, kind


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_cell_is_of_the_type_of_its_field(kind: str) -> None:
    rows = read_kind(written_year(), kind)
    for row in rows:
        for name, field in KINDS[kind].fields.items():
            cell = row[name]
            if cell is None:
                assert not field.required, (name, row)
            elif field.type in ("integer", "number", "money"):
                assert float(cell) >= (field.minimum or 0), (name, row)
            elif field.type == "choice":
                assert cell in field.choices, (name, row)
            elif field.type == "flag":
                assert cell in ("是", "否"), (name, row)
            elif field.type in ("day", "time"):
                assert datetime.strptime(cell, "%Y-%m-%d" if field.type == "day" else "%Y-%m-%d %H:%M")  # noqa: DTZ007
    keys = Counter(tuple(row[name] for name in KINDS[kind].key) for row in rows)
    assert max(keys.values()) == 1


def test_a_book_is_of_a_believable_size() -> None:
    counts = {kind: len(read_kind(written_year(), kind)) for kind in FORMS}
    assert counts["asset"] == 250
    assert counts["room"] == 124
    assert counts["energy_bill"] == 12 * (3 * 2 + 1)
    assert counts["satisfaction"] == 12 * len(DEPARTMENTS)
    assert 20 <= counts["contract"] <= 40
    assert 240 <= counts["invoice"] <= 360
    assert 350 <= counts["booking"] <= 500
    assert counts["vehicle_order"] > 1000


def test_bills_add_up_to_what_the_registers_grew_by() -> None:
    plant = Plant(COMPOUND, load_catalogue(), to_ms(datetime.combine(UNTIL, time(), SHANGHAI)))
    bounds = [to_ms(datetime(2025, 11, 1, tzinfo=SHANGHAI)), to_ms(datetime(2026, 11, 1, tzinfo=SHANGHAI))]
    times = np.array(bounds, dtype=np.int64)
    billed: dict[tuple[str, str], float] = defaultdict(float)
    for row in read_kind(written_year(), "energy_bill"):
        billed[row["building"], row["carrier"]] += row["quantity"]
    overcharge = 75_108 - 70_857
    for building in COMPOUND.buildings:
        letter = building.id[-1]
        energy = plant.load(COMPOUND.device(f"{letter}-main")).undisturbed_energy_wh(times) / 1000
        water = plant.water(COMPOUND.device(f"{letter}-water")).integrals(times) / 1000
        planted = overcharge if building.id == "building-c" else 0
        assert billed[building.id, "electricity"] - planted == np.floor(energy[1]) - np.floor(energy[0])
        assert billed[building.id, "water"] == np.floor(water[1]) - np.floor(water[0])


def test_a_price_per_unit_is_one_that_suppliers_ask() -> None:
    bands = {"electricity": (0.69, 0.72), "water": (4.99, 5.01), "gas": (4.39, 4.41)}
    for row in read_kind(written_year(), "energy_bill"):
        low, high = bands[row["carrier"]]
        assert low < row["amount"] / row["quantity"] < high


def test_hand_readings_of_gas_continue_each_other_and_agree_with_the_bills() -> None:
    readings = read_kind(written_year(), "hand_reading")
    bills = [row for row in read_kind(written_year(), "energy_bill") if row["carrier"] == "gas"]
    assert [row["quantity"] for row in readings] == [row["quantity"] for row in bills]
    assert [row["amount"] for row in readings] == [row["amount"] for row in bills]
    for earlier, later in pairwise(readings):
        assert later["reading"] - earlier["reading"] == later["quantity"]


def test_everybody_of_the_compound_has_a_seat() -> None:
    seats: Counter[str] = Counter()
    for row in read_kind(written_year(), "room"):
        seats[row["building"]] += int(row["persons"] or 0)
    assert seats == {building.id: building.persons for building in COMPOUND.buildings}


def test_trips_of_a_car_follow_each_other_and_end_at_the_odometer_of_the_compound() -> None:
    orders = [row for row in read_kind(written_year(), "vehicle_order") if row["distance_km"] is not None]
    for vehicle in COMPOUND.vehicles:
        mine = [row for row in orders if row["vehicle"] == vehicle.id]
        assert all(one["returns_at"] < other["leaves_at"] for one, other in pairwise(mine))
        assert 0 < sum(row["distance_km"] for row in mine) < vehicle.odometer_km
        fuel = [row for row in read_kind(written_year(), "fuel_card") if row["vehicle"] == vehicle.id]
        assert all(one["odometer_km"] < other["odometer_km"] for one, other in pairwise(fuel))
        assert fuel[-1]["odometer_km"] <= vehicle.odometer_km


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_the_import_takes_every_file_without_a_mistake(kind: str) -> None:
    (file,) = [path for path in written_year().glob(f"{kind}.*") if path.suffix in (".xlsx", ".csv")]
    mapping_file = written_year() / f"{kind}.mapping.yaml"
    mapping = None
    if mapping_file.exists():
        mapping = parse_mapping(mapping_file.read_bytes(), mapping_file.name, KINDS[kind])
    checked = check_file(file.name, file.read_bytes(), Target(KINDS[kind], "demo-county-office", KNOWN, mapping))
    assert not checked.mistakes
    assert not checked.ignored
    assert len(checked.records) == len(read_kind(written_year(), kind))


def test_some_files_need_their_mapping() -> None:
    assert {path.name for path in written_year().glob("*.mapping.yaml")} == {
        "asset.mapping.yaml", "fuel_card.mapping.yaml"
    }  # fmt: skip
    for name in ("asset.xlsx", "fuel_card.csv"):
        file = written_year() / name
        checked = check_file(name, file.read_bytes(), Target(KINDS[file.stem], "demo-county-office", KNOWN))
        assert checked.mistake_count > 0


def test_bills_of_months_before_the_meters_came_are_written_too() -> None:
    rows = make_books(COMPOUND, until=date(2025, 8, 10)).rows["energy_bill"]
    assert all(isinstance(row.values["quantity"], int) and row.values["quantity"] > 100 for row in rows)
