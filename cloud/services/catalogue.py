"""Service: what one kind of request asks for, one YAML file of `cloud/services/catalogue` each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from cloud.core.institution import SubjectKind
from cloud.records.kind import Level
from foundation.errors import ConfigError
from foundation.settings import FrozenModel, read_model
from foundation.texts import Language

FOLDER = Path(__file__).parent / "catalogue"

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
InputType = Literal["text", "choice", "integer", "number", "day", "flag"]
Mask = Literal["plate", "phone", "name"]
Audience = Literal["staff", "public"]
Names = dict[Language, str]


class ServiceField(FrozenModel):
    """One input. `level` says who may see it, `mask` how it looks to those who may see only part of it."""

    type: InputType
    label: Names = Field(min_length=2)
    required: bool = False
    choices: dict[Code, Names] = {}
    minimum: float | None = None
    maximum: float | None = None
    level: Level = "L2"
    mask: Mask | None = None

    @model_validator(mode="after")
    def _choices_belong_to_a_choice(self) -> Self:
        if (self.type == "choice") is not bool(self.choices):
            raise ValueError("a choice needs choices, nothing else has any")
        return self


class ServiceLevel(FrozenModel):
    """Minutes of the clock until somebody must have answered, and until it must be done."""

    respond_min: int = Field(gt=0)
    finish_min: int = Field(gt=0)


class UrgentLevel(ServiceLevel):
    """The level of requests of which one of the fields named in `when` holds one of its values."""

    when: dict[Code, tuple[bool | str, ...]] = Field(min_length=1)


class RiskInputs(FrozenModel):
    """How a request that treats a risk is filled: `text` takes the finding, `urgent` whether it is orange or red.

    `topics` gives the topic by rule id, `topic_else` that of all other rules.
    """

    text: Code
    urgent: Code | None = None
    topics: dict[str, Code] = {}
    topic_else: Code | None = None


class Service(FrozenModel):
    """`department` serves it, or `served_by` by topic; `subjects` are the kinds of things it may be about.

    `topic` names the choice that tells its demands apart. A `booking` holds its subject (room, vehicle) for a time.
    """

    code: Code
    name: Names = Field(min_length=2)
    description: Names = Field(min_length=2)
    department: Code
    audience: tuple[Audience, ...] = Field(min_length=1)
    subjects: tuple[SubjectKind, ...] = Field(min_length=1)
    fields: dict[Code, ServiceField] = Field(min_length=1)
    level: ServiceLevel
    urgent: UrgentLevel | None = None
    booking: Literal["room", "vehicle"] | None = None
    topic: Code | None = None
    served_by: dict[Code, Code] = {}
    risk: RiskInputs | None = None
    is_restricted: bool = False

    @model_validator(mode="after")
    def _refers_to_its_fields(self) -> Self:
        self._check_fields({*(self.urgent.when if self.urgent else ()), *_risk_fields(self.risk)})
        if self.topic is not None and self._field(self.topic).type != "choice":
            raise ValueError(f"topic {self.topic} is not a choice")
        if not set(self.served_by) <= self._topics():
            raise ValueError("served_by names departments by topic")
        if self.booking is not None and [kind.value for kind in self.subjects] != [self.booking]:
            raise ValueError(f"a booking of a {self.booking} is about a {self.booking} alone")
        if self.risk is not None:
            self._check_risk(self.risk)
        return self

    def level_of(self, fields: Mapping[str, Any]) -> ServiceLevel:
        """The service level of a request with these inputs."""
        if self.urgent is None:
            return self.level
        is_urgent = any(fields.get(name) in values for name, values in self.urgent.when.items() if name in fields)
        return self.urgent if is_urgent else self.level

    def department_for(self, fields: Mapping[str, Any]) -> str:
        """The department that serves a request with these inputs."""
        return self.served_by.get(self.topic_of(fields) or "", self.department)

    def topic_of(self, fields: Mapping[str, Any]) -> str | None:
        """The choice made in the topic field, if the service has one."""
        return None if self.topic is None else fields.get(self.topic)

    def _topics(self) -> set[str]:
        return set(self._field(self.topic).choices) if self.topic else set()

    def _field(self, name: str) -> ServiceField:
        if name not in self.fields:
            raise ValueError(f"{name} is used but not given in fields")
        return self.fields[name]

    def _check_fields(self, names: set[str]) -> None:
        for name in sorted(names):
            self._field(name)

    def _check_risk(self, risk: RiskInputs) -> None:
        if self.booking is not None:
            raise ValueError("a booking treats no risk")
        filled = {risk.text, *([self.topic] if self.topic else [])}
        unfilled = [name for name, one in self.fields.items() if one.required and name not in filled]
        if unfilled:
            raise ValueError(f"required {unfilled[0]} cannot be filled for a risk")
        topics = {*risk.topics.values(), *([risk.topic_else] if risk.topic_else else [])}
        if not topics <= self._topics() or (self.topic is not None and risk.topic_else is None):
            raise ValueError("topics of risks must be choices of the topic, with one for all other rules")


@cache
def load_services(folder: Path = FOLDER) -> dict[str, Service]:
    """Every service by code; a file not named after its code, or one that contradicts itself, raises ConfigError."""
    found: dict[str, Service] = {}
    for path in sorted(folder.glob("*.yaml")):
        service = read_model(Service, path)
        if service.code != path.stem:
            raise ConfigError(path, "code", f"{service.code} belongs in a file named {service.code}.yaml")
        found[service.code] = service
    if not found:
        raise ConfigError(folder, "*.yaml", "no service in this folder")
    return found


def _risk_fields(risk: RiskInputs | None) -> set[str]:
    return set() if risk is None else {risk.text, *([risk.urgent] if risk.urgent else [])}
