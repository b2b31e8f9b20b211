"""Frames of DL/T 645 and CJ/T 188 meters against driver and profile: the oracle knows the standards, not our code."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import DATA_DRIVERS, Profile
from edge_agent.drivers.cjt188.device import cjt188_meter
from edge_agent.drivers.dlt645.device import dlt645_meter
from edge_agent.drivers.line.line import Line
from foundation.settings import read_yaml
from gateway.messages import Quality, Reading
from tests.support.manual_clock import ManualClock
from tests.support.scripted_wire import ScriptedWire

FOLDER = Path(__file__).parent / "meter_languages"
DUMPS = {path.stem: read_yaml(path) for path in sorted(FOLDER.glob("*.yaml"))}
CASES = [(profile_id, case) for profile_id, dump in DUMPS.items() for case in dump["cases"]]
LEAD_IN = bytes.fromhex("FEFEFEFE")
METERS = {"dlt645": dlt645_meter, "cjt188": cjt188_meter}


def test_every_profile_of_these_languages_has_a_dump_that_expects_all_its_points() -> None:
    profiles = {profile.id: profile for profile in load_catalogue().all() if profile.driver in DATA_DRIVERS}
    assert set(DUMPS) == set(profiles) == {dump["profile"] for dump in DUMPS.values()}
    for profile_id, profile in profiles.items():
        expected = {name for dumped, case in CASES if dumped == profile_id for name in case["expected"]}
        assert expected == {point.name for point in profile.all_points}


@pytest.mark.parametrize(("profile_id", "case"), CASES, ids=[f"{stem}: {case['name']}" for stem, case in CASES])
def test_frames_are_asked_for_and_read_as_worked_out_by_hand(profile_id: str, case: dict[str, Any]) -> None:
    profile = load_catalogue().get(profile_id)
    wire = ScriptedWire(
        [(LEAD_IN + bytes.fromhex(one["ask"]), bytes.fromhex(one["answer"])) for one in case["exchanges"]]
    )

    readings = asyncio.run(read(profile, wire, case))

    assert wire.is_done
    assert len({reading.point for reading in readings}) == len(readings)
    assert {reading.point for reading in readings} == set(case["expected"])
    for reading in readings:
        assert_matches(reading, **case["expected"][reading.point])


async def read(profile: Profile, wire: ScriptedWire, case: dict[str, Any]) -> list[Reading]:
    clock = ManualClock(is_eager=True)
    params = {name: Decimal(str(value)) for name, value in case["params"].items()}
    meter = METERS[profile.driver](Line("line", wire, clock), case["address"], profile, params, clock)
    names = case.get("points") or [point.name for point in profile.all_points]
    return await meter.read([profile.point(name) for name in names])


def assert_matches(reading: Reading, value: Any, quality: str) -> None:
    assert type(reading.value) is type(value), reading
    if isinstance(value, float):
        assert reading.value == pytest.approx(value, rel=1e-12, abs=1e-12), reading
    else:
        assert reading.value == value, reading
    assert reading.quality is Quality[quality.upper()], reading
