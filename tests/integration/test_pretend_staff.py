"""The pretend staff at the real door: a cloud of its own process, the office's books imported, everybody at work."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from demo.api import Api
from demo.commands import Commands
from demo.layout import Layout, prepare
from demo.network import free_ports
from demo.office import ADMINISTRATOR, import_books, open_accounts, sign_in_everybody
from demo.plan import write_cloud, write_institution
from foundation.clock import SystemClock
from foundation.texts import load_texts
from simulators.compound import load_compound
from simulators.people.door import Door
from simulators.people.run import PeopleOptions, open_office
from simulators.people.script import load_script
from tests.support.process import Spawn, xietong

ROUNDS = 8
"""Enough for a request to go all its way, one step a round."""

JUDGES = 14
"""Six of the staff and eight heads."""

ASKS = [ask for ask in load_script().requests if not ask.is_refused]


@pytest.mark.slow
async def test_an_office_day_goes_through_the_real_door(tmp_path: Path, spawn: Spawn) -> None:
    layout = prepare(tmp_path / "office")
    broker_port, http_port = free_ports(2)
    write_cloud(layout, broker_port, http_port)
    write_institution(layout, load_compound(), load_texts())
    cloud = spawn("cloud", xietong("cloud", "run", "--settings", layout.cloud, "--role", "api"))
    cloud.wait_for_port(http_port, 60)
    api = await _hand_in(layout, Commands(layout, broker_port), http_port)

    office = open_office(PeopleOptions(api.address, layout.tokens, truth=layout.people_truth), SystemClock())
    for _ in range(ROUNDS):
        office.look_round()

    notes = [json.loads(line) for line in layout.people_truth.read_text("utf-8").splitlines()]
    _assert_done(notes)
    _assert_served(await api.get("/requests"))


async def _hand_in(layout: Layout, commands: Commands, http_port: int) -> Api:
    """Accounts, books and tokens as the office gets them on its first day; the administrator's door."""
    password = await open_accounts(layout, commands)
    address = f"http://127.0.0.1:{http_port}"
    signed_in = Door(address).call("POST", "/tokens", None, {"name": ADMINISTRATOR, "password": password})
    api = Api(address, signed_in.body["token"])
    assert await import_books(layout, commands, api) > 2_000
    await sign_in_everybody(api, layout, password)
    return api


def _assert_done(notes: list[dict[str, Any]]) -> None:
    """Everything in the script was done; nothing was refused but the room that is taken, and what nobody has made."""
    script = load_script()
    done = Counter(note["did"].split()[0] for note in notes if "refused" not in note)
    agreed = [one for one in script.datasets if not one.is_refused]
    assert {name: done[name] for name in ("confirm", "rate", "ask", "grant", "refuse", "open", "approve", "order")} == {
        "confirm": len(ASKS),
        "rate": len(ASKS),
        "ask": len(script.datasets),
        "grant": len(agreed),
        "refuse": len(script.datasets) - len(agreed),
        "open": len(script.cases),
        "approve": sum(len(case.departments) for case in script.cases),
        "order": len(script.reports),
    }
    assert done["answer"] == JUDGES * len(script.surveys.scores)
    refused = {(note["who"], note["did"], note.get("path")) for note in notes if "refused" in note}
    # No job runs in this cloud, so nobody has made an evaluation that the auditor could read.
    assert refused == {("staff-4", "file meeting_room", "/requests"), ("auditor", "read", "/evaluation")}


def _assert_served(requests: list[dict[str, Any]]) -> None:
    """What staff asked openly is closed and rated as in the script; what the public asked waits for its silence."""
    states = {one["asked_by"]: one["state"] for one in requests}
    assert states.pop("public") == "done"
    assert set(states.values()) == {"closed"}
    rated = Counter((one["service"], one["stars"]) for one in requests if one["stars"])
    assert rated
    assert not rated - Counter((ask.service, ask.stars) for ask in ASKS)
