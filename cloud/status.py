"""What the cloud holds, counted afresh from its databases by whoever asks; nothing here is remembered or computed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cloud.adapters.sql.database import open_database
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.adapters.stores import open_stores
from cloud.backup.after import EVERYWHERE, RESTORED
from cloud.backup.gaps import ledger_gaps
from cloud.backup.mark import refuse_unfinished
from cloud.core.command_record import CommandState
from cloud.core.institution import UNASSIGNED
from cloud.desks.books import Books
from cloud.desks.receiving import read_receiving
from cloud.figures import figures
from cloud.settings import read_settings
from cloud.store_copy.journal import refuse_half_copied
from foundation.clock import SystemClock
from gateway.stream import RangeSet

_VERIFIED = (CommandState.VERIFIED, CommandState.RELINQUISHED)
_PAGE = 1_000


def status(settings_file: Path) -> dict[str, Any]:
    """Readings by fate, devices online, who receives, breaches, commands verified, events by department."""
    settings = read_settings(settings_file)
    refuse_unfinished(settings.data_dir)
    refuse_half_copied(settings)
    engine = open_database(settings.database_url)
    ports = sql_ports(engine, SystemClock())
    store = open_stores(settings, engine, ports.registry).series
    institutions = [*(one.institution_id for one in ports.institutions.institutions()), UNASSIGNED]
    counts, receiving = store.counts(), read_receiving(ports, institutions)
    return {
        "stored": counts.stored,
        "duplicates": counts.duplicates,
        "quarantined": counts.quarantined,
        "redelivered": counts.redelivered,
        "malformed": ports.quarantine.counts()["malformed"],
        "devices_online": sum(device.is_online for device in ports.registry.devices(institutions)),
        "breaches": len(ports.thresholds.breaches(institutions, limit=_PAGE)),
        "commands_verified": sum(
            record.state in _VERIFIED for record in ports.commands.recent(institutions, limit=_PAGE)
        ),
        "receiving": [asdict(host) for host in receiving.hosts],
        "groups_unserved": list(receiving.unserved),
        "ledger_gaps": {f"{one.source} {one.stream}": one.rows.text() for one in ledger_gaps(store)},
        "restored": ports.settings.read(EVERYWHERE, RESTORED),
        "events_by_department": _events_by_department(ports),
        **figures(ports, institutions),
    }


def ledger(settings_file: Path, stream: str) -> RangeSet:
    """Rows of an edge's stream that the cloud has booked."""
    settings = read_settings(settings_file)
    engine = open_database(settings.database_url)
    return open_stores(settings, engine, sql_ports(engine, SystemClock()).registry).series.position(stream)


def _events_by_department(ports: Books) -> dict[str, int]:
    counted: Counter[str] = Counter()
    position = 0
    while page := ports.event_log.after(position, limit=_PAGE):
        counted.update(logged.event.department for logged in page)
        position = page[-1].position
    return dict(sorted(counted.items()))
