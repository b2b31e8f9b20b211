"""What a form offers: things of the institution by name, for staff all of the service's kinds, for strangers few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.core.access import ANONYMOUS, Principal
from cloud.core.calendar import local_day
from cloud.core.institution import Room
from cloud.desks.request_choices import public_subjects_for, subjects_for, things_of
from cloud.desks.request_subjects import check_subject
from cloud.records.record import Record, RecordImport
from cloud.services.catalogue import load_services
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import head_of, staff


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        _add_rooms(made)
        yield made


def _add_rooms(world: World) -> None:
    """A meeting room of today, one of the past, and one that only a book knows."""
    institutions, now_ms = world.services.institutions, world.clock.now_ms()
    model = institutions.model("office")
    assert model is not None
    room = Room(room_id="m-1", building_id="building-a", name={"zh-CN": "一会", "en": "One"}, use="meeting")
    old = replace(room, room_id="m-0", valid_to=local_day(now_ms))
    institutions.save(replace(model, rooms=(room, old)))
    fields = {"room": "m-2", "building": "building-a", "area_m2": 30.0, "use": "meeting"}
    row = Record("office", "room", "m-2", "real_estate", "room:m-2", 0, now_ms * 2, fields, "book.xlsx!1:2")
    world.services.records.put([row], RecordImport("i-1", "office", "room", "book.xlsx", "d", "li", now_ms))


@pytest.mark.parametrize("code", [one.code for one in load_services().values() if "staff" in one.audience])
def test_whatever_is_offered_may_be_asked_for(world: World, code: str) -> None:
    for one in subjects_for(world.services, staff(), code, "office"):
        check_subject(world.services, load_services()[code], "office", one.subject)


def test_what_can_be_booked_is_offered_by_its_name_or_its_number(world: World) -> None:
    found = {one.subject: one.name["en"] for one in subjects_for(world.services, staff(), "meeting_room", "office")}
    assert found == {"room:m-1": "One", "room:m-2": "m-2"}


def test_a_repair_may_be_of_a_device_that_only_announced_itself(world: World) -> None:
    found = {one.subject for one in subjects_for(world.services, staff(), "repair", "office")}
    assert {"institution:office", "building:building-a", "device:a-main", "room:m-1", "room:m-2"} <= found
    assert "room:m-0" not in found


def test_strangers_choose_among_what_strangers_know(world: World) -> None:
    kinds = {
        one.subject.partition(":")[0]
        for code in ("public_request", "suggestion")
        for one in public_subjects_for(world.services, ANONYMOUS, code, "office")
    }
    assert kinds == {"institution", "compound", "building"}
    with pytest.raises(DomainError) as refusal:
        public_subjects_for(world.services, ANONYMOUS, "repair", "office")
    assert refusal.value.status == 422


def test_a_case_may_be_about_a_department(world: World) -> None:
    assert "department:finance" in {one.subject for one in things_of(world.services, head_of("energy"), "office")}


@pytest.mark.parametrize(
    ("principal", "institution_id", "status"),
    [(ANONYMOUS, "office", 403), (staff(), "school", 404), (staff(), "nowhere", 404)],
)
def test_nobody_learns_what_another_institution_has(
    world: World, principal: Principal, institution_id: str, status: int
) -> None:
    with pytest.raises(DomainError) as refusal:
        subjects_for(world.services, principal, "repair", institution_id)
    assert refusal.value.status == status
    with pytest.raises(DomainError):
        things_of(world.services, principal, institution_id)
