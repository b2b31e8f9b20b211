"""What a job is: one short round of work, done again and again. A module of this package exports `JOB`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloud.core.department import Departments
from cloud.core.institution import UNASSIGNED
from cloud.desks.door import DoorServices
from device_profiles.catalogue import Catalogue

Round = Callable[[], bool]
"""One round of work, called in a thread, never twice at once; True when there is more to do at once."""


@dataclass(frozen=True, slots=True)
class JobTools:
    """What jobs are built from."""

    services: DoorServices
    departments: Departments
    catalogue: Catalogue

    def institution_ids(self) -> list[str]:
        """Every institution, and the place of compounds that none has entered."""
        return [one.institution_id for one in self.services.institutions.institutions()] + [UNASSIGNED]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """How a job is built, how long it rests between rounds, and whether news in SQL end the rest."""

    period_s: float
    build: Callable[[JobTools], Round]
    is_woken: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A built job, ready to run."""

    name: str
    period_s: float
    is_woken: bool
    run: Round
