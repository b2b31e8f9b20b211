"""Register dumps worked out by hand against the edge's decoder: the oracle knows the maps, not our code."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile
from device_profiles.sunspec import resolved
from edge_agent.drivers.modbus.sunspec import ReadHolding, find_models
from edge_agent.drivers.modbus.words import decode_points
from foundation.errors import DeviceRefused
from foundation.settings import read_yaml
from gateway.messages import Quality, Reading

CATALOGUE = load_catalogue()
FOLDER = Path(__file__).parent / "device_profiles"
MEASURED_MS = 1_790_000_000_000
DUMPS = sorted(path for path in FOLDER.glob("*.yaml") if path.stem != "vectors")
CASES = [(path.stem, case) for path in DUMPS for case in read_yaml(path)["cases"]]
VECTORS = read_yaml(FOLDER / "vectors.yaml")


def test_every_modbus_profile_has_a_dump() -> None:
    modbus = {profile.id for profile in CATALOGUE.all() if profile.driver == "modbus"}
    assert {path.stem for path in DUMPS} == modbus
    assert {read_yaml(path)["profile"] for path in DUMPS} == modbus


def test_every_point_of_every_modbus_profile_is_expected_in_some_dump() -> None:
    for path in DUMPS:
        names = {point.name for point in CATALOGUE.get(path.stem).all_points}
        expected = {name for stem, case in CASES if stem == path.stem for name in case["expected"]}
        assert expected == names, path.name


@pytest.mark.parametrize(("profile_id", "case"), CASES, ids=[f"{stem}: {case['name']}" for stem, case in CASES])
async def test_dump_decodes_to_the_values_worked_out_by_hand(profile_id: str, case: dict[str, Any]) -> None:
    params = {name: Decimal(str(value)) for name, value in case["params"].items()}
    words = words_of(case["registers"])
    profile = CATALOGUE.get(profile_id)
    if profile.sunspec is not None:
        profile = resolved(profile, await find_models(reader_of(words), profile.sunspec))

    readings = decode_points(profile, params, words, MEASURED_MS)

    assert len({reading.point for reading in readings}) == len(readings)
    assert {reading.point for reading in readings} == set(case["expected"])
    for reading in readings:
        assert_matches(reading, **case["expected"][reading.point])


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_single_value_decodes_to_the_value_worked_out_by_hand(vector: dict[str, Any]) -> None:
    words = {("holding", 100 + index): word for index, word in enumerate(vector["words"])}

    readings = decode_points(profile_of_one(vector["point"]), {}, words, MEASURED_MS)

    assert [reading.point for reading in readings] == ["Value"]
    assert_matches(readings[0], vector["value"], vector.get("quality"))


def words_of(registers: dict[str, dict[int, int | list[int]]]) -> dict[tuple[str, int], int]:
    """Words by table and address; a list lies at consecutive addresses."""
    return {
        (table, address + at): word
        for table, part in registers.items()
        for address, words in part.items()
        for at, word in enumerate(words if isinstance(words, list) else [words])
    }


def reader_of(words: dict[tuple[str, int], int]) -> ReadHolding:
    async def read(address: int, count: int) -> list[int]:
        try:
            return [words["holding", address + at] for at in range(count)]
        except KeyError:
            raise DeviceRefused("dump", 2) from None

    return read


def profile_of_one(point: dict[str, Any]) -> Profile:
    return Profile.model_validate(
        {
            "schema": "xietong.device-profile/1",
            "id": "test.one",
            "vendor": "Test",
            "models": ["one"],
            "carrier": "none",
            "role": "sensor",
            "provenance": [{"source": "test", "checked": "manual", "confidence": "A"}],
            "points": [{"name": "Value", "table": "holding", "address": 100, **point}],
        }
    )


def assert_matches(reading: Reading, value: Any, quality: str | None = None) -> None:
    """Whole numbers, booleans and texts to the last digit and of that very type, floats to 12 digits."""
    where = f"{reading.point}: {reading!r}"
    assert reading.measured_ms == MEASURED_MS, where
    assert type(reading.value) is type(value), where
    if isinstance(value, float):
        assert reading.value == pytest.approx(value, rel=1e-12, abs=1e-12), where
    else:
        assert reading.value == value, where
    if quality is not None:
        assert reading.quality is Quality[quality.upper()], where
