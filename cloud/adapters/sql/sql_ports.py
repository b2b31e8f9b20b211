"""All SQL adapters on one database, as the ports they fit."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.adapters.sql.accounts import SqlAccounts
from cloud.adapters.sql.audit_trail import SqlAuditTrail
from cloud.adapters.sql.command_ledger import SqlCommandLedger
from cloud.adapters.sql.counter_book import SqlCounterBook
from cloud.adapters.sql.energy_books import sql_energy_books
from cloud.adapters.sql.evaluation_books import sql_evaluation_books
from cloud.adapters.sql.event_log import SqlEventLog
from cloud.adapters.sql.institution_book import SqlInstitutionBook
from cloud.adapters.sql.interval_book import SqlIntervalBook
from cloud.adapters.sql.lease_book import SqlLeaseBook
from cloud.adapters.sql.order_book import SqlOrderBook
from cloud.adapters.sql.quarantine import SqlQuarantine
from cloud.adapters.sql.record_book import SqlRecordBook
from cloud.adapters.sql.registry import SqlRegistry
from cloud.adapters.sql.risk_books import sql_risk_books
from cloud.adapters.sql.service_books import sql_service_books
from cloud.adapters.sql.setting_book import SqlSettingBook
from cloud.adapters.sql.threshold_book import SqlThresholdBook
from cloud.core.department import Departments
from cloud.core.ports import BoardFeed, TimeSeriesStore
from cloud.core.store_upkeep import Upkeep
from cloud.desks.books import Books
from cloud.desks.door import DoorServices
from cloud.reporting.ports import PackageShelf
from foundation.clock import Clock
from foundation.rng import Rng
from foundation.texts import Language


def sql_ports(engine: sa.Engine, clock: Clock, *, groups: Collection[str] = ()) -> Books:
    """The adapters on a database that `migrate` has brought up to date; one that ingests names its `groups`."""
    return Books(
        accounts=SqlAccounts(engine),
        audit=SqlAuditTrail(engine, clock),
        commands=SqlCommandLedger(engine, groups),
        counters=SqlCounterBook(engine),
        event_log=SqlEventLog(engine),
        ingest_hosts=SqlLeaseBook(engine),
        institutions=SqlInstitutionBook(engine, clock),
        intervals=SqlIntervalBook(engine),
        quarantine=SqlQuarantine(engine),
        registry=SqlRegistry(engine, groups),
        settings=SqlSettingBook(engine),
        thresholds=SqlThresholdBook(engine),
        records=SqlRecordBook(engine),
        energy=sql_energy_books(engine),
        risk=sql_risk_books(engine),
        service=sql_service_books(engine),
        evaluation=sql_evaluation_books(engine),
        orders=SqlOrderBook(engine),
    )


def door_services(
    books: Books,
    *,
    store: TimeSeriesStore,
    shelf: PackageShelf,
    departments: Departments,
    sealing_key: Ed25519PrivateKey,
    clock: Clock,
    rng: Rng,
    wake: Callable[[], None],
    language: Language = "zh-CN",
    boards: BoardFeed | None = None,
    upkeep: Upkeep | None = None,
) -> DoorServices:
    """What doors and jobs are given, with everything relational from `books`."""
    return DoorServices(
        **{one.name: getattr(books, one.name) for one in fields(books)},
        store=store,
        shelf=shelf,
        departments=departments,
        sealing_key=sealing_key,
        clock=clock,
        rng=rng,
        wake=wake,
        language=language,
        boards=boards,
        upkeep=upkeep,
    )
