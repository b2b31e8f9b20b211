"""A report from the order over HTTP to the package that an auditor checks, and the notice that anybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cloud.api.app import API, create_api
from cloud.core.access import Role
from cloud.jobs.job import JobTools
from cloud.jobs.make_reports import MakeReports
from cloud.reporting.verify import verify_package
from device_profiles.catalogue import load_catalogue
from gateway.keys import public_key_text
from tests.support.cloud_world import SEALING_KEY, World
from tests.support.report_world import OFFICE, report_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with report_world(tmp_path) as made:
        yield made


async def test_auditor_orders_watches_takes_and_checks_a_notice_that_the_public_then_reads(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token(Role.AUDITOR)}"}
    transport = httpx.ASGITransport(create_api(world.services))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://cloud.test{API}") as client:
        kinds = (await client.get("/reports/kinds", headers=headers)).json()
        assert {one["report"]: one["periods"] for one in kinds} == {
            "energy_month": ["month"],
            "disclosure": ["month", "year"],
        }
        wanted = {"institution": OFFICE, "report": "disclosure", "period": "2026-08"}
        ordered = await client.post("/reports", json=wanted, headers=headers)
        assert (ordered.status_code, ordered.json()["state"]) == (201, "queued")
        place = ordered.headers["location"].removeprefix(API)
        assert (await client.get(f"{place}/package", headers=headers)).status_code == 409
        assert (await client.get("/disclosure", params={"institution": OFFICE})).status_code == 404

        assert MakeReports(JobTools(world.services, world.services.departments, load_catalogue())).run()

        done = (await client.get(place, headers=headers)).json()
        assert (done["state"], done["progress"]) == ("done", 1.0)
        package = await client.get(f"{place}/package", headers=headers)
        assert package.headers["content-disposition"] == f'attachment; filename="{done["package"]}"'
        assert verify_package(package.content, public_key_text(SEALING_KEY.public_key())).faults == ()
        checked = (await client.get(f"{place}/verification", headers=headers)).json()
        assert (checked["is_intact"], checked["faults"]) == (True, [])

        notice = (await client.get("/disclosure", params={"institution": OFFICE})).json()
        assert (notice["period"], notice["periods"]) == ("2026-08", ["2026-08"])
        assert notice["document"]["figures"]["area"]["value"] == "21900"
        page = await client.get("/disclosure/page", params={"institution": OFFICE, "language": "zh-CN"})
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "青禾县机关事务管理局" in page.text
