"""Every shipped Modbus profile: the simulators' own encoder against the edge's decoder, over a real socket."""

import asyncio
from decimal import Decimal

import pytest

from device_profiles.catalogue import load_catalogue
from device_profiles.profile import Profile
from edge_agent.acquisition.poller import Poller
from foundation.clock import SystemClock
from foundation.rng import SeededRng
from gateway.messages import Quality
from simulators.profile_server import serve_profile
from tests.support.profiles import catalogue_of, site_of
from tests.support.recording_intake import RecordingIntake

PROFILES = [profile for profile in load_catalogue().all() if profile.driver == "modbus"]


@pytest.mark.parametrize("profile", PROFILES, ids=[profile.id for profile in PROFILES])
async def test_a_simulated_device_is_found_and_reads_what_it_was_given(profile: Profile) -> None:
    params = {name: min(Decimal(20), param.max) for name, param in profile.params.items()}
    async with serve_profile(profile, params=params) as served:
        site = site_of(
            [{"id": "line", "kind": "modbus_tcp", "host": served.host, "port": served.port}],
            [{"id": "device", "bus": "line", "unit": 1, "profile": profile.id, "params": params}],
        )
        intake = RecordingIntake()
        running = asyncio.create_task(Poller(site, catalogue_of(profile), intake, SystemClock(), SeededRng(1)).run())
        await intake.until(lambda: bool(intake.polls))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        expected = dict(served.values)
    assert intake.life == [("device", "found")]
    read = {reading.point: reading for reading in intake.polls[0][1]}
    assert set(read) == {point.name for point in profile.all_points}
    for point in profile.all_points:
        assert read[point.name].quality is Quality.GOOD, read[point.name]
        if point.kind == "text":
            assert read[point.name].value == expected[point.name]
            continue
        # Half a step of the register, or the precision of its float.
        ratio = float(params.get("ct", 1) * params.get("pt", 1)) if point.ratio else 1.0
        step = float(point.scale * point.display_unit.factor) * ratio
        assert read[point.name].value == pytest.approx(expected[point.name], abs=step, rel=1e-6), point.name
