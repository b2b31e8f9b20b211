"""What the doors for people (api, console) are given: the ports, the clock, and a way to wake the other roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloud.core.ports import (
    Accounts,
    AuditTrail,
    CommandLedger,
    EventLog,
    InstitutionBook,
    IntervalBook,
    Quarantine,
    Registry,
    ThresholdBook,
    TimeSeriesStore,
)
from foundation.clock import Clock
from foundation.rng import Rng
from foundation.texts import Language


@dataclass(frozen=True, slots=True)
class DoorServices:
    """`wake` tells jobs and ingest that SQL holds something new; it must return at once and may be called anywhere.

    Changes go through `cloud.core.threshold_desk` and `cloud.core.command_desk`, which check, audit and wake.
    """

    store: TimeSeriesStore
    event_log: EventLog
    registry: Registry
    commands: CommandLedger
    thresholds: ThresholdBook
    quarantine: Quarantine
    audit: AuditTrail
    accounts: Accounts
    institutions: InstitutionBook
    intervals: IntervalBook
    clock: Clock
    rng: Rng
    wake: Callable[[], None]
    language: Language = "zh-CN"
