"""Every book that is kept in SQL: what doors and jobs read and write beside the time-series store."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.ingest_lease import IngestHosts
from cloud.core.ports import (
    Accounts,
    AuditTrail,
    CommandLedger,
    CounterBook,
    EventLog,
    InstitutionBook,
    IntervalBook,
    Quarantine,
    Registry,
    SettingBook,
    ThresholdBook,
)
from cloud.energy.ports import EnergyBooks
from cloud.evaluation.ports import EvaluationBooks
from cloud.records.ports import RecordBook
from cloud.reporting.ports import OrderBook
from cloud.risk.ports import RiskBooks
from cloud.services.ports import ServiceBooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Safe to share between threads: every call is one short transaction on a connection of its own."""

    accounts: Accounts
    audit: AuditTrail
    commands: CommandLedger
    counters: CounterBook
    event_log: EventLog
    ingest_hosts: IngestHosts
    institutions: InstitutionBook
    intervals: IntervalBook
    quarantine: Quarantine
    registry: Registry
    settings: SettingBook
    thresholds: ThresholdBook
    records: RecordBook
    energy: EnergyBooks
    risk: RiskBooks
    service: ServiceBooks
    evaluation: EvaluationBooks
    orders: OrderBook
