"""An officer's order from the HTTP door to the register of a device and back, over real processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.county import County
from tests.support.waiting import until

DEVICE, POINT, METER = "a-ac-1", "Setpoint/Temperature", "a-main"
ENDED = ("verified", "refused", "failed", "expired", "unknown", "relinquished")


class Officer:
    """Speaks to the API with a token of the role energy officer."""

    def __init__(self, county: County) -> None:
        token = county.run(
            "cloud", "token", "--settings", county.layout.cloud, "--name", "officer", "--role", "energy_officer"
        )
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{county.http_port}/api/v1",
            headers={"Authorization": f"Bearer {token.strip()}"},
        )

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        answer.raise_for_status()
        return answer.json()

    def propose(self, value: float | None, **more: object) -> httpx.Response:
        """The cloud's answer to an order."""
        body = {"group": "demo-county", "device": DEVICE, "point": POINT, "value": value, "reason": "test", **more}
        return self.http.post("/commands", json=body)

    def order(self, value: float | None, **more: object) -> str:
        """Propose and approve a command; gives its id."""
        return self._approve(self.propose(value, **more))

    def configure(self, device: str, **settings: str) -> str:
        """Propose and approve settings of a device; gives the id of the command."""
        wanted = {"settings": {key.replace("__", "."): text for key, text in settings.items()}, "reason": "test"}
        return self._approve(self.http.post(f"/devices/demo-county/{device}/settings", json=wanted))

    def _approve(self, proposed: httpx.Response) -> str:
        proposed.raise_for_status()
        command_id = str(proposed.json()["command_id"])
        self.http.post(f"/commands/{command_id}/approval").raise_for_status()
        return command_id

    async def end_of(self, command_id: str) -> dict[str, Any]:
        """The command once the edge has answered."""
        await until(lambda: self.get(f"/commands/{command_id}")["state"] in ENDED, within_s=30)
        found: dict[str, Any] = self.get(f"/commands/{command_id}")
        return found

    def properties(self, device: str) -> dict[str, str]:
        """What the device's newest birth says of it."""
        found: dict[str, str] = self.get(f"/devices/demo-county/{device}")["properties"]
        return found

    def power(self, device: str) -> float | None:
        """The newest active power of a meter, W."""
        return self._newest(device).get("Power/Active/Total")

    def set_point(self) -> float | None:
        """The newest set-point that was polled from the device."""
        return self._newest(DEVICE).get(POINT)

    def _newest(self, device: str) -> dict[str, Any]:
        points = self.http.get("/series/last", params={"group": "demo-county", "device": device})
        return {one["point"]: one["sample"]["value"] for one in points.json()} if points.is_success else {}


@pytest.fixture
async def officer(tmp_path: Path) -> AsyncIterator[Officer]:
    county = County(tmp_path / "county", role="all")
    try:
        county.plan()
        county.start("cloud")
        county.children["cloud"].wait_for_port(county.http_port, timeout_s=60)
        county.start("edge")
        made = Officer(county)
        with made.http:
            await until(lambda: made.set_point() is not None, within_s=60, what="the set-point is polled and stored")
            yield made
    finally:
        county.clean_up()


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_an_order_is_verified_in_the_register_and_wrong_ones_are_refused(
    officer: Officer,
) -> None:
    assert officer.set_point() == 26

    verified = await officer.end_of(officer.order(23))
    assert verified["state"] == "verified"
    assert verified["receipt"]["read_back"] == 23
    await until(lambda: officer.set_point() == 23, what="the poll shows the new set-point")

    for value, code in ((45, "error.value_outside_limits"), (23.4, "error.value_off_step")):
        answer = officer.propose(value)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    # Who may write at which level only the edge's profile knows.
    refused = await officer.end_of(officer.order(0, point="Mode", priority=12))
    assert (refused["state"], refused["receipt"]["reason"]) == ("refused", "not_permitted")
    assert officer.set_point() == 23

    await officer.end_of(officer.order(None))
    await until(lambda: officer.set_point() == 26, what="the point is back at its safe value")

    # Settings travel by the same door: a ratio in force scales what is read, whatever does not fit changes nothing.
    before = officer.properties(METER)
    refused = await officer.end_of(officer.configure(METER, params__ct="0.5"))
    assert (refused["state"], refused["receipt"]["reason"]) == ("refused", "setting_refused")
    assert officer.properties(METER)["param_ct"] == before["param_ct"]
    power, ratio = officer.power(METER), int(before["param_ct"])
    assert power
    applied = await officer.end_of(officer.configure(METER, params__ct=str(100 * ratio), sub_item="01D"))
    assert (applied["state"], applied["receipt"]["reason"]) == ("verified", "applied")
    await until(lambda: officer.properties(METER)["param_ct"] == str(100 * ratio), what="the device is born anew")
    assert officer.properties(METER)["sub_item"] == "01D"
    await until(lambda: (officer.power(METER) or 0) > 20 * power, within_s=60, what="readings follow the new ratio")
