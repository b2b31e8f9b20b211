"""Records over HTTP: dry run, everything or nothing, the mistakes told, what is left out of sight."""

from __future__ import annotations

import io

import httpx
import openpyxl
import pytest

from cloud.api.body_limit import MOST_FILE_BYTES
from cloud.core.access import Role
from tests.support.cloud_world import World

BILLS = (
    "户号,能源种类,建筑,账期起,账期止,用量,单位,金额（元）,备注\n"
    '0001,电,building-a,2026-08-01,2026-08-31,"12,000.5",kWh,￥9600.40,\n'
    "0001,电,building-a,2026-09-01,2026-09-30,11000,kWh,8800,已付\n"
)


@pytest.fixture
def officer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(Role.ENERGY_OFFICER, name='li')}", "Accept-Language": "en"}


async def hand_in(
    client: httpx.AsyncClient, headers: dict[str, str], text: str, *, kind: str = "energy_bill", **more: object
) -> httpx.Response:
    params = {"kind": kind, "institution": "office", **{name: str(value) for name, value in more.items()}}
    return await client.post(
        "/records/imports", params=params, headers=headers, files={"file": ("bills.csv", text.encode())}
    )


async def test_dry_run_tells_what_a_file_would_do_and_enters_nothing(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    answer = (await hand_in(client, officer, BILLS, dry_run=True)).json()
    assert (answer["rows"], answer["new"], answer["changed"], answer["same"]) == (2, 2, 0, 0)
    assert answer["ignored"] == ["备注"]
    assert answer["preview"][0]["amount"] == 960_040
    assert answer["entered"] is None
    assert world.services.records.counts({"office"}) == {}
    assert world.wakes == []


async def test_file_is_entered_and_its_change_counted(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    entered = (await hand_in(client, officer, BILLS)).json()["entered"]
    assert (entered["new"], entered["changed"], entered["same"], entered["file"]) == (2, 0, 0, "bills.csv")
    corrected = BILLS.replace("8800", "8900")
    assert (await hand_in(client, officer, corrected, dry_run=True)).json()["changed"] == 1
    world.clock.advance(1)
    again = (await hand_in(client, officer, corrected)).json()
    assert (again["new"], again["changed"], again["same"]) == (0, 1, 1)

    params = {"kind": "energy_bill", "start": "2026-09-05T00:00:00+08:00"}
    found = (await client.get("/records", params=params, headers=officer)).json()
    assert found["total"] == 1
    assert found["rows"][0]["fields"]["amount"] == 890_000
    assert found["rows"][0]["subject"] == "building:building-a"
    assert found["rows"][0]["start"] == "2026-08-31T16:00:00.000Z"
    assert found["rows"][0]["end"] == "2026-09-30T16:00:00.000Z"
    assert found["rows"][0]["source"] == "bills.csv:3"
    imports = (await client.get("/records/imports", headers=officer)).json()
    assert [one["changed"] for one in imports] == [1, 0]
    newest = world.services.audit.recent({"office"}, limit=1)[0]
    assert (newest.actor, newest.action, newest.detail["rows"]) == ("li", "record.import", 2)
    assert len(world.wakes) == 2


async def test_file_with_mistakes_enters_nothing_and_names_each(
    world: World, client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    wrong = BILLS.replace("building-a,2026-09-01", "house-9,2026-09-01").replace("9600.40", "9600.405")
    answer = await hand_in(client, officer, wrong)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["facts"]["count"]) == (422, "error.record_mistakes", 2)
    assert [(one["row"], one["column"], one["code"]) for one in problem["facts"]["mistakes"]] == [
        (2, "金额（元）", "not_whole_fen"),
        (3, "建筑", "unknown_building"),
    ]
    assert "building-a" in problem["facts"]["mistakes"][1]["reason"]
    assert "bills.csv, row 2, column 金额（元）" in problem["detail"]
    assert world.services.records.counts({"office"}) == {}
    dry = await hand_in(client, officer, wrong, dry_run=True)
    assert (dry.status_code, dry.json()["mistake_count"], dry.json()["new"]) == (200, 2, 0)


async def test_rows_come_from_a_program_and_unknown_names_are_mistakes(
    client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    row = {"meter": "w-1", "carrier": "water", "read_on": "2026-09-01", "reading": 12.5, "unit": "m3", "amount": 0.29}
    params = {"kind": "hand_reading"}
    entered = await client.post("/records/rows", params=params, json=[row], headers=officer)
    assert entered.json()["preview"][0]["amount"] == 29
    refused = await client.post("/records/rows", params=params, json=[{**row, "cost": 1}], headers=officer)
    assert (refused.status_code, refused.json()["facts"]["mistakes"][0]["column"]) == (422, "cost")


async def test_mapping_reads_an_offices_own_file(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    mapping = (
        "schema: xietong.record-mapping/1\nkind: energy_bill\ncolumns: {quantity: 万度, amount: 万元}\n"
        "factors: {quantity: 10000, amount: 10000}\nconstants: {unit: kWh, carrier: electricity}\n"
    )
    text = "户号,账期起,账期止,万度,万元\n7,2026-08-01,2026-08-31,1.25,0.960041\n"
    params = {"kind": "energy_bill", "dry_run": "true"}
    files = {"file": ("own.csv", text.encode()), "mapping": ("own.yaml", mapping.encode())}
    answer = (await client.post("/records/imports", params=params, headers=officer, files=files)).json()
    assert answer["mistakes"] == []
    fields = answer["preview"][0]
    assert (fields["quantity"], fields["amount"], fields["unit"]) == (12_500, 960_041, "kWh")
    files["mapping"] = ("own.yaml", mapping.replace("quantity: 万度", "volume: 万度").encode())
    refused = await client.post("/records/imports", params=params, headers=officer, files=files)
    assert (refused.status_code, refused.json()["code"]) == (422, "error.mapping_wrong")
    assert refused.json()["facts"]["place"] == "columns.volume"


async def test_personal_fields_are_for_the_department_and_the_look_is_audited(
    world: World, client: httpx.AsyncClient
) -> None:
    head = {"Authorization": f"Bearer {world.token(Role.DEPARTMENT_HEAD, department='vehicle', name='zhao')}"}
    text = "车辆编号,号牌,用途,动力\ncar-01,桂A00001,general,petrol\n"
    assert (await hand_in(client, head, text, kind="vehicle_book")).status_code == 200
    params = {"kind": "vehicle_book"}
    own = (await client.get("/records", params=params, headers=head)).json()["rows"][0]
    assert own["fields"]["plate"] == "桂A00001"
    newest = world.services.audit.recent({"office"}, limit=1)[0]
    assert (newest.actor, newest.action, newest.detail) == ("zhao", "record.read_personal", {"fields": ["plate"]})

    auditor = {"Authorization": f"Bearer {world.token(Role.AUDITOR, name='sun')}"}
    shown = (await client.get("/records", params=params, headers=auditor)).json()["rows"][0]
    assert "plate" not in shown["fields"]
    assert world.services.audit.recent({"office"}, limit=1)[0] == newest
    other = {"Authorization": f"Bearer {world.token(Role.DEPARTMENT_HEAD, department='finance')}"}
    assert (await client.get("/records", params=params, headers=other)).status_code == 403
    assert (await hand_in(client, other, text, kind="vehicle_book")).status_code == 403
    kinds = [one["kind"] for one in (await client.get("/records/kinds", headers=other)).json()]
    assert kinds == ["budget", "contract", "energy_bill", "invoice"]
    for headers, may_import in ((other, True), (auditor, False)):
        assert {one["may_import"] for one in (await client.get("/records/kinds", headers=headers)).json()} == {
            may_import
        }


async def test_file_may_be_larger_than_other_requests_but_not_boundless(
    client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    long = BILLS + ",,,,,,,,\n" * 200_000
    assert (await hand_in(client, officer, long, dry_run=True)).status_code == 200
    too_long = "," * (MOST_FILE_BYTES + 1)
    assert (await hand_in(client, officer, too_long)).status_code == 413


async def test_template_comes_in_the_readers_language_and_back_without_a_mapping(
    client: httpx.AsyncClient, officer: dict[str, str]
) -> None:
    answer = await client.get("/records/templates/energy_bill", headers=officer)
    assert answer.headers["content-disposition"] == 'attachment; filename="energy_bill.xlsx"'
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    page = book.active
    assert page.title == "Energy bill"
    page.append(["7", "Electricity", "A", "2026-08-01", "2026-08-31", 100, "kWh", 80.5])
    filled = io.BytesIO()
    book.save(filled)
    params = {"kind": "energy_bill", "dry_run": "true"}
    files = {"file": ("energy_bill.xlsx", filled.getvalue())}
    entered = (await client.post("/records/imports", params=params, headers=officer, files=files)).json()
    assert (entered["mistakes"], entered["new"]) == ([], 1)
    assert entered["preview"][0]["building"] == "building-a"
    unknown = await client.get("/records/templates/diary", headers=officer)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "error.record_kind_unknown")
