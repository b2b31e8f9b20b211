"""The sockets of the core: what capabilities and doors need of the outside. Adapters fit them; app.py plugs them in.

All calls are synchronous and short; a door that must not wait calls them in a thread. The relational ports raise
LinkError while their database cannot be used (locked, full, unreachable), with nothing changed, and ValueError for a
value that it cannot hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from cloud.core.access import Principal
from cloud.core.audit import AuditEntry
from cloud.core.command_record import CommandRecord, CommandRequest, CommandState
from cloud.core.counter_break import CounterNote, ParamChange
from cloud.core.energy_interval import EnergyInterval, EnergyTotal, IntervalVersion, Reason
from cloud.core.event import Event, LoggedEvent
from cloud.core.institution import Institution, InstitutionModel
from cloud.core.series import Aggregate, Sample, SeriesKey, StoreCounts, StreamRow, WriteResult
from cloud.core.threshold import Breach, Threshold
from gateway.messages import Command, CommandReceipt, DeviceBirth
from gateway.stream import RangeSet


class TimeSeriesStore(Protocol):
    """Readings by series and time, with the ledger of received rows beside them."""

    def write(self, rows: Sequence[StreamRow]) -> WriteResult:
        """Store rows and book them in the ledger, all or nothing, durable on return. Booked rows are skipped."""
        ...

    def refusals(self, row: StreamRow) -> Mapping[int, str]:
        """Which readings of a row cannot be held, by place, and why; for a row that `write` has refused by itself."""
        ...

    def position(self, stream: str) -> RangeSet:
        """Rows of this stream that the ledger holds."""
        ...

    def last(self, group: str, devices: Collection[str] | None = None) -> Mapping[SeriesKey, Sample]:
        """Newest sample by measured time of every series of the compound, or of the given devices."""
        ...

    def series(
        self, key: SeriesKey, start_ms: int, end_ms: int, *, window_ms: int | None = None, aggregate: Aggregate = "mean"
    ) -> list[Sample]:
        """Samples with start <= time < end in time order; with `window_ms`, one aggregate per window that has any.

        Aggregates take GOOD samples only. Windows of whole days begin at local midnight, all others at UTC multiples
        of `window_ms` (`cloud.core.series.window_start`). Where only means are left of a span, a sample is a mean at
        the start of its window, and aggregates weigh it by the readings that it stands for.
        """
        ...

    def counts(self) -> StoreCounts:
        """Everything counted from the stored rows themselves."""
        ...


class EventLog(Protocol):
    """Append-only log of events; every consumer keeps its own cursor."""

    def append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        """Log those whose event_id is new; returns these. Committed on return."""
        ...

    def after(self, position: int, limit: int = 500) -> list[LoggedEvent]: ...

    def find(self, event_ids: Collection[str]) -> list[LoggedEvent]:
        """Those with these ids, in the order of the log."""
        ...

    def recent(
        self,
        institution_ids: Collection[str],
        *,
        departments: Collection[str] | None = None,
        restricted_of: Collection[str] = (),
        limit: int = 100,
    ) -> list[LoggedEvent]:
        """Newest first, only of these institutions (and departments); restricted ones of `restricted_of` alone."""
        ...

    def cursor(self, consumer: str) -> int: ...

    def advance(self, consumer: str, position: int) -> None: ...


@dataclass(frozen=True, slots=True)
class RegisteredPoint:
    """A point as the last birth declared it."""

    name: str
    datatype: str
    unit: str
    kind: str
    writable: bool


@dataclass(frozen=True, slots=True)
class RegisteredDevice:
    """A device known from births. `changed_ms` is when it last came or went.

    `is_lossy`: its node sends without waiting for acknowledgements, so an outage may leave gaps.
    """

    institution_id: str
    group: str
    node: str
    device: str
    properties: Mapping[str, str]
    points: tuple[RegisteredPoint, ...]
    is_online: bool
    changed_ms: int
    is_lossy: bool = False


class Registry(Protocol):
    """Edge nodes and devices, known from their births alone."""

    def node_born(self, group: str, node: str, nonce: str, at_ms: int, *, is_lossy: bool = False) -> None: ...

    def node_lost(self, group: str, node: str, at_ms: int) -> None:
        """The node and all its devices are offline from `at_ms`."""
        ...

    def online_nodes(self) -> list[tuple[str, str]]:
        """Group and name of every node that counts as online."""
        ...

    def device_born(self, group: str, node: str, birth: DeviceBirth, at_ms: int) -> None: ...

    def device_lost(self, group: str, node: str, device: str, at_ms: int) -> None: ...

    def devices(self, institution_ids: Collection[str]) -> list[RegisteredDevice]: ...

    def properties_of(self, group: str, device: str) -> Mapping[str, str]:
        """Properties of the last birth; empty when there was none."""
        ...


class CommandLedger(Protocol):
    """Commands from proposal to end; `command` rows are how jobs and doors speak to the wire."""

    def propose(self, request: CommandRequest, state: CommandState, at_ms: int) -> None:
        """Enter a command as PROPOSED (an officer decides) or APPROVED (a policy decided).

        A command_id that is already known changes nothing.
        """
        ...

    def decide(self, command_id: str, *, approve: bool, by: str, at_ms: int) -> CommandRecord:
        """An officer's word on a PROPOSED command; another state raises DomainError."""
        ...

    def approved(self, now_ms: int, limit: int = 50) -> list[tuple[CommandRequest, str, int]]:
        """APPROVED and still valid commands, each with its node's session nonce and the end of its validity.

        Those of an offline node wait.
        """
        ...

    def sent(self, command: Command, at_ms: int) -> None:
        """Book that an APPROVED command is about to leave; one that is no longer APPROVED raises DomainError."""
        ...

    def close(self, receipt: CommandReceipt, *, group: str, node: str) -> None:
        """Book what this node says of a command; nothing if it is another node's.

        The same receipt twice changes nothing, and an end is never reopened.
        """
        ...

    def expire(self, now_ms: int) -> list[CommandRecord]:
        """APPROVED or SENT commands without a receipt long after their validity become EXPIRED or UNKNOWN."""
        ...

    def recent(self, institution_ids: Collection[str], *, limit: int = 100) -> list[CommandRecord]: ...

    def find(self, command_id: str) -> CommandRecord | None: ...

    def next_counter(self, issuer: str) -> int:
        """The issuer's next counter, strictly growing over restarts."""
        ...


class ThresholdBook(Protocol):
    """Thresholds that officers set and the breaches found."""

    def thresholds(self, institution_ids: Collection[str] | None = None) -> list[Threshold]:
        """All of these institutions; None means every institution (jobs only)."""
        ...

    def save(self, threshold: Threshold) -> None: ...

    def remove(self, institution_id: str, threshold_id: str) -> None: ...

    def save_breach(self, breach: Breach) -> None: ...

    def breaches(self, institution_ids: Collection[str] | None = None, *, limit: int = 100) -> list[Breach]: ...


class Quarantine(Protocol):
    """Bytes that could not be understood, kept as they came."""

    def put(self, *, topic: str, payload: bytes, reason: str, at_ms: int, stream: str = "", spool: int = 0) -> None: ...

    def counts(self) -> Mapping[str, int]:
        """`malformed` = payloads set aside without a known stream and row."""
        ...


class AuditTrail(Protocol):
    """Who changed what; rows are only ever added."""

    def record(
        self, *, institution_id: str, actor: str, action: str, subject: str, detail: Mapping[str, Any]
    ) -> None: ...

    def recent(self, institution_ids: Collection[str], *, limit: int = 100) -> list[AuditEntry]:
        """Newest first, only of these institutions."""
        ...


class InstitutionBook(Protocol):
    """The institution models, and which institution a compound belongs to."""

    def save(self, model: InstitutionModel, *, replacing: InstitutionModel | None = None) -> None:
        """Replace all that is entered about this institution; a compound of another one raises DomainError.

        With `replacing` only while that is what is entered; otherwise DomainError 409 `error.institution_changed`.
        """
        ...

    def institutions(self) -> list[Institution]: ...

    def model(self, institution_id: str, known_at_ms: int | None = None) -> InstitutionModel | None:
        """What is entered about an institution, or was at a time; None when nothing is."""
        ...

    def institution_of(self, group: str) -> str:
        """The institution of a compound, `UNASSIGNED` when nobody has entered it."""
        ...


class Accounts(Protocol):
    """Who a token stands for. Tokens are kept as SHA-256, never as they are."""

    def grant(self, token: str, principal: Principal, *, at_ms: int, expires_ms: int | None = None) -> None:
        """Let `token` stand for `principal`, for ever or until `expires_ms`; a known token raises ValueError."""
        ...

    def set_password(self, name: str, password: str, principal: Principal, *, at_ms: int) -> None:
        """Enter a local account, or change it; its password is kept as a salted scrypt digest."""
        ...

    def sign_in(
        self, name: str, password: str, token: str, *, now_ms: int, expires_ms: int | None = None
    ) -> Principal | None:
        """Let `token` stand for whoever has this name and password; None, and no token, for a wrong pair.

        After 5 wrong ones in a row the account rests for a minute each time. An account that is changed or removed
        meanwhile gives no token.
        """
        ...

    def reach_of(self, name: str, now_ms: int) -> frozenset[str]:
        """Every institution that somebody of this name reaches, by a local account or by any token that holds."""
        ...

    def accounts(self) -> list[Principal]:
        """Local accounts by name."""
        ...

    def remove_account(self, name: str, at_ms: int) -> None:
        """The account and all its tokens are worth nothing from now on."""
        ...

    def principal_of(self, token: str, now_ms: int) -> Principal | None:
        """None when the token is unknown, expired or withdrawn."""
        ...

    def withdraw(self, token: str, at_ms: int) -> None:
        """The token is worth nothing from now on; an unknown one changes nothing."""
        ...

    def withdraw_all(self, principal_name: str, at_ms: int) -> None: ...


class IntervalBook(Protocol):
    """Booked interval energy with its versions; what was once known is never lost."""

    def book(
        self, intervals: Sequence[EnergyInterval], known_from_ms: int, reason: Reason = Reason.LATE_READING
    ) -> int:
        """Book intervals, all or nothing; returns how many were new or different.

        Current intervals that they cover are superseded and kept as earlier versions; each new one is booked for
        what `restated_for` makes of `reason`. Overlapping each other, lying in two local days, or covering a current
        interval only in part raises ValueError.
        """
        ...

    def watermark(self, key: SeriesKey) -> int | None:
        """End of the newest current interval of a series; None before the first."""
        ...

    def first(self, keys: Collection[SeriesKey]) -> Mapping[SeriesKey, int]:
        """Start of the oldest current interval of each series; series without any are absent."""
        ...

    def between(
        self, key: SeriesKey, start_ms: int, end_ms: int, known_at_ms: int | None = None
    ) -> list[EnergyInterval]:
        """Intervals wholly within start..end that were current at `known_at_ms` (None: now), in time order."""
        ...

    def total(
        self, keys: Collection[SeriesKey], start_ms: int, end_ms: int, known_at_ms: int | None = None
    ) -> Mapping[SeriesKey, EnergyTotal]:
        """Sums over the intervals that `between` gives; series without any are absent."""
        ...

    def daily(
        self, keys: Collection[SeriesKey], first_day: date, end_day: date, known_at_ms: int | None = None
    ) -> Mapping[SeriesKey, Mapping[date, EnergyTotal]]:
        """Sums of the local days first <= day < end, in order; days and series without any interval are absent."""
        ...

    def versions(self, key: SeriesKey, start_ms: int, end_ms: int) -> list[IntervalVersion]:
        """Every version of intervals wholly within start..end, by time and then in the order of their booking."""
        ...

    def booked_after(self, position: int, start_ms: int, limit: int) -> tuple[list[EnergyInterval], int]:
        """Current intervals from `start_ms` on in the order of their booking after a position, and the new position.

        Begins at 0. Fewer than `limit` means that there are no more for now.
        """
        ...


class CounterBook(Protocol):
    """What is noted of counters beside their registers: breaks and corrections, with their versions."""

    def note(self, source: str, notes: Sequence[CounterNote], by: str, known_from_ms: int) -> bool:
        """What a source (a row of a book, a birth) says now, instead of what it said before; True when that differs."""
        ...

    def notes(self, known_at_ms: int | None = None) -> list[CounterNote]:
        """All that were current at `known_at_ms` (None: now), by time."""
        ...

    def unbooked(self) -> Mapping[int, CounterNote]:
        """Versions that began or ended and are not yet taken into the booked intervals."""
        ...

    def booked(self, versions: Collection[int]) -> None:
        """These versions are taken into the booked intervals."""
        ...

    def param_changes(self) -> list[ParamChange]:
        """Every birth with other parameters than the one before it, in their order."""
        ...


class SettingBook(Protocol):
    """Small settings that people change while the program runs, per institution."""

    def read(self, institution_id: str, name: str) -> Any:
        """The value, JSON-like; None when it was never written."""
        ...

    def write(self, institution_id: str, name: str, value: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class BoardPoint:
    """Something worked out for Grafana: names as in `device_profiles.measurements.BOARD_MEASUREMENTS`."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, int | float | str]
    at_ms: int
    order: int = 0
    """Tells points of one series and moment apart, 0 to 999."""


class BoardFeed(Protocol):
    """Where Grafana reads what is not a reading. The same point again overwrites itself."""

    def publish(self, points: Sequence[BoardPoint]) -> None: ...
