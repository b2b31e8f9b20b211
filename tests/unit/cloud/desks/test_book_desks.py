"""The desks of records and of the institution check for themselves, whatever a door forgets to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.core.access import Principal, Role
from cloud.core.institution_workbook import write_institution
from cloud.desks.institution import check_workbook, import_workbook, read_model, remove_entry, save_entry
from cloud.desks.records import (
    HandedIn,
    check_import,
    import_records,
    list_imports,
    list_records,
    readable_kinds,
    template,
)
from foundation.errors import DomainError
from tests.support.cloud_world import World, cloud_world
from tests.support.record_cases import READINGS_CSV

FILE = HandedIn("office", "hand_reading", "readings.csv", READINGS_CSV)
HOUSE = {"id": "house", "compound": "county", "name_zh": "楼", "name_en": "H", "use": "office"}
READING: list[Callable[[World, Principal], Any]] = [
    lambda world, who: list_records(world.services, who, "hand_reading", {"office"}),
    lambda world, who: list_imports(world.services, who, {"office"}),
]
WRITING: list[Callable[[World, Principal], Any]] = [
    lambda world, who: check_import(world.services, who, FILE),
    lambda world, who: import_records(world.services, who, FILE),
]
MODEL: list[Callable[[World, Principal], Any]] = [
    lambda world, who: save_entry(world.services, who, "office", "buildings", HOUSE),
    lambda world, who: remove_entry(world.services, who, "office", "buildings", "building-a"),
    lambda world, who: check_workbook(world.services, who, "office", "i.xlsx", write_institution(None, "en")),
    lambda world, who: import_workbook(world.services, who, "office", "i.xlsx", write_institution(None, "en")),
]


def who(*roles: Role, scope: str = "office", department: str | None = None) -> Principal:
    return Principal("li", frozenset(roles), frozenset({scope}), department)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def status(act: Callable[[World, Principal], Any], world: World, principal: Principal) -> int:
    with pytest.raises(DomainError) as refusal:
        act(world, principal)
    return refusal.value.status


def kept(world: World) -> tuple[object, ...]:
    services = world.services
    return services.records.counts({"office"}), services.institutions.model("office"), services.audit.recent({"office"})


def test_desks_refuse_whoever_may_not_and_leave_no_word(world: World) -> None:
    before = kept(world)
    writes = {*Role} - {Role.ADMINISTRATOR}
    for act in (*READING, *WRITING):
        assert status(act, world, who(Role.STAFF, Role.SUPERIOR)) == 403
        assert status(act, world, who(Role.ENERGY_OFFICER, scope="school")) == 404
    for act in WRITING:
        assert status(act, world, who(Role.AUDITOR)) == 403
        assert status(act, world, who(Role.DEPARTMENT_HEAD, department="finance")) == 403
    for act in MODEL:
        assert status(act, world, who(*writes)) == 403
        assert status(act, world, who(Role.ADMINISTRATOR, scope="school")) == 404
    assert status(lambda world, who: readable_kinds(who), world, who(Role.STAFF)) == 403
    assert status(lambda world, who: template(who, "asset", "en"), world, who(Role.DEPARTMENT_HEAD)) == 403
    assert status(lambda world, who: read_model(world.services, who, "office"), world, who(Role.PUBLIC)) == 403
    assert kept(world) == before
    assert world.wakes == []


def test_head_of_a_department_enters_its_own_books(world: World) -> None:
    head = who(Role.DEPARTMENT_HEAD, department="energy")
    answer = import_records(world.services, head, FILE)
    assert answer.entered is not None
    assert answer.entered.new == 1
    assert [one.import_id for one in list_imports(world.services, head, {"office"})] == [answer.entered.import_id]
    assert list_imports(world.services, who(Role.DEPARTMENT_HEAD, department="asset"), {"office"}) == []


def test_a_dry_run_does_not_tell_whether_a_hidden_value_was_guessed(world: World) -> None:
    officer, administrator = who(Role.ENERGY_OFFICER, department="energy"), who(Role.ADMINISTRATOR)
    row = {"meter": "w-1", "carrier": "water", "read_on": "2026-08-01", "reading": 5, "unit": "m3", "read_by": "post-7"}

    def answered(principal: Principal, **changes: object) -> tuple[int, int]:
        handed_in = HandedIn("office", "hand_reading", "rows", [{**row, **changes}])
        comparison = check_import(world.services, principal, handed_in).comparison
        return comparison.changed, comparison.same

    import_records(world.services, officer, HandedIn("office", "hand_reading", "rows", [row]))
    assert answered(administrator, read_by="post-7") == answered(administrator, read_by="post-8") == (0, 1)
    assert answered(administrator, reading=6) == (1, 0)
    assert (answered(officer), answered(officer, read_by="post-8")) == ((0, 1), (1, 0))
