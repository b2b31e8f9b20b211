"""How fast eight weeks of a data logger's history travel from the file to the store, over the real path.

Broker, simulators, cloud and edge run as processes beside it. Limit: at least 10,000 readings/s.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

from benchmarks.support.report import arguments, publish
from tests.support.county import County
from tests.support.servers import locate
from tests.support.waiting import until

LIMIT_PER_S = 10_000
WEEKS = "8"


async def measure(county: County) -> dict[str, float]:
    county.plan()
    county.start("cloud")
    county.start("edge")
    written = json.loads(county.run("simulate", "--history", county.layout.history, "--weeks", WEEKS))
    await until(lambda: county.layout.outbox.exists() and county.stored_rows() > 0, within_s=60)
    start = time.monotonic()
    county.run("edge", "import", county.layout.history, "--site", county.layout.site)
    in_outbox = time.monotonic() - start
    await until(lambda: county.conservation().stored >= written["readings"], within_s=240)
    stored = time.monotonic() - start
    rate = written["readings"] / stored
    return {
        "readings": written["readings"],
        "in_outbox_s": in_outbox,
        "stored_s": stored,
        "readings_per_s": rate,
        "rate_over_limit": rate / LIMIT_PER_S,
    }


def main() -> None:
    given = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        county = County(Path(name) / "county", broker_program=locate("mosquitto"))
        try:
            publish(asyncio.run(measure(county)), given.json)
        finally:
            county.clean_up()


if __name__ == "__main__":
    main()
