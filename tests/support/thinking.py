"""A cloud without wire, disk or people: the jobs over fakes and a clock that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from cloud.core.department import load_departments
from cloud.core.ports import RegisteredDevice, RegisteredPoint
from cloud.core.threshold import Threshold, ThresholdAction
from cloud.desks.door import DoorServices
from cloud.jobs.job import JobTools
from device_profiles.catalogue import load_catalogue
from foundation.rng import SeededRng
from tests.support.fake_counters import FakeCounterBook
from tests.support.fakes import (
    FakeEventLog,
    FakeInstitutionBook,
    FakeIntervalBook,
    FakeLedger,
    FakeRegistry,
    FakeStore,
    FakeThresholdBook,
)
from tests.support.manual_clock import ManualClock

INSTITUTION = "demo-county-office"
GROUP = "demo-county"
NODE = "edge-1"


@dataclass
class ThinkingSide:
    """The fakes by name, and `tools` that hand them to a job."""

    store: FakeStore = field(default_factory=FakeStore)
    log: FakeEventLog = field(default_factory=FakeEventLog)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    thresholds: FakeThresholdBook = field(default_factory=FakeThresholdBook)
    intervals: FakeIntervalBook = field(default_factory=FakeIntervalBook)
    counters: FakeCounterBook = field(default_factory=FakeCounterBook)
    clock: ManualClock = field(default_factory=ManualClock)
    woken: int = 0

    @property
    def tools(self) -> JobTools:
        return JobTools(self.services, load_departments(), load_catalogue())

    @property
    def services(self) -> DoorServices:
        unused = cast(Any, None)
        return DoorServices(
            store=self.store,
            event_log=self.log,
            registry=self.registry,
            commands=self.ledger,
            counters=self.counters,
            thresholds=self.thresholds,
            quarantine=unused,
            audit=unused,
            accounts=unused,
            institutions=FakeInstitutionBook(INSTITUTION),
            ingest_hosts=unused,
            intervals=self.intervals,
            settings=unused,
            records=unused,
            energy=unused,
            risk=unused,
            service=unused,
            evaluation=unused,
            orders=unused,
            shelf=unused,
            departments=load_departments(),
            sealing_key=unused,
            clock=self.clock,
            rng=SeededRng(1),
            wake=self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1


def device(name: str, role: str, *points: RegisteredPoint, **properties: str) -> RegisteredDevice:
    """A registered device that is online."""
    return RegisteredDevice(
        institution_id=INSTITUTION,
        group=GROUP,
        node=NODE,
        device=name,
        properties={"role": role, **properties},
        points=points,
        is_online=True,
        changed_ms=0,
    )


def gauge(name: str, unit: str, *, writable: bool = False) -> RegisteredPoint:
    return RegisteredPoint(name, "float", unit, "gauge", writable)


def counter(name: str, unit: str) -> RegisteredPoint:
    return RegisteredPoint(name, "int", unit, "counter", writable=False)


def peak_limit(**changes: Any) -> Threshold:
    """100 kW on the main meter of building A; a breach asks the air conditioning for 26 °C."""
    values: dict[str, Any] = {
        "threshold_id": "peak",
        "institution_id": INSTITUTION,
        "name": "Peak",
        "group": GROUP,
        "device": "a-main",
        "point": "Power/Active/Total",
        "limit": 100_000.0,
        "hysteresis": 10_000.0,
        "window_s": 30,
        "hold_s": 5,
        "automatic": True,
        "actions": (ThresholdAction("a-ac-1", "Setpoint/Temperature", 26.0, lease_s=600),),
    }
    return Threshold(**{**values, **changes})
