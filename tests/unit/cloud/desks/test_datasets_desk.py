"""Shared data through its desk: asked, decided, read through masks, counted, audited, and over after its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud.core.access import Principal, Role
from cloud.desks.datasets import (
    ask_for_dataset,
    datasets_for,
    decide_on_dataset,
    find_grant,
    grants_for,
    read_dataset,
    shared_rows,
)
from cloud.records.record import Record, RecordImport
from cloud.services.dataset import FOLDER, load_datasets
from cloud.services.dataset_grant import DatasetGrant, GrantState
from foundation.errors import ConfigError, DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.service_cases import asked_grant, head_of, refused, repair, shared_grant, staff

OFFICE = frozenset({"office"})
ENERGY, FINANCE, ESTATE = head_of("energy"), head_of("finance"), head_of("real_estate", name="sun")
AUDITOR = Principal("a", frozenset({Role.AUDITOR}), OFFICE, None)
FOREVER = 2**52
DAY_S = 86_400


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def rooms(world: World) -> None:
    fields = {"room": "a-101", "building": "a", "area_m2": 18.0, "use": "office", "grade": "section_head"}
    record = Record("office", "room", "a-101", "real_estate", "room:a-101", 0, FOREVER, fields)
    world.services.records.put([record], RecordImport("i-1", "office", "room", "f", "d", "li", 1))


def read(world: World, who: Principal, grant: DatasetGrant, **named: Any) -> list[dict[str, object]]:
    asked = {"dataset_id": grant.dataset, "institution_id": "office", **named}
    return read_dataset(world.services, who, grant.grant_id, **asked).rows


def test_data_are_asked_for_granted_read_and_counted(world: World) -> None:
    rooms(world)
    services = world.services
    grant = ask_for_dataset(services, ENERGY, "office", "room", " 核算单位面积能耗 ")
    assert (grant.owner, grant.asked_by_department, grant.state) == ("real_estate", "energy", GrantState.ASKED)
    decided = decide_on_dataset(services, ESTATE, grant.grant_id, agreed=True, valid_days=30)
    assert decided.valid_until_ms == world.clock.now_ms() + 30 * DAY_S * 1000
    for reader in (ENERGY, staff()):
        assert read(world, reader, grant) == [{"room": "a-101", "building": "a", "area_m2": 18.0, "use": "office"}]
    used = find_grant(services, ENERGY, grant.grant_id)
    assert (used.uses, used.last_used_ms) == (2, world.clock.now_ms())


def test_every_read_is_in_the_audit_with_what_left(world: World) -> None:
    rooms(world)
    grant = shared_grant(world)
    read(world, ENERGY, grant)
    [entry] = world.services.audit.recent(OFFICE, limit=1)
    assert (entry.actor, entry.action, entry.subject) == ("wang", "dataset.read", "dataset:room")
    assert (entry.detail["grant"], entry.detail["rows"]) == (grant.grant_id, 1)
    assert "grade" not in entry.detail["fields"]
    assert grants_for(world.services, AUDITOR, OFFICE)[0].uses == 1


def test_nothing_is_read_before_the_word_after_a_refusal_or_after_its_time(world: World) -> None:
    rooms(world)
    waiting = asked_grant(world, "office", "room", "energy")
    assert refused(read, world, ENERGY, waiting) == ("error.grant_not_given", 403)
    decide_on_dataset(world.services, ESTATE, waiting.grant_id, agreed=False)
    assert refused(read, world, ENERGY, waiting) == ("error.grant_not_given", 403)
    grant = shared_grant(world)
    world.clock.advance(180 * DAY_S - 1)
    read(world, ENERGY, grant)
    world.clock.advance(1)
    assert refused(read, world, ENERGY, grant) == ("error.grant_expired", 403)
    unused = find_grant(world.services, ENERGY, grant.grant_id)
    assert unused.uses == 1


def test_a_grant_opens_its_own_dataset_to_its_own_department_alone(world: World) -> None:
    grant = shared_grant(world)
    assert refused(read, world, ENERGY, grant, dataset_id="asset") == ("error.grant_not_given", 403)
    assert refused(read, world, ENERGY, grant, dataset_id="moon")[1] == 404
    assert refused(read, world, ENERGY, grant, institution_id="school")[1] == 404
    assert refused(read, world, FINANCE, grant)[1] == 404
    assert refused(read, world, ESTATE, grant)[1] == 403
    assert refused(read, world, AUDITOR, grant)[1] == 403


def test_only_the_owner_decides_and_never_the_one_who_asked(world: World) -> None:
    services, grant = world.services, asked_grant(world, "office", "room", "energy")
    assert refused(decide_on_dataset, services, ENERGY, grant.grant_id, agreed=True) == ("error.forbidden", 403)
    assert refused(decide_on_dataset, services, FINANCE, grant.grant_id, agreed=True)[1] == 404
    assert refused(decide_on_dataset, services, AUDITOR, grant.grant_id, agreed=True)[1] == 403
    oneself = head_of("real_estate", name=grant.asked_by)
    assert refused(decide_on_dataset, services, oneself, grant.grant_id, agreed=True) == ("error.own_asking", 403)
    decide_on_dataset(services, ESTATE, grant.grant_id, agreed=True)
    assert refused(decide_on_dataset, services, ESTATE, grant.grant_id, agreed=False) == ("error.already_decided", 409)


@pytest.mark.parametrize(
    ("who", "dataset", "purpose", "outcome"),
    [
        (ESTATE, "room", "x", ("error.own_dataset", 422)),
        (ENERGY, "room", "  ", ("error.reason_missing", 422)),
        (ENERGY, "moon", "x", ("error.not_found", 404)),
        (staff(), "room", "x", ("error.forbidden", 403)),
        (AUDITOR, "room", "x", ("error.forbidden", 403)),
        (head_of("energy", "school"), "room", "x", ("error.not_found", 404)),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    world: World, who: Principal, dataset: str, purpose: str, outcome: tuple[str, int]
) -> None:
    assert refused(ask_for_dataset, world.services, who, "office", dataset, purpose) == outcome
    assert world.services.service.grants.grants(OFFICE) == []


def test_the_same_wish_is_entered_once_while_it_waits_or_holds(world: World) -> None:
    services, grant = world.services, ask_for_dataset(world.services, ENERGY, "office", "room", "x")
    again = ("error.grant_exists", 409)
    assert refused(ask_for_dataset, services, ENERGY, "office", "room", "y") == again
    decide_on_dataset(services, ESTATE, grant.grant_id, agreed=True, valid_days=1)
    assert refused(ask_for_dataset, services, ENERGY, "office", "room", "y") == again
    ask_for_dataset(services, FINANCE, "office", "room", "y")
    world.clock.advance(DAY_S)
    ask_for_dataset(services, ENERGY, "office", "room", "y")


def test_grants_are_seen_by_both_sides_and_by_oversight(world: World) -> None:
    grant = shared_grant(world)
    for who in (ENERGY, ESTATE, AUDITOR, staff()):
        assert grants_for(world.services, who, OFFICE) == [grant]
    assert grants_for(world.services, FINANCE, OFFICE) == []
    assert refused(find_grant, world.services, FINANCE, grant.grant_id)[1] == 404


def test_energy_days_are_the_booked_growth_of_every_counter(world: World) -> None:
    grant = asked_grant(world, "office", "energy_days", "finance")
    decide_on_dataset(world.services, head_of("energy", name="sun"), grant.grant_id, agreed=True)
    [row] = read(world, FINANCE, grant)
    assert (row["device"], row["amount"], row["estimated"]) == ("county/a-main", 2000, 250)


def test_requests_are_shared_without_those_who_asked(world: World) -> None:
    request = repair(world)
    grant = asked_grant(world, "office", "requests", "energy")
    decide_on_dataset(world.services, head_of("general", name="sun"), grant.grant_id, agreed=True)
    [row] = read(world, ENERGY, grant)
    assert (row["request"], row["service"], row["state"]) == (request.request_id, "repair", "submitted")
    assert row["asked_by"] == "l*"
    assert "comment" not in row


@pytest.mark.parametrize(
    "days",
    [{"first": date.min, "last": date.min}, {"first": date.max, "last": date.max}, {"last": date.min}, {}],
)
@pytest.mark.parametrize("dataset", ["room", "energy_days", "requests", "risks"])
def test_days_at_the_ends_of_time_are_answered(world: World, days: dict[str, date], dataset: str) -> None:
    owner = load_datasets()[dataset].department
    asking = "vehicle"
    grant = asked_grant(world, "office", dataset, asking)
    decide_on_dataset(world.services, head_of(owner, name="sun"), grant.grant_id, agreed=True)
    try:
        read(world, head_of(asking), grant, **days)
    except DomainError as refusal:
        raised = refusal.status
    else:
        raised = 200
    assert raised in (200, 422)


def test_spans_that_cannot_be_are_refused(world: World) -> None:
    grant = shared_grant(world)
    backwards = {"first": date(2026, 2, 1), "last": date(2026, 1, 1)}
    too_long = {"first": date(2024, 1, 1), "last": date(2026, 1, 1)}
    assert refused(read, world, ENERGY, grant, **backwards)[0] == "error.span_backwards"
    assert refused(read, world, ENERGY, grant, **too_long)[0] == "error.span_too_long"


def test_no_dataset_lets_anything_about_a_person_through() -> None:
    """Every field of every dataset, filled: nothing of L4 leaves whole, nothing above the dataset's level at all."""
    for dataset in load_datasets().values():
        [seen] = shared_rows(dataset, [dict.fromkeys(dataset.fields, "person-name-12345")])
        for name, field in dataset.fields.items():
            if field.level == "L4":
                assert seen.get(name) != "person-name-12345"
            assert field.level != "L5" or name not in seen
            assert not (field.level == "L3" and dataset.level == "L2" and name in seen)


def test_every_dataset_has_an_owner_and_a_source(world: World) -> None:
    departments = {one.id for one in world.services.departments.all()}
    assert {one.department for one in datasets_for(staff())} <= departments
    assert {"energy_days", "room", "energy_bill", "requests", "risks"} <= set(load_datasets())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"level": "L4"}, "cannot be shared"),
        ({"source": {"records": "moon"}}, "no kind moon"),
        ({"source": {}}, "either records or view"),
        ({"id": "other"}, "other.yaml"),
    ],
)
def test_a_careless_dataset_file_is_named_with_its_mistake(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    content = yaml.safe_load((FOLDER / "room.yaml").read_text(encoding="utf-8"))
    (tmp_path / "room.yaml").write_text(yaml.safe_dump({**content, **change}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"room\.yaml") as mistake:
        load_datasets(tmp_path)
    assert told in str(mistake.value)
