"""Lets the people of an office act until stopped; no refusal and no outage of the cloud ends it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from foundation.clock import Clock, SystemClock
from foundation.errors import ConfigError, LinkError
from simulators.compound import load_compound
from simulators.people.desk import Desk, Notebook
from simulators.people.door import Door
from simulators.people.habits import reports, requests, risks, sharing
from simulators.people.person import HEAD, STAFF, Habit, Person
from simulators.people.script import Script, load_script

PUBLIC = "public"
"""Somebody without an account."""

WORK: dict[str, tuple[Habit, ...]] = {
    PUBLIC: (requests.file_public_requests,),
    STAFF: (requests.file_requests, requests.confirm_and_rate, sharing.answer_surveys),
    HEAD: (
        requests.work_requests,
        requests.confirm_and_rate,
        sharing.ask_for_datasets,
        sharing.decide_on_datasets,
        sharing.read_datasets,
        sharing.open_cases,
        sharing.approve_cases,
        risks.treat_risks,
        risks.label_risks,
        sharing.answer_surveys,
    ),
    "dispatcher": (risks.acknowledge_alarms, risks.treat_risks, risks.label_risks),
    "energy-officer": (reports.order_reports,),
    "auditor": (reports.look_through,),
    "superior": (risks.answer_case_files,),
}
"""What each kind of account does at every look; accounts of other names do nothing."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeopleOptions:
    """The cloud's address, the file with tokens by account name, and where to write what was done."""

    address: str
    tokens: Path
    compound: Path | None = None
    script: Path | None = None
    truth: Path | None = None


async def run_people(options: PeopleOptions, clock: Clock | None = None) -> None:
    """Act until cancelled. Raises ConfigError for a wrong file."""
    office = open_office(options, clock or SystemClock())
    await office.run()


def open_office(options: PeopleOptions, clock: Clock) -> PretendOffice:
    """The people whose tokens are in the file, and the public."""
    script, institution = load_script(options.script), load_compound(options.compound).institution.id
    door, notebook = Door(options.address), Notebook(options.truth, clock)
    tokens: dict[str, str | None] = {PUBLIC: None, **_tokens(options.tokens)}
    people = [Person(name, institution, Desk(name, door, tokens[name], notebook), script, clock) for name in tokens]
    return PretendOffice(people, script, notebook, clock)


class PretendOffice:
    """Everybody looks at the desk in turn, again and again."""

    def __init__(self, people: Sequence[Person], script: Script, notebook: Notebook, clock: Clock) -> None:
        self._people, self._script, self._notebook, self._clock = people, script, notebook, clock
        self._is_cut_off = self._is_stopped = False

    async def run(self) -> None:
        """Rounds at the script's pace, until cancelled."""
        began, pace = self._clock.monotonic(), self._script.pace
        try:
            while True:
                await asyncio.to_thread(self.look_round)
                is_fast = self._clock.monotonic() - began < pace.fast_for_s
                await self._clock.sleep(pace.fast_s if is_fast else pace.slow_s)
        finally:
            # The round runs in a thread, which nobody can cancel.
            self._is_stopped = True

    def look_round(self) -> None:
        """Everybody once; whoever finds the door closed goes away, and so do those behind."""
        for person in self._people:
            for habit in WORK.get(_kind(person.name), ()):
                if self._is_stopped or not self._act(person, habit):
                    return
        self._is_cut_off = False

    def _act(self, person: Person, habit: Habit) -> bool:
        try:
            habit(person)
        except LinkError as error:
            if not self._is_cut_off:
                self._notebook.write(person.name, "find the door closed", reason=str(error))
            self._is_cut_off = True
            return False
        except Exception as error:
            # An answer of a shape that nobody expected must not send the whole office home.
            log.exception("%s cannot %s", person.name, habit.__name__)
            self._notebook.write(person.name, f"stumble over {habit.__name__}", reason=repr(error))
        return True


def _kind(name: str) -> str:
    for kind in (HEAD, STAFF):
        if name.startswith(kind):
            return kind
    return name


def _tokens(path: Path) -> dict[str, str]:
    try:
        return TypeAdapter(dict[str, str]).validate_python(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ConfigError(path, "file", f"must be a JSON object of tokens by account name: {error}") from error
