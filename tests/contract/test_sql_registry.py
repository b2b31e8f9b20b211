"""What every Registry knows: devices from their births, who is online, and whose they are."""

from __future__ import annotations

import pytest

from cloud.core.institution import (
    UNASSIGNED,
    ClimateZone,
    Compound,
    Institution,
    InstitutionClass,
    InstitutionModel,
)
from cloud.core.ports import RegisteredDevice, RegisteredPoint, Registry
from cloud.desks.books import Books
from gateway.messages import DeviceBirth, PointBirth

NAMES = {"zh-CN": "甲", "en": "A"}
METER = DeviceBirth(
    "a-main",
    {"profile": "acrel.adl400", "name.zh-CN": "总表"},
    (
        PointBirth("Power/Active/Total", "float", "W"),
        PointBirth("Energy/Active/Import", "int", "Wh", "counter"),
    ),
)


def a_model(institution_id: str, *groups: str) -> InstitutionModel:
    return InstitutionModel(
        institution=Institution(
            institution_id=institution_id,
            name=NAMES,  # type: ignore[arg-type]
            institution_class=InstitutionClass.STATE_ORGAN,
            region="330127",
            climate_zone=ClimateZone.HOT_SUMMER_COLD_WINTER,
        ),
        compounds=tuple(Compound(compound_id=group, name=NAMES) for group in groups),  # type: ignore[arg-type]
    )


@pytest.fixture
def registry(ports: Books) -> Registry:
    ports.institutions.save(a_model("office", "county"))
    return ports.registry


def only(registry: Registry, institution_id: str = "office") -> RegisteredDevice:
    (device,) = registry.devices({institution_id})
    return device


def test_device_is_known_as_its_birth_says(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    assert only(registry) == RegisteredDevice(
        institution_id="office",
        group="county",
        node="edge-1",
        device="a-main",
        properties=METER.properties,
        points=(
            RegisteredPoint("Power/Active/Total", "float", "W", "gauge", False),
            RegisteredPoint("Energy/Active/Import", "int", "Wh", "counter", False),
        ),
        is_online=True,
        changed_ms=2000,
    )


def test_new_birth_replaces_the_points(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    switch = PointBirth("Switch", "bool", "1", "state", writable=True)
    registry.device_born("county", "edge-1", DeviceBirth("a-main", {}, (switch, switch)), 3000)
    assert only(registry).points == (RegisteredPoint("Switch", "bool", "1", "state", True),)


def test_lost_device_is_offline_since_then_and_comes_back(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    registry.device_lost("county", "edge-1", "a-main", 3000)
    registry.device_lost("county", "edge-1", "a-main", 4000)
    assert (only(registry).is_online, only(registry).changed_ms) == (False, 3000)
    registry.device_born("county", "edge-1", METER, 5000)
    assert (only(registry).is_online, only(registry).changed_ms) == (True, 5000)


def test_rebirth_in_the_same_session_is_no_change(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    registry.node_born("county", "edge-1", "n1", 6000)
    assert (only(registry).is_online, only(registry).changed_ms) == (True, 2000)
    registry.device_born("county", "edge-1", METER, 6001)
    assert (only(registry).is_online, only(registry).changed_ms) == (True, 2000)


def test_lost_node_takes_its_devices_with_it(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    registry.node_lost("county", "edge-1", 3000)
    registry.node_lost("county", "edge-1", 4000)
    assert (only(registry).is_online, only(registry).changed_ms) == (False, 3000)


def test_new_session_forgets_devices_that_are_not_born_again(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    registry.node_born("county", "edge-1", "n2", 5000)
    assert (only(registry).is_online, only(registry).changed_ms) == (False, 5000)
    registry.device_born("county", "edge-1", METER, 5100)
    assert (only(registry).is_online, only(registry).changed_ms) == (True, 5100)


def test_node_takes_only_its_own_devices(registry: Registry) -> None:
    registry.node_born("county", "edge-1", "n1", 1000)
    registry.node_born("county", "edge-2", "n2", 1000)
    registry.device_born("county", "edge-1", METER, 2000)
    registry.device_born("county", "edge-2", METER, 2500)
    registry.node_lost("county", "edge-1", 3000)
    registry.device_lost("county", "edge-1", "a-main", 3000)
    assert (only(registry).node, only(registry).is_online) == ("edge-2", True)


def test_devices_of_a_node_that_waits_for_no_acknowledgement_are_lossy_until_it_does(registry: Registry) -> None:
    registry.device_born("county", "edge-1", METER, 500)
    assert not only(registry).is_lossy
    registry.node_born("county", "edge-1", "n1", 1000, is_lossy=True)
    assert only(registry).is_lossy
    registry.node_born("county", "edge-1", "n2", 2000)
    assert not only(registry).is_lossy


def test_scope_shows_no_other_institution(ports: Books, registry: Registry) -> None:
    ports.institutions.save(a_model("school", "campus"))
    registry.node_born("campus", "edge-1", "n1", 1000)
    registry.device_born("campus", "edge-1", METER, 2000)
    assert registry.devices({"office"}) == []
    assert registry.devices(set()) == []
    assert only(registry, "school").group == "campus"


def test_unknown_compound_is_unassigned_until_somebody_enters_it(ports: Books, registry: Registry) -> None:
    registry.node_born("annex", "edge-9", "n1", 1000)
    registry.device_born("annex", "edge-9", METER, 2000)
    assert only(registry, UNASSIGNED).points
    ports.institutions.save(a_model("office", "county", "annex"))
    assert registry.devices({UNASSIGNED}) == []
    assert len(only(registry).points) == 2
    ports.institutions.save(a_model("office", "county"))
    assert only(registry, UNASSIGNED).group == "annex"
