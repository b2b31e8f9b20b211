"""What a block read of a profile's registers answers."""

from __future__ import annotations

import pytest

from device_profiles.catalogue import Catalogue, load_catalogue
from simulators.register_map import RegisterMap


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_short_gaps_answer_zeros_and_long_ones_nothing(catalogue: Catalogue) -> None:
    water = RegisterMap(catalogue.get("tuf.tuf2000m_water"))
    image = water.image({"Volume/Positive": 5_000})
    assert water.block(image, "holding", 2, 8) == [0, 0, 0, 0, 0, 0, 5, 0]
    assert water.block(image, "holding", 8, 8) is None
    assert water.block(image, "holding", 1436, 2) == [0, 0]
    assert water.block(image, "holding", 1436, 3) is None
    assert water.block(image, "input", 0, 1) is None


def test_a_profile_without_bridged_gaps_has_none(catalogue: Catalogue) -> None:
    relay = RegisterMap(catalogue.get("kmtronic.relay8"))
    image = relay.image({"Relay/3": True})
    assert relay.block(image, "coil", 0, 8) == [0, 0, 1, 0, 0, 0, 0, 0]
    assert relay.block(image, "coil", 0, 9) is None


def test_probe_registers_hold_what_the_probe_wants_to_see(catalogue: Catalogue) -> None:
    for profile in catalogue.all():
        if profile.driver != "modbus":
            continue
        shown = {(point.table, point.address) for point in profile.all_points}
        registers = RegisterMap(profile)
        image = registers.image({})
        for probe in profile.probe:
            if (probe.read.table, probe.read.address) not in shown:
                assert registers.block(image, probe.read.table, probe.read.address, probe.read.words) is not None


def test_a_masked_point_leaves_the_rest_of_its_register_alone(catalogue: Catalogue) -> None:
    water = RegisterMap(catalogue.get("tuf.tuf2000m_water"))
    assert water.block(water.image({"Signal/Quality": 91}), "holding", 91, 1) == [91]
    assert water.block(water.image({"Signal/Quality": 0x1_5B}), "holding", 91, 1) == [0x5B]
