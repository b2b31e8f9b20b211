"""Plays a scenario on the running simulators and writes down what really happened, and when."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from foundation.clock import Clock
from foundation.errors import ConfigError
from simulators.fleet import Fleet
from simulators.frigate_box import FrigateBox
from simulators.leak import Leaks
from simulators.modbus_device import Fault, ModbusUnit
from simulators.scenario import (
    AnyStep,
    CameraOffline,
    DeviceFault,
    LastingStep,
    LeaveArea,
    Scenario,
    SeenObject,
    SetPoint,
    Speeding,
)

LOOK_EVERY_S = 0.2
Phase = Literal["start", "end"]


class GroundTruth:
    """Appends one JSON line per beginning and end of a cause; without a file it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, at_ms: int, at_s: float, phase: Phase, step: AnyStep) -> None:
        """`at_ms` is wall time, `at_s` the scenario's own time."""
        fact: dict[str, Any] = {"at_ms": at_ms, "at_s": round(at_s, 3), "phase": phase}
        self._append(fact | step.model_dump(mode="json", exclude={"at_s", "every_s"}, exclude_defaults=True))

    def write_leaks(self, at_ms: int, leaks: Leaks) -> None:
        """What leaks at the start; `since_ms` lies in the past."""
        for leak in leaks:
            self._append({"at_ms": at_ms, "at_s": 0.0, "phase": "start", "cause": "water_leak", **asdict(leak)})

    def _append(self, fact: dict[str, Any]) -> None:
        if self._path is None:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fact, ensure_ascii=False) + "\n")


class Stage:
    """What causes act upon: units by device id, the camera box, the vehicles."""

    def __init__(self, units: Mapping[str, ModbusUnit], box: FrigateBox, fleet: Fleet, clock: Clock) -> None:
        self._units, self._box, self._fleet, self._clock = units, box, fleet, clock

    def check(self, step: AnyStep) -> None:
        """Raise ConfigError if a device lacks the point to be set."""
        if not isinstance(step, SetPoint):
            return
        for device in step.devices:
            if self._units[device].profile.writable_point(step.point) is None:
                raise ConfigError("scenario", "point", f"{step.point} of {device} cannot be set")

    def begin(self, step: AnyStep) -> None:
        """Let the cause happen."""
        if isinstance(step, SetPoint):
            for device in step.devices:
                self._units[device].model.write(step.point, step.value, self._clock.now_ms())
                self._units[device].touch()
        elif isinstance(step, DeviceFault):
            self._units[step.device].inject(Fault(step.fault, step.amount, step.points))
        elif isinstance(step, SeenObject):
            self._box.stage(step.camera, step.zone, step.label, step.for_s)
        elif isinstance(step, CameraOffline):
            self._box.set_online(step.camera, is_online=False)
        elif isinstance(step, LeaveArea):
            self._fleet.leave_area(step.vehicle, step.for_s)
        elif isinstance(step, Speeding):
            self._fleet.speed(step.vehicle, step.speed_kmh, step.for_s)

    def end(self, step: AnyStep) -> None:
        """Let a lasting cause end; people and vehicles end theirs by themselves."""
        if isinstance(step, DeviceFault):
            self._units[step.device].heal(step.fault)
        elif isinstance(step, CameraOffline):
            self._box.set_online(step.camera, is_online=True)


class ScenarioRunner:
    """Plays one scenario; `start_file` is what `start_on: file` waits for."""

    def __init__(
        self, scenario: Scenario, stage: Stage, truth: GroundTruth, clock: Clock, start_file: Path | None = None
    ) -> None:
        if scenario.start_on == "file" and start_file is None:
            raise ConfigError("scenario", "start_on", "waits for a file, but no start file was given")
        for step in scenario.steps:
            stage.check(step)
        self._scenario, self._stage, self._truth, self._clock = scenario, stage, truth, clock
        self._start_file = start_file if scenario.start_on == "file" else None

    async def run(self) -> None:
        """Play until the last step is over; a scenario with repeated steps never ends."""
        while self._start_file is not None and not _exists(self._start_file):
            await self._clock.sleep(LOOK_EVERY_S)
        began = self._clock.monotonic()
        agenda = _Agenda(self._scenario)
        while (due := agenda.next()) is not None:
            at_s, phase, step = due
            await self._clock.sleep(max(began + at_s - self._clock.monotonic(), 0.0))
            act: Callable[[AnyStep], None] = self._stage.begin if phase == "start" else self._stage.end
            act(step)
            self._truth.write(self._clock.now_ms(), self._clock.monotonic() - began, phase, step)


class _Agenda:
    """Beginnings and ends of all steps in the order of their times."""

    def __init__(self, scenario: Scenario) -> None:
        self._steps = scenario.steps
        self._due: list[tuple[float, int, int, Phase]] = []
        for place, step in enumerate(self._steps):
            heapq.heappush(self._due, (step.at_s, 1, place, "start"))

    def next(self) -> tuple[float, Phase, AnyStep] | None:
        """The next thing to do, or None at the end; at the same moment ends come before beginnings."""
        if not self._due:
            return None
        at_s, _, place, phase = heapq.heappop(self._due)
        step = self._steps[place]
        if phase == "start" and step.every_s is not None:
            heapq.heappush(self._due, (at_s + step.every_s, 1, place, "start"))
        if phase == "start" and isinstance(step, LastingStep):
            heapq.heappush(self._due, (at_s + step.for_s, 0, place, "end"))
        return at_s, phase, step


def _exists(path: Path) -> bool:
    return path.exists()
