"""One pretend person: who it is, where it works, and by which script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from foundation.clock import Clock, from_ms
from simulators.calendar import SHANGHAI
from simulators.people.desk import Desk
from simulators.people.script import Script

HEAD = "head-"
STAFF = "staff-"


@dataclass(frozen=True)
class Person:
    """`department` is that of a head, None for everybody else."""

    name: str
    institution: str
    desk: Desk
    script: Script
    clock: Clock

    @property
    def department(self) -> str | None:
        return self.name.removeprefix(HEAD) if self.name.startswith(HEAD) else None

    @property
    def today(self) -> date:
        return from_ms(self.clock.now_ms()).astimezone(SHANGHAI).date()


Habit = Callable[[Person], None]
"""Looks at one part of the desk and does what is due; raises LinkError when the door does not answer."""
