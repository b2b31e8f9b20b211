"""What a case page shows to whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.console.views.risk_case import read_risk_case
from cloud.core.access import Principal, Role
from cloud.risk.risk import RiskStatus, Treatment
from cloud.risk.rule import TreatmentKind
from foundation.errors import DomainError
from tests.support import risk_cases
from tests.support.cloud_world import World, cloud_world

OFFICER = Principal("o", frozenset({Role.ENERGY_OFFICER}), frozenset({"office"}), "energy")
AUDITOR = Principal("a", frozenset({Role.AUDITOR}), frozenset({"office"}), "finance")
SUPERIOR = Principal("s", frozenset({Role.SUPERIOR}), frozenset({"office"}))
OTHER_HEAD = Principal("h", frozenset({Role.DEPARTMENT_HEAD}), frozenset({"office"}), "finance")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


def test_who_answers_for_it_acts_and_sees_what_a_label_does(world: World) -> None:
    risk = risk_cases.risk(world)
    case = read_risk_case(world.services, OFFICER, risk.risk_id)
    assert case.may_act
    assert case.effect is not None
    assert len(case.detail.alarms) == 1


def test_an_auditor_sees_all_of_it_and_does_nothing(world: World) -> None:
    case = read_risk_case(world.services, AUDITOR, risk_cases.risk(world).risk_id)
    assert not case.may_act
    assert case.effect is not None


def test_a_superior_sees_neither_alarms_nor_what_the_rule_has_learnt_nor_names(world: World) -> None:
    case = read_risk_case(world.services, SUPERIOR, risk_cases.risk(world).risk_id)
    assert not case.may_act
    assert case.effect is None
    assert case.detail.alarms == []
    assert "person" not in case.risk.data
    assert case.cases == ()


def test_a_restricted_case_is_not_there_for_others(world: World) -> None:
    risk = risk_cases.risk(world, rule_id=risk_cases.PERSONAL_RULE)
    for principal in (OFFICER, AUDITOR, SUPERIOR, OTHER_HEAD):
        with pytest.raises(DomainError) as refused:
            read_risk_case(world.services, principal, risk.risk_id)
        assert refused.value.status == 404


def test_whoever_the_finding_names_is_told_that_it_is_their_own_matter(world: World) -> None:
    risk = risk_cases.risk(world)
    assert not read_risk_case(world.services, OFFICER, risk.risk_id).is_own_matter
    assert read_risk_case(world.services, replace(OFFICER, name="wang"), risk.risk_id).is_own_matter


def test_a_request_may_be_wanted_when_the_playbook_has_one_and_none_is_under_way(world: World) -> None:
    plain = risk_cases.risk(world)
    assert not read_risk_case(world.services, OFFICER, plain.risk_id).may_want_request
    repaired = risk_cases.risk(world, rule_id="E08")
    assert not read_risk_case(world.services, OFFICER, repaired.risk_id).may_want_request
    ended = tuple(replace(one, ended_ms=5) for one in repaired.treatments)
    world.services.risk.register.save(replace(repaired, treatments=ended))
    assert read_risk_case(world.services, OFFICER, repaired.risk_id).may_want_request
    world.services.risk.register.save(replace(repaired, treatments=ended, status=RiskStatus.HANDLED))
    assert not read_risk_case(world.services, OFFICER, repaired.risk_id).may_want_request


def test_a_request_that_is_not_the_viewers_is_left_out(world: World) -> None:
    risk = risk_cases.risk(world)
    step = Treatment(TreatmentKind.REQUEST, 5, "system", reference="no-such-request", note="repair")
    world.services.risk.register.save(replace(risk, treatments=(step,)))
    assert read_risk_case(world.services, OFFICER, risk.risk_id).requests == {}
