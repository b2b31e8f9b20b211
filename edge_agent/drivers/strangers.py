"""Callers of a listening port who have not proved yet who they are: few at a time, and the oldest give way to the new.

Whoever proves itself in time is served, however many others hold connections and say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from ipaddress import IPv6Address, ip_address
from typing import Generic, TypeVar

from foundation.clock import Clock

SPARE_PER_ADDRESS, SPARE = 8, 16
"""Strangers beyond those who are expected: a mobile network may show all of them under one address."""
SAY_EVERY_S = 60.0
HOST_PART_BITS = 64
"""Of an IPv6 address: whoever has one has all that differ only in these."""

Caller = TypeVar("Caller", bound=Hashable)


class Seldom:
    """Bounds a log that others could fill."""

    def __init__(self, clock: Clock, every_s: float = SAY_EVERY_S) -> None:
        self._clock, self._every_s = clock, every_s
        self._next_s = float("-inf")

    def is_due(self) -> bool:
        """Whether a line may be written; the next one `every_s` after it."""
        now_s = self._clock.monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._every_s
        return True


class Strangers(Generic[Caller]):
    """The strangers of one port; a caller that has proved itself is none, and nothing here can push it out.

    `total` counts those that went without having proved themselves, `pushed_out` those of them that gave way.
    """

    def __init__(self, clock: Clock) -> None:
        self.total = self.pushed_out = 0
        self._latest = ""
        self._seldom = Seldom(clock)
        self._origins: dict[Caller, str] = {}

    def __len__(self) -> int:
        return len(self._origins)

    def enter(self, caller: Caller, address: str, *, expected: int) -> Caller | None:
        """Take in a new caller on a port where `expected` others may call; returns whom to hang up on, if anybody.

        That is the oldest of its own address when that has its share; else, when all places are taken, the oldest of
        the address that holds most.
        """
        origin = origin_of(address)
        goes = self._who_gives_way(origin, expected)
        if goes is not None:
            self.pushed_out += 1
            self._went(goes)
        self._origins[caller] = origin
        return goes

    def prove(self, caller: Caller) -> bool:
        """The caller is known from now on; False when it was pushed out before."""
        return self._origins.pop(caller, None) is not None

    def leave(self, caller: Caller) -> bool:
        """The caller is gone; whether it went as a stranger, by itself or because it proved nothing."""
        if caller not in self._origins:
            return False
        self._went(caller)
        return True

    def remark(self) -> str | None:
        """The line for the log about strangers that have gone; None when there was one a short while ago."""
        if not self._seldom.is_due():
            return None
        return (
            f"{self.total} callers since the start were nobody of this site, {self.pushed_out} of them gave way "
            f"to newer ones; the latest from {self._latest}"
        )

    def _who_gives_way(self, origin: str, expected: int) -> Caller | None:
        held = Counter(self._origins.values())
        if held[origin] >= SPARE_PER_ADDRESS + expected:
            return self._oldest_of(origin)
        if len(self._origins) >= SPARE + 2 * expected:
            # Among equals the one that comes first: its oldest caller is the oldest of all.
            return self._oldest_of(max(held, key=lambda one: held[one]))
        return None

    def _oldest_of(self, origin: str) -> Caller:
        return next(caller for caller, one in self._origins.items() if one == origin)

    def _went(self, caller: Caller) -> None:
        self.total += 1
        self._latest = self._origins.pop(caller)


def origin_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of an IPv6 address; other texts as they are."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> HOST_PART_BITS << HOST_PART_BITS)}/{128 - HOST_PART_BITS}"
