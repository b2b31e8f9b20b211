"""The whole cloud on InfluxDB, PostgreSQL and mosquitto, each role a process of its own, from register to board."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.policy import METER, POINT, threshold
from tests.support.server_county import ROLES, ServerCounty, server_county
from tests.support.waiting import until

GROUP, COUNTER = "demo-county", "Energy/Active/Total"
DEVICES = 56
HISTORY_WEEKS = "1"
FIGURES = ("energy_interval", "forecast", "threshold")


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[ServerCounty]:
    """Everything runs and every device is online. The roles find an empty database at the same moment."""
    with server_county(tmp_path) as made:
        made.plan()
        county = made.county
        for role in ROLES:
            county.start(role)
        county.children["api"].wait_for_port(county.http_port, timeout_s=60)
        county.start("edge")
        await until(lambda: made.status()["devices_online"] == DEVICES, within_s=60, what="all devices online")
        yield made


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(240)
async def test_from_registers_to_boards_on_real_servers(cloud: ServerCounty) -> None:
    readings = await import_history_through_a_kill(cloud)
    with cloud.client("energy_officer") as officer, cloud.client("administrator") as administrator:
        begin_jobs_anew(cloud)
        book_an_invoice_twice(administrator)
        limit_power(officer)
        await until(lambda: cloud.status()["commands_verified"] >= 2, within_s=60, what="commands verified")
        await until(lambda: finance_risks(administrator) >= 1, within_s=60, what="the invoice is a risk")
        await until(lambda: cloud.status()["forecast_points"] > 24, within_s=60, what="a forecast")
        begin_jobs_anew(cloud)
        await until(lambda: set(FIGURES) <= figures(cloud), within_s=90, what="figures on the boards")
        day = date.today() - timedelta(3)  # noqa: DTZ011 (well inside the imported week)
        assert booked(officer, day) == {"delta": counted_wh(cloud, day), "estimated": 0, "covered_s": 86_400}
    await cloud.drained()
    found = cloud.status()
    print(found)
    assert cloud.lost() == 0
    assert found["stored"] > readings
    assert (found["duplicates"], found["malformed"], cloud.pending()) == (0, 0, 0)
    assert found["breaches"] >= 1
    assert found["alarms"] >= 2
    assert found["records"] == 2
    kinds = {one.tags["kind"] for one in cloud.query("event", 'SELECT count("id") FROM "event" GROUP BY "kind"')}
    assert {"energy.threshold_breach", "finance.double_invoice"} <= kinds


async def import_history_through_a_kill(cloud: ServerCounty) -> int:
    """A week of a logger; ingest is killed when points are in InfluxDB and not yet booked. Returns its readings."""
    county, ingest = cloud.county, cloud.county.children["ingest"]
    written = json.loads(county.run("simulate", "--history", county.layout.history, "--weeks", HISTORY_WEEKS))
    readings = int(written["readings"])
    ingest.freeze()
    county.run("edge", "import", county.layout.history, "--site", county.layout.site)
    before = points(cloud)
    ingest.thaw()
    await until(lambda: points(cloud) > before + 1_000, within_s=60, what="history flows")
    ingest.kill()
    print("points that no booked row accounts for:", cloud.status()["duplicates"])
    assert cloud.edge_status().history_rows > 0
    county.start("ingest")
    await until(lambda: cloud.edge_status().history_rows == 0, within_s=90, what="history is stored")
    return readings


def begin_jobs_anew(cloud: ServerCounty) -> None:
    """A role that was killed finds everything in the servers, and looks at all of it at once."""
    cloud.county.children["jobs"].kill()
    cloud.county.start("jobs")


def points(cloud: ServerCounty) -> int:
    """Registers in InfluxDB, counted by InfluxDB."""
    return sum(int(one.values[0][1]) for one in cloud.query("raw", 'SELECT count("imp_wh") FROM "meter_register"'))


def book_an_invoice_twice(administrator: httpx.Client) -> None:
    days = [date.today() - timedelta(days) for days in (20, 5)]  # noqa: DTZ011 (any two days will do)
    lines = [f"FP-001,某供应商,物业,general,1200.50,{day.isoformat()}" for day in days]
    content = "\n".join(["发票号,供应商,类别,部门,金额（元）,入账日", *lines]).encode()
    files = {"file": ("invoices.csv", content)}
    answer = administrator.post("/records/imports", params={"kind": "invoice"}, files=files)
    assert answer.is_success, answer.text


def limit_power(officer: httpx.Client) -> None:
    """A limit that building A exceeds already."""
    points = {one["point"]: one["sample"]["value"] for one in get(officer, "/series/last", group=GROUP, device=METER)}
    wanted = threshold(GROUP, "limit", round(0.7 * points[POINT], -2)) | {"window_s": 5, "hold_s": 1}
    answer = officer.post("/thresholds", json=wanted)
    assert answer.is_success, answer.text


def finance_risks(administrator: httpx.Client) -> int:
    return sum(one["rule_id"] == "F04" for one in get(administrator, "/risks"))


def booked(officer: httpx.Client, day: date) -> dict[str, int]:
    """What is booked of the main meter of building A on a local day."""
    words = {"group": GROUP, "device": METER, "point": COUNTER, "first": day.isoformat(), "last": day.isoformat()}
    [found] = get(officer, "/energy/days", **words)["days"]
    return {name: found[name] for name in ("delta", "estimated", "covered_s")}


def counted_wh(cloud: ServerCounty, day: date) -> int:
    """The same from the registers in the logger's file."""
    start = datetime.combine(day, time(), timezone(timedelta(hours=8)))
    with cloud.county.layout.history.open(encoding="utf-8") as file:
        registers = {
            row["time_utc"]: int((Decimal(row["value"]) * 1000).to_integral_value())
            for row in csv.DictReader(file)
            if (row["device"], row["point"]) == (METER, COUNTER)
        }
    first, last = (one.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in (start, start + timedelta(1)))
    return registers[last] - registers[first]


def figures(cloud: ServerCounty) -> set[str]:
    return {one.name for one in cloud.query("15m", "SELECT count(*) FROM /.*/")}


def get(client: httpx.Client, path: str, **words: str) -> Any:
    answer = client.get(path, params=words)
    assert answer.is_success, answer.text
    return answer.json()
