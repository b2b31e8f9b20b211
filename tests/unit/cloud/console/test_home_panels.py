"""Which cards of the home page somebody gets, what belongs to a department, and that no card takes the others down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, load_panels, panels_for
from cloud.console.live import SharedReads
from cloud.console.pages.home import _is_drawn
from cloud.console.session import Seal, Viewer
from cloud.console.views.mine import belongings_of, departments_of, grants_to_decide, my_risks, waiting_for
from cloud.core.access import Permission, Principal, Role
from cloud.core.department import load_departments
from cloud.core.event import Severity
from cloud.risk.risk import Risk, RiskStatus
from cloud.services.dataset_grant import DatasetGrant
from device_profiles.catalogue import load_catalogue
from foundation.texts import LANGUAGES, load_texts
from tests.support.cloud_world import World, cloud_world

DEPARTMENTS = [one.id for one in load_departments().all()]
EVERYBODY = {"loop_line"}
OF_STAFF = EVERYBODY | {"file_request", "own_requests", "survey"}
OF_DEPARTMENT = {"alarms", "answers_for", "books", "cases", "glance", "grants", "order_parameters", "risks", "work"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with cloud_world(tmp_path_factory.mktemp("homes")) as made:
        yield made


@pytest.fixture(scope="module")
def console(world: World) -> Console:
    services = world.services
    seal = Seal("a-secret-of-many-letters")
    return Console(services, load_catalogue(), services.departments, seal, SharedReads(services.clock), "en")


def viewer(role: Role, department: str | None = None, name: str = "li") -> Viewer:
    return Viewer("token", Principal(name, frozenset({role}), frozenset({"office"}), department), "en")


def cards(console: Console, who: Viewer) -> set[str]:
    return {name for name, _ in panels_for(console, who)}


def test_every_card_has_its_title_in_both_languages() -> None:
    texts = load_texts()
    assert not [one.title for one in load_panels().values() if one.title not in texts]


def test_staff_have_services_and_nothing_of_a_department(console: Console) -> None:
    assert cards(console, viewer(Role.STAFF, "finance")) == OF_STAFF


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_a_head_has_every_card_of_a_department(console: Console, department: str) -> None:
    own = cards(console, viewer(Role.DEPARTMENT_HEAD, department))
    assert own >= OF_STAFF | OF_DEPARTMENT
    extra = own - OF_STAFF - OF_DEPARTMENT
    energy = {"power_forecast", "breaches", "effects"}
    assert extra == {"energy": energy, "vehicle": {"bookings", "vehicles"}, "general": {"bookings"}}.get(
        department, set()
    )


def test_roles_that_own_departments_head_them(console: Console) -> None:
    officer, dispatcher = (cards(console, viewer(one)) for one in (Role.ENERGY_OFFICER, Role.DISPATCHER))
    assert {"power_forecast", "breaches", "effects", "order_parameters"} <= officer
    assert {"vehicles", "bookings", "alarms"} <= dispatcher
    assert "power_forecast" not in dispatcher
    mine = departments_of(console.departments, viewer(Role.DISPATCHER).principal)
    assert mine == ("safety", "vehicle")


def test_those_who_judge_have_reports_and_trail_and_decide_nothing(console: Console) -> None:
    auditor = cards(console, viewer(Role.AUDITOR))
    assert auditor == EVERYBODY | {"sealed_report", "audit_rows", "evaluation_summary"}
    assert cards(console, viewer(Role.SUPERIOR)) == EVERYBODY | {"inbox", "told_risks", "evaluation_summary"}
    administrator = cards(console, viewer(Role.ADMINISTRATOR))
    assert {"system", "to_complete", "audit_rows"} <= administrator
    assert not administrator & {"file_request", "survey", "work"}


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.PUBLIC])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_card_can_be_read_by_those_who_have_it(console: Console, role: Role, language: str) -> None:
    department = "energy" if role is Role.DEPARTMENT_HEAD else None
    who = Viewer("token", viewer(role, department).principal, "en" if language == "en" else "zh-CN")
    for name, card in panels_for(console, who):
        assert card.read(console, who) is not None, name


def test_belongings_of_the_eight_departments_differ_and_leave_nothing_out() -> None:
    departments = load_departments()
    each = {one: belongings_of(departments, [one]) for one in DEPARTMENTS}
    together = belongings_of(departments, DEPARTMENTS)
    assert len({str((one.kinds, one.rules, one.services)) for one in each.values()}) == len(DEPARTMENTS)
    assert sum(len(one.kinds) for one in each.values()) == len(together.kinds)
    assert sum(len(one.rules) for one in each.values()) == len(together.rules)
    assert all(len(one.indicators) >= 2 for one in each.values())


def test_what_waits_is_cut_to_ones_own_department(world: World, console: Console) -> None:
    services, now_ms = world.services, world.clock.now_ms()
    for number, department in enumerate(("energy", "finance", "finance")):
        services.risk.register.save(_risk(f"r{number}", department, now_ms))
        services.service.grants.save(
            DatasetGrant(f"g{number}", "office", "contract", department, "asset", "x", "audit", now_ms - number)
        )
    head = viewer(Role.DEPARTMENT_HEAD, "finance").principal
    waiting = waiting_for(services, head, ("finance",))
    assert (waiting.risks, waiting.grants) == (2, 2)
    assert waiting.by_colour == ((Severity.ORANGE, 2),)
    assert {one.risk_id for one in my_risks(services, head, ("finance",))} == {"r1", "r2"}
    assert [one.grant_id for one in grants_to_decide(services, head, ("finance",))] == ["g2", "g1"]
    # An officer may see every department's and still has only energy's on the desk.
    officer = viewer(Role.ENERGY_OFFICER).principal
    waiting = waiting_for(services, officer, departments_of(console.departments, officer))
    assert (waiting.risks, waiting.grants) == (1, 1)


def test_a_card_that_fails_is_told_as_such() -> None:
    def broken(view: object) -> None:
        raise ValueError("a row that nobody foresaw")

    assert not _is_drawn("x", broken, object())
    assert not _is_drawn("x", broken, None)
    assert _is_drawn("x", lambda view: None, object())


def test_cards_stand_by_weight(console: Console) -> None:
    found = [card.weight for _, card in panels_for(console, viewer(Role.ENERGY_OFFICER))]
    assert found == sorted(found)
    assert isinstance(load_panels()["loop_line"], HomePanel)
    assert load_panels()["loop_line"].permission is Permission.READ_SELF


def _risk(risk_id: str, department: str, now_ms: int) -> Risk:
    return Risk(
        risk_id=risk_id,
        institution_id="office",
        rule_id="F01",
        department=department,
        subject=f"department:{department}",
        likelihood=3,
        consequence=3,
        colour=Severity.ORANGE,
        status=RiskStatus.OPEN,
        opened_ms=now_ms,
        due_ms=now_ms + 1,
        opened_by_event="e",
    )
