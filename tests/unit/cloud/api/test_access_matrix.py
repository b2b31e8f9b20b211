"""Every route x every role x own and other institution: nobody gets more than the table here grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from cloud.api.app import API, ROUTERS, create_api
from cloud.api.security import UndeclaredPermission
from cloud.core.access import Role
from cloud.evaluation.score import Evaluation
from tests.support import forecast_cases, record_cases, report_cases, risk_cases, service_cases
from tests.support.cloud_world import COOLER, ENERGY, GROUPS, METER, PASSWORD, POWER, SETPOINT, World, cloud_world

EVERYBODY = frozenset(Role)
INSTITUTION = EVERYBODY - {Role.PUBLIC}
INSIDE = INSTITUTION - {Role.SUPERIOR}
INFORMED = INSIDE - {Role.STAFF}
OPERATIONS = INFORMED - {Role.DEPARTMENT_HEAD}
OFFICER = frozenset({Role.ENERGY_OFFICER})
OVERSIGHT = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
ADMINISTRATION = frozenset({Role.ADMINISTRATOR})
IMPORTERS = INFORMED - {Role.AUDITOR}
ASKERS = INSIDE - OVERSIGHT
HEADS = frozenset({Role.DEPARTMENT_HEAD})
SUPERIOR = frozenset({Role.SUPERIOR})

Make = Callable[[World, str], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """How to call a route about one institution, who may, and whether it is about one object of it.

    `is_public` when everybody in the world may have its answer, whatever the scope. `department` is whom one asks as.
    """

    allowed: frozenset[Role]
    is_object: bool = False
    make: Make = lambda world, institution_id: {}
    is_public: bool = False
    department: str = "energy"


def _device(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"group": GROUPS[institution_id], "device": METER}}


def _credentials(world: World, institution_id: str) -> dict[str, Any]:
    return {"json": {"name": world.account(institution_id), "password": PASSWORD}}


def _account(world: World, institution_id: str) -> dict[str, Any]:
    body = {"role": "staff", "password": PASSWORD, "institution_ids": [institution_id]}
    return {"path": {"name": "wang"}, "json": body}


def _known_account(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"name": world.account(institution_id)}}


def _last(world: World, institution_id: str) -> dict[str, Any]:
    return {"params": {"group": GROUPS[institution_id], "device": METER}}


def _series(world: World, institution_id: str) -> dict[str, Any]:
    span = {"start": "2026-09-21T00:00:00Z", "end": "2026-09-22T00:00:00Z"}
    return {"params": {"group": GROUPS[institution_id], "device": METER, "point": POWER, **span}}


def _days(world: World, institution_id: str) -> dict[str, Any]:
    span = {"first": "2026-09-21", "last": "2026-09-22"}
    return {"params": {"group": GROUPS[institution_id], "device": METER, "point": ENERGY, **span}}


def _month(world: World, institution_id: str) -> dict[str, Any]:
    return {"params": {"period": "2026-09", "institution": institution_id}}


def _restated(world: World, institution_id: str) -> dict[str, Any]:
    return {"params": {**_month(world, institution_id)["params"], "since": "2026-09-20T00:00:00Z"}}


def _versions(world: World, institution_id: str) -> dict[str, Any]:
    return {"params": {"kind": "tariff", "institution": institution_id}}


def _evaluation(world: World, institution_id: str) -> dict[str, Any]:
    world.services.evaluation.evaluations.save(Evaluation(institution_id, "2026-08", 1, {}))
    return {"params": {"period": "2026-08", "institution": institution_id}}


def _survey_answer(world: World, institution_id: str) -> dict[str, Any]:
    return _filtered(world, institution_id) | {"json": {"department": "finance", "scores": {"economy": 4}}}


def _no_tariffs(world: World, institution_id: str) -> dict[str, Any]:
    return _filtered(world, institution_id) | {"json": {"tariffs": [], "quotas": []}}


def _threshold_body(institution_id: str) -> dict[str, Any]:
    numbers = {"limit": 50_000, "hysteresis": 1_000, "window_s": 30, "hold_s": 5}
    return {"name": "x", "group": GROUPS[institution_id], "device": METER, "point": POWER, **numbers}


def _settings(world: World, institution_id: str) -> dict[str, Any]:
    return _device(world, institution_id) | {"json": {"settings": {"sub_item": "01B"}, "reason": "test"}}


def _comparison(world: World, institution_id: str) -> dict[str, Any]:
    return _device(world, institution_id) | {"json": [{"point": POWER, "ours": 1.0, "shown": 1.0}]}


def _new_threshold(world: World, institution_id: str) -> dict[str, Any]:
    return {"json": _threshold_body(institution_id)}


def _threshold(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"threshold_id": world.threshold(institution_id).threshold_id}}


def _changed_threshold(world: World, institution_id: str) -> dict[str, Any]:
    return _threshold(world, institution_id) | {"json": _threshold_body(institution_id)}


def _order(world: World, institution_id: str) -> dict[str, Any]:
    target = {"group": GROUPS[institution_id], "device": COOLER, "point": SETPOINT}
    return {"json": {**target, "value": 26, "reason": "test"}}


def _command(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"command_id": world.proposed_command(institution_id)}}


def _institution(world: World, institution_id: str) -> dict[str, Any]:
    return {"path": {"institution_id": institution_id}}


def _filtered(world: World, institution_id: str) -> dict[str, Any]:
    return {"params": {"institution": institution_id}}


CASES = {
    "GET /health": Case(EVERYBODY),
    "GET /openapi.json": Case(EVERYBODY),
    "GET /me": Case(EVERYBODY),
    "POST /tokens": Case(EVERYBODY, make=_credentials, is_public=True),
    "GET /accounts": Case(ADMINISTRATION),
    "PUT /accounts/{name}": Case(ADMINISTRATION, True, _account),
    "DELETE /accounts/{name}": Case(ADMINISTRATION, True, _known_account),
    "GET /status": Case(OPERATIONS, True, _filtered),
    "GET /institutions": Case(INSTITUTION),
    "GET /institutions/{institution_id}": Case(INSTITUTION, True, _institution),
    "PUT /institutions/{institution_id}": Case(ADMINISTRATION, True, record_cases.institution),
    "GET /institutions/{institution_id}/workbook": Case(INSTITUTION, True, _institution),
    "POST /institutions/{institution_id}/workbook": Case(ADMINISTRATION, True, record_cases.workbook),
    "PUT /institutions/{institution_id}/{part}/{identifier}": Case(ADMINISTRATION, True, record_cases.building),
    "DELETE /institutions/{institution_id}/{part}/{identifier}": Case(
        ADMINISTRATION, True, record_cases.unused_building
    ),
    "GET /devices": Case(INSIDE),
    "GET /devices/{group}/{device}": Case(INSIDE, True, _device),
    "POST /devices/{group}/{device}/settings": Case(OFFICER, True, _settings),
    "POST /devices/{group}/{device}/comparisons": Case(OFFICER, True, _comparison),
    "GET /series": Case(INSIDE, True, _series),
    "GET /series/last": Case(INSIDE, True, _last),
    "GET /energy/days": Case(INSTITUTION, True, _days),
    "GET /energy/account": Case(INSTITUTION, True, _month),
    "GET /energy/restatement": Case(INSTITUTION, True, _restated),
    "GET /energy/settings": Case(INFORMED, True, _filtered),
    "GET /energy/settings/versions": Case(INFORMED, True, _versions),
    "PUT /energy/settings": Case(OFFICER, True, _no_tariffs),
    "GET /forecasts": Case(INSTITUTION),
    "GET /forecasts/{group}/{device}": Case(INSTITUTION, True, forecast_cases.forecast),
    "GET /forecasts/{group}/{device}/explanation": Case(INSTITUTION, True, forecast_cases.hour),
    "GET /forecasts/{group}/{device}/comparison": Case(INSTITUTION, True, forecast_cases.days),
    "GET /effects": Case(INSTITUTION, make=forecast_cases.effects),
    "GET /effects/unmeasured": Case(INSTITUTION),
    "GET /evaluation": Case(INSTITUTION - {Role.STAFF}, True, _evaluation),
    "GET /evaluation/indicators": Case(INSTITUTION - {Role.STAFF}, True, _evaluation),
    "GET /surveys/form": Case(ASKERS, True, _filtered),
    "POST /surveys": Case(ASKERS, True, _survey_answer),
    "GET /thresholds": Case(INFORMED),
    "GET /thresholds/{threshold_id}": Case(INFORMED, True, _threshold),
    "POST /thresholds": Case(OFFICER, True, _new_threshold),
    "PUT /thresholds/{threshold_id}": Case(OFFICER, True, _changed_threshold),
    "DELETE /thresholds/{threshold_id}": Case(OFFICER, True, _threshold),
    "GET /breaches": Case(INFORMED),
    "GET /events": Case(INSIDE),
    "GET /commands": Case(INFORMED),
    "GET /commands/{command_id}": Case(INFORMED, True, _command),
    "POST /commands": Case(OFFICER, True, _order),
    "POST /commands/{command_id}/approval": Case(OFFICER, True, _command),
    "POST /commands/{command_id}/rejection": Case(OFFICER, True, _command),
    "GET /audit": Case(OVERSIGHT),
    "GET /reports": Case(INFORMED | SUPERIOR),
    "GET /reports/kinds": Case(INFORMED | SUPERIOR),
    "POST /reports": Case(OFFICER | {Role.AUDITOR}, True, report_cases.new_order),
    "GET /reports/{order_id}": Case(INFORMED | SUPERIOR, True, report_cases.one_order),
    "GET /reports/{order_id}/package": Case(INFORMED | SUPERIOR, True, report_cases.one_order),
    "GET /reports/{order_id}/verification": Case(INFORMED | SUPERIOR, True, report_cases.one_order),
    "GET /disclosure": Case(EVERYBODY, make=report_cases.notice, is_public=True),
    "GET /disclosure/page": Case(EVERYBODY, make=report_cases.notice, is_public=True),
    "GET /records": Case(INFORMED, True, record_cases.readings),
    "GET /records/kinds": Case(INFORMED, is_public=True),
    "GET /records/imports": Case(INFORMED),
    "GET /records/templates/{kind}": Case(INFORMED, make=record_cases.template, is_public=True),
    "POST /records/imports": Case(IMPORTERS, True, record_cases.file_of_readings),
    "POST /records/rows": Case(IMPORTERS, True, record_cases.rows_of_readings),
    "GET /services": Case(EVERYBODY),
    "GET /services/{service}/availability": Case(INSIDE, True, service_cases.availability),
    "GET /requests": Case(INSIDE),
    "POST /requests": Case(ASKERS, True, service_cases.new_request),
    "GET /requests/{request_id}": Case(INSIDE, True, service_cases.one_request),
    "POST /requests/{request_id}/moves": Case(ASKERS, True, service_cases.request_move),
    "POST /requests/{request_id}/rating": Case(ASKERS, True, service_cases.request_rating),
    "GET /cases": Case(INFORMED),
    "GET /cases/{case_id}": Case(INFORMED, True, service_cases.one_case),
    "POST /cases": Case(ASKERS - {Role.STAFF}, True, service_cases.new_case),
    "POST /cases/{case_id}/approvals": Case(ASKERS - {Role.STAFF}, True, service_cases.case_approval),
    "POST /cases/{case_id}/closing": Case(ASKERS - {Role.STAFF}, True, service_cases.case_closing),
    "GET /demand": Case(INFORMED),
    "GET /datasets": Case(INSIDE),
    "GET /datasets/grants": Case(INSIDE),
    "POST /datasets/grants": Case(ASKERS - {Role.STAFF}, True, service_cases.new_grant),
    "POST /datasets/grants/{grant_id}/decision": Case(ASKERS - {Role.STAFF}, True, service_cases.grant_decision),
    "GET /datasets/{dataset}/rows": Case(INSIDE, True, service_cases.dataset_rows),
    "GET /views": Case(INSTITUTION, True, _filtered),
    "GET /public/view": Case(EVERYBODY, make=_filtered, is_public=True),
    "POST /public/requests": Case(EVERYBODY, make=service_cases.new_public_request, is_public=True),
    "GET /alarms": Case(INFORMED),
    "GET /alarms/{alarm_id}": Case(INFORMED, True, risk_cases.one_alarm),
    "POST /alarms/{alarm_id}/acknowledgement": Case(INFORMED - OVERSIGHT, True, risk_cases.one_alarm),
    "POST /alarms/{alarm_id}/shelving": Case(INFORMED - OVERSIGHT, True, risk_cases.shelving),
    "DELETE /alarms/{alarm_id}/shelving": Case(INFORMED - OVERSIGHT, True, risk_cases.shelved_alarm),
    "GET /risks": Case(INFORMED | SUPERIOR),
    "GET /risks/{risk_id}": Case(INFORMED | SUPERIOR, True, risk_cases.one_risk),
    "POST /risks/{risk_id}/treatments": Case(INFORMED - OVERSIGHT, True, risk_cases.treatment),
    "POST /risks/{risk_id}/label": Case(INFORMED - OVERSIGHT, True, risk_cases.label),
    "GET /rules": Case(INFORMED | SUPERIOR),
    "POST /rules/{rule_id}/approval": Case(HEADS, True, risk_cases.approval, department="vehicle"),
    "GET /inbox": Case(SUPERIOR),
    "GET /inbox/{case_file_id}": Case(SUPERIOR, True, risk_cases.one_case_file),
    "POST /inbox/{case_file_id}/answer": Case(SUPERIOR, True, risk_cases.answer),
    "GET /public/requests/{reference}": Case(EVERYBODY, make=service_cases.public_request, is_public=True),
}
FILTERED = [
    "/reports",
    "/devices",
    "/thresholds",
    "/breaches",
    "/events",
    "/commands",
    "/audit",
    "/status",
    "/requests",
    "/cases",
    "/demand",
    "/datasets/grants",
    "/views",
    "/alarms",
    "/risks",
    "/rules",
    "/inbox",
    "/forecasts",
    "/effects",
    "/effects/unmeasured",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    with cloud_world(folder) as made:
        yield made


@pytest.fixture(scope="module")
def client(world: World) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_api(world.services)), base_url="http://cloud.test")


def routes() -> list[str]:
    return [
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]


async def call(
    client: httpx.AsyncClient, world: World, name: str, token: str | None, institution_id: str
) -> httpx.Response:
    method, path = name.split(" ")
    asked = CASES[name].make(world, institution_id)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = API + path.format(**asked.pop("path", {}))
    return await client.request(method, url, headers=headers, **asked)


def test_every_route_has_its_row_in_this_table() -> None:
    assert sorted(routes()) == sorted(CASES)


async def test_no_route_is_served_beside_the_declared_ones(client: httpx.AsyncClient) -> None:
    described = (await client.get(f"{API}/openapi.json")).json()["paths"]
    served = {f"{method.upper()} {path.removeprefix(API)}" for path, item in described.items() for method in item}
    assert served == set(CASES)


def test_route_without_a_permission_stops_the_start(world: World) -> None:
    careless = APIRouter()

    @careless.get("/careless")
    def careless_route() -> None: ...

    with pytest.raises(UndeclaredPermission, match="/careless"):
        create_api(world.services, routers=[*ROUTERS, careless])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("role", Role)
async def test_role_reaches_its_own_institution_only_as_granted(
    client: httpx.AsyncClient, world: World, name: str, role: Role
) -> None:
    answer = await call(client, world, name, world.token(role, department=CASES[name].department), "office")
    if role in CASES[name].allowed:
        assert answer.is_success, answer.text
        assert "school" not in answer.text
    else:
        assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("scope", [(), ("school",), ("city",)], ids=["nothing", "other", "parent"])
@pytest.mark.parametrize("name", CASES)
async def test_institution_outside_the_scope_does_not_exist(
    client: httpx.AsyncClient, world: World, name: str, scope: tuple[str, ...]
) -> None:
    case = CASES[name]
    for role in case.allowed:
        token = world.token(role, scope=scope, department=case.department)
        answer = await call(client, world, name, token, "office")
        assert answer.status_code == 404 if case.is_object else answer.is_success, answer.text
        if name != "GET /openapi.json" and not case.is_public:
            assert "office-" not in answer.text
            assert '"office"' not in answer.text
            assert "county" not in answer.text
    for role in EVERYBODY - case.allowed:
        refused = await call(client, world, name, world.token(role, scope=scope), "office")
        assert refused.status_code == 403


@pytest.mark.parametrize("name", CASES)
async def test_without_a_token_only_what_is_public_answers(client: httpx.AsyncClient, world: World, name: str) -> None:
    answer = await call(client, world, name, None, "office")
    assert answer.is_success if Role.PUBLIC in CASES[name].allowed else answer.status_code == 401
    assert (await call(client, world, name, "xt_unknown", "office")).status_code == 401


@pytest.mark.parametrize("path", FILTERED)
async def test_filter_for_an_institution_outside_the_scope_is_refused(
    client: httpx.AsyncClient, world: World, path: str
) -> None:
    headers = {"Authorization": f"Bearer {world.token(*Role)}"}
    for institution_id, status in (("office", 200), ("school", 404)):
        answer = await client.get(API + path, params={"institution": institution_id}, headers=headers)
        assert answer.status_code == status
