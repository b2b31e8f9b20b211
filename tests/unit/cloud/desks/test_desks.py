"""The desks check for themselves: a door that forgets to ask still changes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.core.access import Principal, Role
from cloud.desks.commands import Order, decide_command, find_command, propose_command
from cloud.desks.thresholds import remove_threshold, save_threshold
from foundation.errors import DomainError, LinkError
from tests.support.cloud_world import COOLER, SETPOINT, World, cloud_world

OFFICER = Principal("li", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"}))
HEAD = dataclasses.replace(OFFICER, roles=frozenset(set(Role) - {Role.ENERGY_OFFICER}))
STRANGER = dataclasses.replace(OFFICER, institution_ids=frozenset({"school"}))
ORDER = Order("county", COOLER, SETPOINT, 26.0, "test")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def kept(world: World) -> tuple[object, ...]:
    services, scope = world.services, {"office"}
    return services.thresholds.thresholds(None), services.commands.recent(scope), services.audit.recent(scope)


@pytest.mark.parametrize(("principal", "status"), [(HEAD, 403), (STRANGER, 404)])
def test_desk_refuses_whoever_may_not(world: World, principal: Principal, status: int) -> None:
    threshold, command_id = world.threshold("office"), world.proposed_command("office")
    services = world.services
    before = (
        services.thresholds.thresholds(None),
        services.commands.recent({"office"}),
        services.audit.recent({"office"}),
    )
    for act in (
        lambda: save_threshold(services, principal, threshold),
        lambda: remove_threshold(services, principal, threshold.threshold_id),
        lambda: propose_command(services, principal, ORDER),
        lambda: decide_command(services, principal, command_id, approve=True),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.status == status
    after = (
        services.thresholds.thresholds(None),
        services.commands.recent({"office"}),
        services.audit.recent({"office"}),
    )
    assert after == before
    assert world.wakes == []


def test_change_without_an_audit_row_is_impossible(world: World) -> None:
    class FullTrail:
        def record(self, **_: Any) -> None:
            raise LinkError("disk full")

        def recent(self, *_: Any, **__: Any) -> list[Any]:
            return []

    threshold, command_id = world.threshold("office"), world.proposed_command("office")
    services = dataclasses.replace(world.services, audit=FullTrail())
    before = services.thresholds.thresholds(None), services.commands.recent({"office"})
    for act in (
        lambda: save_threshold(services, OFFICER, dataclasses.replace(threshold, limit=1000, hysteresis=1)),
        lambda: remove_threshold(services, OFFICER, threshold.threshold_id),
        lambda: propose_command(services, OFFICER, ORDER),
        lambda: decide_command(services, OFFICER, command_id, approve=True),
    ):
        with pytest.raises(LinkError):
            act()
    assert (services.thresholds.thresholds(None), services.commands.recent({"office"})) == before


def test_values_that_are_no_numbers_are_refused(world: World) -> None:
    threshold = world.threshold("office")
    for change in ({"limit": float("nan")}, {"hysteresis": float("nan")}, {"window_s": float("inf")}):
        with pytest.raises(DomainError):
            save_threshold(world.services, OFFICER, dataclasses.replace(threshold, **change))
    with pytest.raises(DomainError):
        propose_command(world.services, OFFICER, dataclasses.replace(ORDER, value=float("inf")))


def test_command_is_found_within_the_scope_only(world: World) -> None:
    command_id = world.proposed_command("school")
    assert find_command(world.services, STRANGER, command_id).request.command_id == command_id
    with pytest.raises(DomainError):
        find_command(world.services, OFFICER, command_id)
