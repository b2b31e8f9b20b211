"""The script of the pretend staff: a day of an office as data."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from foundation.settings import FrozenModel, read_model
from simulators.calendar import SHANGHAI
from simulators.year.span import DEPARTMENTS, next_workday

FILE = Path(__file__).parent / "office_day.yaml"


def _known(department: str) -> str:
    if department not in DEPARTMENTS:
        raise ValueError(f"{department!r} is not one of {', '.join(DEPARTMENTS)}")
    return department


Department = Annotated[str, AfterValidator(_known)]
Stars = Annotated[int, Field(ge=1, le=5)]


class Ahead(FrozenModel):
    """A working day ahead: 1 is the next one; with `at` a time of it."""

    workday: int = Field(ge=1, le=30)
    at: time = time(9)

    def day(self, today: date) -> date:
        for _ in range(self.workday):
            today = next_workday(today)
        return today

    def moment(self, today: date) -> datetime:
        return datetime.combine(self.day(today), self.at, SHANGHAI)


class Ask(FrozenModel):
    """One request; a field that is a day ahead is written as `{workday: 1}`. `minutes` are those of a booking.

    `is_refused` when the platform has to say no.
    """

    by: str
    service: str
    subject: str
    fields: dict[str, str | int | bool | Ahead]
    start: Ahead | None = None
    minutes: int = Field(0, ge=0)
    stars: Stars = 5
    comment: str = ""
    is_refused: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Ask:
        if (self.start is None) != (self.minutes == 0):
            raise ValueError("start and minutes belong together")
        return self

    def body(self, institution: str, today: date) -> dict[str, Any]:
        """What is sent to the door."""
        fields = {name: _plain(value, today) for name, value in self.fields.items()}
        body = {"institution": institution, "service": self.service, "subject": self.subject, "fields": fields}
        if self.start is not None:
            start = self.start.moment(today)
            body |= {"start": start.isoformat(), "end": (start + timedelta(minutes=self.minutes)).isoformat()}
        return body


class Grant(FrozenModel):
    """A department asks for a data set of another; `is_refused` when the owner should say no."""

    department: Department
    dataset: str
    purpose: str
    is_refused: bool = False


class Case(FrozenModel):
    """A joint case that the head of `lead` opens."""

    lead: Department
    title: str
    subject: str
    departments: tuple[Department, ...] = Field(min_length=2)
    due_days: int = Field(ge=1)


class Surveys(FrozenModel):
    """What people think of each department, 1 to 5 by dimension; each person differs by chance."""

    scores: dict[Department, dict[str, Stars]]
    comments: dict[Department, str] = {}


class Risks(FrozenModel):
    """What heads do about risks: a note by rule, which ones wait, and which warnings were wrong.

    `answered_by` names who answers for whole departments beside their heads: what concerns people is shown to no other.
    """

    answered_by: dict[str, tuple[Department, ...]] = {}
    advice: str
    notes: dict[str, str] = {}
    left_open: tuple[str, ...] = ()
    false_alarms: tuple[str, ...] = ()


class Pace(FrozenModel):
    """Everybody looks once in `fast_s` during the first `fast_for_s` seconds, then once in `slow_s`."""

    fast_s: float = Field(gt=0)
    fast_for_s: float = Field(ge=0)
    slow_s: float = Field(gt=0)


class Script(FrozenModel):
    """The whole file."""

    schema_: Literal["xietong.people-script/1"] = Field(alias="schema")
    pace: Pace
    worker: str
    requests: tuple[Ask, ...]
    public: tuple[Ask, ...]
    datasets: tuple[Grant, ...]
    cases: tuple[Case, ...]
    surveys: Surveys
    risks: Risks
    reports: tuple[str, ...]
    superior_order: str


def load_script(path: Path | None = None) -> Script:
    """The checked script, by default the shipped one; wrong content raises ConfigError."""
    return read_model(Script, path or FILE)


def _plain(value: str | int | bool | Ahead, today: date) -> str | int | bool:
    return value.day(today).isoformat() if isinstance(value, Ahead) else value
