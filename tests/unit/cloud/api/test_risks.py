"""Alarms, risks and the superior's inbox over HTTP."""

from __future__ import annotations

import json

import httpx

from cloud.core.access import Role
from tests.support import risk_cases
from tests.support.cloud_world import World


def headed(world: World, role: Role, *, language: str = "en", department: str = "energy") -> dict[str, str]:
    token = world.token(role, department=department)
    return {"Authorization": f"Bearer {token}", "Accept-Language": language}


async def test_an_alarm_is_listed_answered_and_opens_to_its_events(world: World, client: httpx.AsyncClient) -> None:
    alarm, officer = risk_cases.alarm(world), headed(world, Role.ENERGY_OFFICER)
    path = f"/alarms/{alarm.alarm_id}"
    listed = (await client.get("/alarms", headers=officer, params={"only_open": True})).json()
    assert [(one["alarm_id"], one["state"]) for one in listed] == [(alarm.alarm_id, "unacknowledged")]
    detail = (await client.get(path, headers=officer)).json()
    assert [one["event_id"] for one in detail["events"]] == list(alarm.event_ids)
    assert detail["is_shelvable"]
    too_long = await client.post(f"{path}/shelving", headers=officer, json={"minutes": 481, "reason": "works"})
    assert (too_long.status_code, too_long.json()["code"]) == (422, "error.out_of_range")
    shelved = await client.post(f"{path}/shelving", headers=officer, json={"minutes": 480, "reason": "works"})
    assert (shelved.json()["state"], shelved.json()["shelved_reason"]) == ("shelved", "works")
    await client.delete(f"{path}/shelving", headers=officer)
    answered = await client.post(f"{path}/acknowledgement", headers=officer)
    assert (answered.json()["state"], answered.json()["acknowledged_by"]) == ("acknowledged", "li")


async def test_a_risk_explains_itself_in_the_language_of_the_caller(world: World, client: httpx.AsyncClient) -> None:
    risk = risk_cases.risk(world)
    for language, word in (("en", "answers for it"), ("zh-CN", "负责")):
        head = headed(world, Role.DEPARTMENT_HEAD, language=language)
        detail = (await client.get(f"/risks/{risk.risk_id}", headers=head)).json()
        assert word in detail["explanation"]
        assert (detail["risk"]["colour"], len(detail["alarms"]), len(detail["events"])) == ("orange", 1, 1)


async def test_a_risk_is_treated_and_labelled_and_its_rule_learns(world: World, client: httpx.AsyncClient) -> None:
    risk, head = risk_cases.risk(world), headed(world, Role.DEPARTMENT_HEAD)
    path = f"/risks/{risk.risk_id}"
    empty = await client.post(f"{path}/treatments", headers=head, json={"kind": "advice"})
    assert (empty.status_code, empty.json()["detail"]) == (422, "say what was done")
    treated = await client.post(f"{path}/treatments", headers=head, json={"kind": "advice", "note": "reset"})
    assert treated.json()["status"] == "treating"
    early = await client.post(f"{path}/label", headers=head, json={"label": "true"})
    assert (early.status_code, early.json()["code"]) == (409, "error.risk_not_handled")
    labelled = await client.post(f"{path}/label", headers=head, json={"label": "false"})
    assert (labelled.json()["status"], labelled.json()["label"]) == ("closed", "false")
    rules = {one["rule_id"]: one for one in (await client.get("/rules", headers=head)).json()}
    assert rules["E10"]["precision"]["labels"] == 1
    assert rules["E10"]["precision"]["mean"] == 0.4
    assert (rules["V01"]["precision"], rules["V01"]["is_in_force"]) == (None, False)


async def test_a_superior_reads_what_was_signed_and_answers(world: World, client: httpx.AsyncClient) -> None:
    file, superior = risk_cases.case_file(world), headed(world, Role.SUPERIOR)
    found = (await client.get(f"/inbox/{file.case_file_id}", headers=superior)).json()
    assert found["is_genuine"]
    assert json.loads(found["document"])["risk_id"] == file.risk_id
    path = f"/inbox/{file.case_file_id}/answer"
    answered = await client.post(path, headers=superior, json={"action": "return", "text": "补充说明"})
    assert (answered.json()["state"], answered.json()["answer"]) == ("returned", "补充说明")
    again = await client.post(path, headers=superior, json={"action": "close"})
    assert again.status_code == 409
    detail = await client.get(f"/risks/{file.risk_id}", headers=headed(world, Role.DEPARTMENT_HEAD))
    assert [one["answer"] for one in detail.json()["case_files"]] == ["补充说明"]
