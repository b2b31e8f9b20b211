"""The risk centre on real SQL adapters: its jobs over a library of the test's own, on a clock that stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cloud.core.event import Event
from cloud.jobs.examine_rules import ExamineRules
from cloud.jobs.job import JobTools
from cloud.jobs.keep_risks import KeepRisks
from cloud.jobs.predict_risks import PredictRisks
from cloud.jobs.raise_alarms import RaiseAlarms
from cloud.risk.alarm import Alarm
from cloud.risk.library import Library
from cloud.risk.risk import Risk
from device_profiles.catalogue import load_catalogue
from tests.support.cloud_world import World
from tests.support.risk_rules import LIBRARY, an_event

SCOPE = frozenset({"office", "school"})


@dataclass
class RiskSide:
    """A world's risk centre; `start` is a new process over the same books."""

    world: World
    library: Library = LIBRARY
    jobs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        tools = JobTools(self.world.services, self.world.services.departments, load_catalogue())
        self.jobs = {
            "examine": ExamineRules(tools, self.library),
            "raise": RaiseAlarms(tools, self.library),
            "keep": KeepRisks(tools, self.library),
            "predict": PredictRisks(tools, self.library),
        }

    @property
    def now_ms(self) -> int:
        return self.world.clock.now_ms()

    def run(self, *names: str) -> None:
        """One round of these jobs, or of all in their order."""
        for name in names or self.jobs:
            while self.jobs[name].run():
                pass

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.run()

    def tell(self, kind: str, **changes: Any) -> Event:
        """Log an event that happens now; no job has run yet."""
        event = an_event(kind, self.now_ms, **changes)
        self.world.services.event_log.append([event])
        return event

    def alarms(self) -> list[Alarm]:
        """In the order of their opening."""
        return list(reversed(self.world.services.risk.alarms.alarms(SCOPE)))

    def risks(self) -> list[Risk]:
        return list(reversed(self.world.services.risk.register.risks(SCOPE)))

    def events(self, *kinds: str) -> list[Event]:
        logged: Iterable[Event] = (one.event for one in self.world.services.event_log.after(0, 10_000))
        return [event for event in logged if event.kind in kinds]
