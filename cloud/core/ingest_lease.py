"""Who ingests: the lease by which one process at a time is the Sparkplug host of a host id. See docs/decisions/0016."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from foundation.errors import XietongError

ALL_GROUPS: tuple[str, ...] = ()
"""A process that names no groups serves every group."""


class LeaseLost(XietongError):
    """This process is no longer the primary of its host id: it must not store, acknowledge or say anything more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a process wants to be. `holder` is unique for every start of a process, `process` is what people read.

    Processes of one host id stand in for each other, so `groups`, `store` and `key` must be the same for all of them.
    """

    host_id: str
    groups: tuple[str, ...]
    holder: str
    process: str
    store: str
    """Kind and bucket of the time-series store."""
    key: str
    """Public key of the commands."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A host id in this process's hands; `fence` grows with every taking, whoever takes.

    `state_ms` is the newest time that any process of this host id gave to a STATE message.
    """

    host_id: str
    fence: int
    state_ms: int


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else is the primary."""

    process: str


class ClaimRefused(XietongError):
    """The claim contradicts what other living processes do; `key` is the setting to look at."""

    def __init__(self, key: str, reason: str) -> None:
        self.key, self.reason = key, reason
        super().__init__(f"{key}: {reason}")


@dataclass(frozen=True, slots=True)
class IngestHost:
    """A host id as the database knows it: its primary, if one is alive, since when, and who stands by."""

    host_id: str
    groups: tuple[str, ...]
    primary: str | None
    since_ms: int
    standbys: tuple[str, ...] = ()

    def serves(self, group: str) -> bool:
        """Whether its primary hears this group now."""
        return self.primary is not None and (self.groups == ALL_GROUPS or group in self.groups)


class IngestHosts(Protocol):
    """What everybody may know about who ingests."""

    def hosts(self) -> list[IngestHost]:
        """Every host id that ever had a primary, by name."""
        ...


class LeaseBook(Protocol):
    """Leases by the database's clock. Every call is one short transaction; LinkError while there is no database."""

    def take(self, claim: Claim, term_ms: int) -> Lease | Held:
        """Take the lease if nobody alive has it; else be noted as standing by. Raises ClaimRefused."""
        ...

    def renew(self, lease: Lease, term_ms: int) -> None:
        """A full term from now on; raises LeaseLost when somebody has taken over."""
        ...

    def note_state(self, lease: Lease, state_ms: int) -> None:
        """Persist the time of a STATE before it is published; raises LeaseLost when somebody has taken over."""
        ...

    def leave(self, claim: Claim, lease: Lease | None) -> None:
        """Give the lease, or the place among those who stand by, to others at once."""
        ...


def shared_groups(one: Collection[str], other: Collection[str]) -> set[str] | None:
    """Groups that both would serve; None stands for all."""
    if one and other:
        return set(one) & set(other)
    return set(one or other) or None


def unserved(groups: Collection[str], hosts: Collection[IngestHost]) -> list[str]:
    """Those of `groups` that no living primary hears."""
    return sorted(group for group in set(groups) if not any(host.serves(group) for host in hosts))
