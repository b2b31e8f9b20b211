"""What the doors for people (api, console) and the jobs are given: ports, clock, and a way to wake other roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.department import Departments
from cloud.core.ports import (
    Accounts,
    AuditTrail,
    BoardFeed,
    CommandLedger,
    EventLog,
    InstitutionBook,
    IntervalBook,
    Quarantine,
    Registry,
    SettingBook,
    ThresholdBook,
    TimeSeriesStore,
)
from cloud.energy.ports import EnergyBooks
from cloud.evaluation.ports import EvaluationBooks
from cloud.records.ports import RecordBook
from cloud.reporting.ports import ReportBooks
from cloud.risk.ports import RiskBooks
from cloud.services.ports import ServiceBooks
from foundation.clock import Clock
from foundation.rng import Rng
from foundation.texts import Language


@dataclass(frozen=True, slots=True)
class DoorServices:
    """`wake` tells jobs and ingest that SQL holds something new; it must return at once and may be called anywhere.

    Changes go through the desks of this package, which check, audit and wake. `sealing_key` signs what leaves the
    house: report packages and case files.
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
    settings: SettingBook
    records: RecordBook
    energy: EnergyBooks
    risk: RiskBooks
    service: ServiceBooks
    evaluation: EvaluationBooks
    reporting: ReportBooks
    departments: Departments
    sealing_key: Ed25519PrivateKey
    clock: Clock
    rng: Rng
    wake: Callable[[], None]
    language: Language = "zh-CN"
    boards: BoardFeed | None = None
    """None when no Grafana reads the store."""
