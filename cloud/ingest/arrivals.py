"""Sorts what a host application heard into what each port is to keep. No I/O.

A reading that must not be stored is quarantined singly; the good ones around it go on.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from cloud.core.event import Event, Severity
from cloud.core.series import StreamRow
from cloud.telemetry.quality import are_plain, refusal
from gateway.deliveries import Malformed, RowArrived
from gateway.messages import DeviceBirth, DeviceEvent, Reading
from gateway.stream import RangeSet

LATE_AFTER_MS = 60_000
MALFORMED_AT_EDGE = "edge.malformed"
_NOT_BORN: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SetAside:
    """Bytes for the quarantine; `stream` is empty when the row they came in is not known."""

    topic: str
    payload: bytes
    reason: str
    stream: str = ""
    spool: int = 0


@dataclass(slots=True)
class Arrivals:
    """One batch, sorted."""

    rows: list[StreamRow] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    heard: dict[tuple[str, str, str], RangeSet] = field(default_factory=dict)


class ArrivalSorter:
    """Knows what births declared, to which institution a compound belongs, and who answers for a kind of event."""

    def __init__(self, institution_of: Callable[[str], str], department_of: Callable[[str], str]) -> None:
        self._institution_of, self._department_of = institution_of, department_of
        self._datatypes: dict[tuple[str, str], dict[str, str]] = {}

    def declare(self, group: str, birth: DeviceBirth) -> None:
        """From here on the device's readings are held against this birth; points that it leaves out stay known."""
        known = self._datatypes.setdefault((group, birth.device), {})
        known.update({point.name: point.datatype for point in birth.points})

    def sort(self, arrivals: Arrivals, row: RowArrived | Malformed, now_ms: int) -> None:
        """Add to `arrivals` what is to be kept of a row."""
        if isinstance(row, Malformed):
            arrivals.set_aside.append(SetAside(row.topic, row.payload, row.reason))
        else:
            self._sort_row(arrivals, row, now_ms)

    def _sort_row(self, arrivals: Arrivals, row: RowArrived, now_ms: int) -> None:
        good = self._good(arrivals, row, now_ms)
        for fault in row.faults:
            reason = f"{fault.metric}: {fault.reason}"
            arrivals.set_aside.append(SetAside(row.topic, row.payload, reason, row.stream, row.spool))
        lost = len(row.readings) - len(good) + sum(fault.is_reading for fault in row.faults)
        arrivals.rows.append(StreamRow(row.stream, row.spool, row.group, row.device, good, lost))
        if row.stream:
            arrivals.heard.setdefault((row.group, row.node, row.stream), RangeSet()).add(row.spool)
        for event in row.events:
            self._sort_event(arrivals, row, event, now_ms)

    def _good(self, arrivals: Arrivals, row: RowArrived, now_ms: int) -> tuple[Reading, ...]:
        """The readings that can be kept; the others are set aside, each by itself."""
        datatypes = self._datatypes.get((row.group, row.device), _NOT_BORN)
        if are_plain(row.readings, datatypes, now_ms):
            return row.readings
        good: list[Reading] = []
        refused: dict[str, list[Reading]] = {}
        for reading in row.readings:
            reason = refusal(reading, datatypes.get(reading.point), now_ms)
            (good if reason is None else refused.setdefault(reason, [])).append(reading)
        for reason, readings in refused.items():
            arrivals.set_aside += [
                SetAside(row.topic, readings_bytes([one]), reason, row.stream, row.spool) for one in readings
            ]
        return tuple(good)

    def _sort_event(self, arrivals: Arrivals, row: RowArrived, event: DeviceEvent, now_ms: int) -> None:
        if event.kind == MALFORMED_AT_EDGE:
            arrivals.set_aside.append(_malformed_at_edge(event))
        subject = f"device:{event.device}" if event.device else f"node:{row.node}"
        arrivals.events.append(
            Event(
                event_id=event.event_id,
                institution_id=self._institution_of(row.group),
                kind=event.kind,
                department=self._department_of(event.kind),
                severity=Severity.INFO,
                subject=subject,
                occurred_ms=event.occurred_ms,
                received_ms=now_ms,
                is_late=now_ms - event.occurred_ms > LATE_AFTER_MS,
                data={**event.data, "group": row.group, "node": row.node, "device": event.device},
            )
        )


def readings_bytes(readings: Sequence[Reading]) -> bytes:
    """Readings as they are set aside: JSON that tells point, value, time and quality of each."""
    return json.dumps([asdict(one) for one in readings]).encode()


def _malformed_at_edge(event: DeviceEvent) -> SetAside:
    try:
        payload = base64.b64decode(str(event.data.get("payload", "")), validate=True)
    except ValueError:  # binascii.Error is one; text beyond ASCII raises another
        payload = b""
    return SetAside(str(event.data.get("topic", "")), payload, str(event.data.get("reason", "")))
