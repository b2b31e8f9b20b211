"""Pretend staff at a small door on a real socket: what they do, in which order, and what cannot shake them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from foundation.clock import to_ms
from foundation.errors import ConfigError
from simulators.calendar import SHANGHAI
from simulators.people.run import PeopleOptions, PretendOffice, open_office, run_people
from simulators.people.script import load_script
from simulators.year.span import DEPARTMENTS
from tests.support.fake_office import FakeOffice, fake_office
from tests.support.manual_clock import ManualClock

HEADS = [f"head-{department}" for department in DEPARTMENTS]
STAFF = [f"staff-{number}" for number in range(1, 7)]
NAMES = [*STAFF, *HEADS, "dispatcher", "energy-officer", "auditor", "superior"]
TOKENS = {name: f"token-of-{name}" for name in NAMES}
SCRIPT = load_script()
NOW_MS = to_ms(datetime(2026, 11, 25, 15, 30, tzinfo=SHANGHAI))
"""A Wednesday afternoon."""


@pytest.fixture
def door() -> Iterator[FakeOffice]:
    with fake_office(TOKENS) as office:
        yield office


@pytest.fixture
def at_work(door: FakeOffice, tmp_path: Path) -> PretendOffice:
    return _open(door, tmp_path)


def _open(door: FakeOffice, folder: Path, clock: ManualClock | None = None) -> PretendOffice:
    tokens = folder / "tokens.json"
    tokens.write_text(json.dumps(TOKENS), "utf-8")
    options = PeopleOptions(door.address, tokens, truth=folder / "truth.jsonl")
    return open_office(options, clock or ManualClock(now_ms=NOW_MS))


def _notes(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]


def _rounds(office: PretendOffice, count: int) -> None:
    for _ in range(count):
        office.look_round()


def test_requests_are_filed_served_confirmed_rated_and_closed(door: FakeOffice, at_work: PretendOffice) -> None:
    _rounds(at_work, 8)
    requests = door.lists["/requests"]
    assert len(requests) == len([ask for ask in SCRIPT.requests if not ask.is_refused])
    assert {request["state"] for request in requests} == {"closed"}
    assert Counter(request["stars"] for request in requests) == Counter(
        ask.stars for ask in SCRIPT.requests if not ask.is_refused
    )
    assert all(request["steps"] == ["accept", "assign", "start", "finish", "confirm", "close"] for request in requests)


def test_a_room_that_is_taken_is_refused_once_and_written_down(door: FakeOffice, tmp_path: Path) -> None:
    _rounds(_open(door, tmp_path), 3)
    refused = [note for note in _notes(tmp_path) if "refused" in note and note["status"] == 409]
    assert [(note["who"], note["did"]) for note in refused] == [("staff-4", "file meeting_room")]
    assert len([who for who, _ in door.posted("/requests") if who == "staff-4"]) == 2


def test_bookings_lie_on_working_days_ahead_with_their_zone(door: FakeOffice, at_work: PretendOffice) -> None:
    at_work.look_round()
    starts = {body["subject"]: body["start"] for _, body in door.posted("/requests") if "start" in body}
    assert starts["room:meet-4"] == "2026-11-26T12:40:00+08:00"
    assert starts["vehicle:car-07"] == "2026-11-27T09:00:00+08:00"
    visits = [body["fields"] for _, body in door.posted("/requests") if body["service"] == "visitor"]
    assert [fields["expected_on"] for fields in visits] == ["2026-11-26"]


def test_the_public_asks_without_a_token(door: FakeOffice, at_work: PretendOffice) -> None:
    _rounds(at_work, 2)
    assert [who for who, _ in door.posted("/public/requests")] == [None]


def test_data_are_asked_for_granted_by_the_owner_and_read_by_the_asker(
    door: FakeOffice, at_work: PretendOffice
) -> None:
    _rounds(at_work, 3)
    grants = door.lists["/datasets/grants"]
    assert {(one["department"], one["dataset"]) for one in grants} == {
        (one.department, one.dataset) for one in SCRIPT.datasets
    }
    assert [one["dataset"] for one in grants if one["state"] == "refused"] == ["contract"]
    decided = [who for who, method, path, _ in door.calls if method == "POST" and path.endswith("/decision")]
    assert set(decided) == {"head-general"}
    read = {(who, path.split("/")[2]) for who, _, path, _ in door.calls if "/rows?" in path}
    assert ("head-energy", "room") in read
    assert len(read) == len(SCRIPT.datasets) - 1


def test_a_joint_case_is_opened_by_its_lead_and_agreed_by_all(door: FakeOffice, at_work: PretendOffice) -> None:
    _rounds(at_work, 3)
    (case,) = door.lists["/cases"]
    assert case["asked_by"] == "head-real_estate"
    assert case["due"] == "2026-12-05T17:30:00+08:00"
    assert {one["department"]: one["agreed"] for one in case["approvals"]} == {
        "real_estate": True, "energy": True, "finance": True
    }  # fmt: skip


def test_heads_and_staff_judge_every_department_once(door: FakeOffice, at_work: PretendOffice) -> None:
    _rounds(at_work, 4)
    answers = door.lists["/surveys"]
    assert Counter(one["asked_by"] for one in answers) == dict.fromkeys((*HEADS, *STAFF), 8)
    assert Counter(one["department"] for one in answers) == dict.fromkeys(DEPARTMENTS, 14)
    assert all(1 <= score <= 5 for one in answers for score in one["scores"].values())
    assert len({json.dumps(one["scores"]) for one in answers}) > 20


def test_alarms_are_acknowledged_and_again_when_the_condition_comes_back(
    door: FakeOffice, at_work: PretendOffice
) -> None:
    alarm = {"alarm_id": "a1", "rule_id": "E06", "state": "unacknowledged", "count": 1}
    door.lists["/alarms"] = [alarm, {"alarm_id": "a2", "rule_id": "S02", "state": "shelved", "count": 1}]
    _rounds(at_work, 2)
    alarm |= {"state": "unacknowledged", "count": 2}
    _rounds(at_work, 2)
    assert [who for who, _ in door.posted("/alarms/a1/acknowledgement")] == ["dispatcher", "dispatcher"]
    assert not door.posted("/alarms/a2/acknowledgement")


def test_heads_treat_and_label_the_risks_of_their_department_only(door: FakeOffice, at_work: PretendOffice) -> None:
    door.lists["/risks"] = [
        {"risk_id": rule, "rule_id": rule, "department": department, "status": "open"}
        for rule, department in (("E06", "real_estate"), ("E08", "information"), ("A01", "asset"), ("V01", "vehicle"))
    ]
    door.hidden = {"V01": "head-vehicle"}
    _rounds(at_work, 3)
    assert {row["rule_id"]: row.get("label") for row in door.lists["/risks"]} == {
        "E06": "true", "E08": "false", "A01": None, "V01": "true"
    }  # fmt: skip
    assert [who for who, _ in door.posted("/risks/E06/treatments")] == ["head-real_estate"]
    assert [who for who, _ in door.posted("/risks/V01/treatments")] == ["dispatcher"]
    assert not door.posted("/risks/A01/treatments")


def test_a_report_of_the_last_month_is_ordered_only_when_there_is_none(
    door: FakeOffice, at_work: PretendOffice, tmp_path: Path
) -> None:
    _rounds(at_work, 2)
    assert [(who, body["period"]) for who, body in door.posted("/reports")] == [("energy-officer", "2026-10")]
    door.calls.clear()
    _rounds(_open(door, tmp_path), 2)
    assert not door.posted("/reports")


def test_the_superior_answers_each_case_file_once(door: FakeOffice, at_work: PretendOffice) -> None:
    door.lists["/inbox"] = [{"case_file_id": "c1", "state": "sent"}, {"case_file_id": "c2", "state": "closed"}]
    _rounds(at_work, 2)
    assert [(who, body["action"]) for who, body in door.posted("/inbox/c1/answer")] == [("superior", "order")]
    assert not door.posted("/inbox/c2/answer")


def test_a_second_run_files_nothing_that_is_still_under_way(
    door: FakeOffice, at_work: PretendOffice, tmp_path: Path
) -> None:
    at_work.look_round()
    door.calls.clear()
    _open(door, tmp_path).look_round()
    # Only the booking that was refused is tried anew.
    assert [body["subject"] for _, body in door.posted("/requests")] == ["room:meet-1"]


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, b"<html>broken</html>"),
        (403, b'{"code": "error.forbidden"}'),
        (200, b"[1, null]"),
        (200, b"{}"),
        (200, b""),
    ],
)
@pytest.mark.parametrize("path", ["/requests", "/risks", "/alarms", "/inbox"])
def test_a_door_that_answers_nonsense_stops_nobody(
    door: FakeOffice, at_work: PretendOffice, path: str, status: int, content: bytes
) -> None:
    door.broken = {path: (status, content)}
    at_work.look_round()
    assert len(door.posted("/surveys")) == 6 * 14


def test_an_answer_of_an_unknown_shape_is_written_down_and_the_day_goes_on(
    door: FakeOffice, at_work: PretendOffice, tmp_path: Path
) -> None:
    door.lists["/cases"] = [{"case_id": "x", "state": "open", "approvals": [7]}]
    at_work.look_round()
    stumbled = [note for note in _notes(tmp_path) if note["did"] == "stumble over approve_cases"]
    assert {note["who"] for note in stumbled} == set(HEADS)
    assert door.posted("/reports")


def test_an_outage_is_told_once_and_work_goes_on_after_it(tmp_path: Path) -> None:
    with fake_office(TOKENS) as door:
        port = door.port
    office = _open(door, tmp_path)
    _rounds(office, 3)
    assert [note["did"] for note in _notes(tmp_path)] == ["find the door closed"]
    with fake_office(TOKENS, port) as again:
        office.look_round()
        assert again.posted("/public/requests")


async def test_the_office_works_until_it_is_stopped(door: FakeOffice, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({"staff-1": TOKENS["staff-1"]}), "utf-8")
    clock = ManualClock(now_ms=NOW_MS)
    running = asyncio.create_task(run_people(PeopleOptions(door.address, tokens), clock))
    await _until(lambda: len(door.posted("/surveys")) == 6)
    # Only a sleeper hears the clock: the office may still be at the end of its round.
    await clock.until_asleep()
    clock.advance(SCRIPT.pace.fast_s)
    await _until(lambda: len(door.posted("/surveys")) == 8)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("content", ["", "[]", '{"staff-1": 5}', "nonsense"])
def test_a_wrong_token_file_is_named(tmp_path: Path, content: str) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match="tokens"):
        open_office(PeopleOptions("http://127.0.0.1:1", tokens), ManualClock(now_ms=NOW_MS))
