"""All SQL adapters on one database, as the ports they fit."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.adapters.sql.accounts import SqlAccounts
from cloud.adapters.sql.audit_trail import SqlAuditTrail
from cloud.adapters.sql.command_ledger import SqlCommandLedger
from cloud.adapters.sql.event_log import SqlEventLog
from cloud.adapters.sql.institution_book import SqlInstitutionBook
from cloud.adapters.sql.interval_book import SqlIntervalBook
from cloud.adapters.sql.quarantine import SqlQuarantine
from cloud.adapters.sql.registry import SqlRegistry
from cloud.adapters.sql.setting_book import SqlSettingBook
from cloud.adapters.sql.threshold_book import SqlThresholdBook
from cloud.core.ports import (
    Accounts,
    AuditTrail,
    CommandLedger,
    EventLog,
    InstitutionBook,
    IntervalBook,
    Quarantine,
    Registry,
    SettingBook,
    ThresholdBook,
)
from foundation.clock import Clock


@dataclass(frozen=True, slots=True)
class SqlPorts:
    """Safe to share between threads: every call is one short transaction on a connection of its own."""

    accounts: Accounts
    audit: AuditTrail
    commands: CommandLedger
    event_log: EventLog
    institutions: InstitutionBook
    intervals: IntervalBook
    quarantine: Quarantine
    registry: Registry
    settings: SettingBook
    thresholds: ThresholdBook


def sql_ports(engine: sa.Engine, clock: Clock) -> SqlPorts:
    """The adapters on a database that `migrate` has brought up to date."""
    return SqlPorts(
        accounts=SqlAccounts(engine),
        audit=SqlAuditTrail(engine, clock),
        commands=SqlCommandLedger(engine),
        event_log=SqlEventLog(engine),
        institutions=SqlInstitutionBook(engine),
        intervals=SqlIntervalBook(engine),
        quarantine=SqlQuarantine(engine),
        registry=SqlRegistry(engine),
        settings=SqlSettingBook(engine),
        thresholds=SqlThresholdBook(engine),
    )
