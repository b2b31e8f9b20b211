"""What an unattended demo reports: every figure counted by somebody of its own, none worked out from the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from demo.commands import CloudStatus, EdgeStatus
from foundation.disk import replace_file


@dataclass(frozen=True, slots=True)
class Summary:
    """Readings: `acquired` and `dropped` from the outbox file, `pending` from outbox rows against the ledger,
    the rest from the cloud's stores. `indicators_by_department` are those with a value, `synergy` the composite degree
    of the last full month, `report_package` the file name of the newest one. Times in seconds from the start."""

    acquired: int
    stored: int
    pending: int
    dropped: int
    quarantined: int
    duplicates: int
    redelivered: int
    malformed: int
    devices_online: int
    breaches: int
    commands_verified: int
    events_by_department: Mapping[str, int]
    records: int
    alarms: int
    risks: int
    risks_by_department: Mapping[str, int]
    requests: int
    cases: int
    datasets_shared: int
    forecast_points: int
    effects: int
    indicators_by_department: Mapping[str, int]
    synergy: float | None
    report_package: str | None
    ready_s: float
    first_reading_s: float

    @property
    def is_balanced(self) -> bool:
        """Whether every reading that the outbox accepted is accounted for, once."""
        return self.acquired == self.stored + self.pending + self.dropped + self.quarantined

    def write(self, path: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        replace_file(path, f"{text}\n".encode())


def summarise(edge: EdgeStatus, cloud: CloudStatus, pending: int, *, ready_s: float, first_reading_s: float) -> Summary:
    """The summary of counts taken after the pollers have stopped."""
    return Summary(
        acquired=edge.acquired,
        pending=pending,
        dropped=edge.dropped,
        ready_s=round(ready_s, 1),
        first_reading_s=round(first_reading_s, 1),
        **{one.name: getattr(cloud, one.name) for one in fields(cloud)},
    )
