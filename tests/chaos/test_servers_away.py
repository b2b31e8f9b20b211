"""InfluxDB is killed and PostgreSQL crashes under load: every role goes on, nothing is lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.support.server_county import ROLES, ServerCounty, server_county
from tests.support.waiting import until


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(300)
async def test_servers_that_are_away_for_a_while_cost_nothing(tmp_path: Path) -> None:
    with server_county(tmp_path) as cloud:
        cloud.plan()
        for role in ROLES:
            cloud.county.start(role)
        cloud.county.children["api"].wait_for_port(cloud.county.http_port, timeout_s=60)
        cloud.county.start("edge")
        await until(lambda: cloud.status()["stored"] > 500, within_s=60, what="readings flow")
        await lose_influxd(cloud)
        await crash_postgres(cloud)
        await cloud.drained()
        assert all(cloud.county.children[role].is_alive for role in ROLES)
        assert (cloud.lost(), cloud.status()["duplicates"], cloud.pending()) == (0, 0, 0)


async def lose_influxd(cloud: ServerCounty) -> None:
    """Killed while a day of a logger is on its way; back when ingest has noticed."""
    county, ingest = cloud.county, cloud.county.children["ingest"]
    county.run("simulate", "--history", county.layout.history, "--weeks", "0.5")
    county.run("edge", "import", county.layout.history, "--site", county.layout.site)
    cloud.influxd.kill()
    ingest.wait_for_line("cannot store now, trying again: InfluxDB")
    cloud.start_influxd()
    ingest.wait_for_line("storing again")
    await until(lambda: cloud.edge_status().history_rows == 0, within_s=60, what="the history is in")


async def crash_postgres(cloud: ServerCounty) -> None:
    """A killed backend makes the server end all others and recover by itself."""
    before = still_counts(cloud)
    family = [one for one in psutil.Process().children(recursive=True) if "idle" in " ".join(one.cmdline())]
    backends = [one for one in family if "postgres" in one.name()]
    backends[0].kill()
    await until(lambda: still_counts(cloud) > before + 100, within_s=60, what="readings flow again")


def still_counts(cloud: ServerCounty) -> int:
    """Readings in InfluxDB, which needs no PostgreSQL to say so."""
    counted = cloud.query("raw", "SELECT count(*) FROM /.*/")
    return sum(int(count or 0) for one in counted for count in one.values[0][1:])
