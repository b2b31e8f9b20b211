"""The script of the pretend staff: everything in it fits the platform that it will be played on."""

from __future__ import annotations

from datetime import date
from itertools import chain
from pathlib import Path

import pytest
import yaml

from cloud.core.institution import Subject
from cloud.services.catalogue import load_services
from cloud.services.inputs import checked_inputs
from foundation.errors import ConfigError
from simulators.compound import load_compound
from simulators.people.run import WORK
from simulators.people.script import FILE, load_script
from simulators.year.office import load_office
from simulators.year.span import DEPARTMENTS
from tests.support.office_year import read_kind, written_year

SCRIPT, SERVICES, COMPOUND = load_script(), load_services(), load_compound()
TODAY = date(2026, 11, 25)


def test_every_request_has_the_inputs_of_its_service_and_a_subject_that_exists() -> None:
    known = {f"building:{one.id}" for one in COMPOUND.buildings} | {f"vehicle:{one.id}" for one in COMPOUND.vehicles}
    known |= {f"room:{one.room}" for one in load_office().meeting_rooms}
    for ask in chain(SCRIPT.requests, SCRIPT.public):
        service, body = SERVICES[ask.service], ask.body("demo-county-office", TODAY)
        assert checked_inputs(service, body["fields"]) == body["fields"]
        assert Subject.parse(ask.subject).kind in service.subjects
        assert ask.subject in known
        assert (service.booking is not None) == ("start" in body)
        assert ("public" if ask.by == "public" else "staff") in service.audience


def test_bookings_meet_none_of_the_imported_books() -> None:
    bookings = [
        (f"room:{row['room']}", row["begins_at"], row["ends_at"]) for row in read_kind(written_year(), "booking")
    ]
    orders = [
        (f"vehicle:{row['vehicle']}", row["leaves_at"], row["returns_at"])
        for row in read_kind(written_year(), "vehicle_order")
    ]
    for ask in SCRIPT.requests:
        body = ask.body("demo-county-office", TODAY)
        start, end = (str(body.get(name, ""))[:16].replace("T", " ") for name in ("start", "end"))
        assert not [one for one in (*bookings, *orders) if one[0] == ask.subject and one[1] < end and start < one[2]]


def test_everybody_in_the_script_is_somebody_who_works() -> None:
    for name in (*(ask.by for ask in SCRIPT.requests), SCRIPT.worker):
        assert name in {f"staff-{number}" for number in range(1, 7)}
    assert {"staff-", "head-", "dispatcher", "energy-officer", "auditor", "superior", "public"} == set(WORK)


def test_all_eight_departments_are_judged_by_the_same_questions() -> None:
    assert set(SCRIPT.surveys.scores) == set(DEPARTMENTS)
    assert len({tuple(scores) for scores in SCRIPT.surveys.scores.values()}) == 1


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"pace": {"fast_s": 0, "fast_for_s": 1, "slow_s": 1}}, "pace.fast_s"),
        ({"cases": [{"lead": "nobody", "title": "x", "subject": "building:b", "departments": ["energy"] * 2,
                     "due_days": 1}]}, "cases.0.lead"),
        ({"requests": [{"by": "staff-1", "service": "repair", "subject": "x", "fields": {}, "minutes": 5}]},
         "requests.0"),
        ({"weather": "fine"}, "weather"),
    ],
)  # fmt: skip
def test_a_wrong_script_is_named(tmp_path: Path, change: dict[str, object], key: str) -> None:
    content = yaml.safe_load(FILE.read_text("utf-8")) | change
    file = tmp_path / "script.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_script(file)
    assert caught.value.key == key
