"""How often somebody may knock: a sliding window per visitor, in memory."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque

MOST_VISITORS = 10_000
"""More are not remembered: the one who has been quiet longest is forgotten first."""


class RateLimit:
    """At most `most` visits of one visitor within `window_s`; safe to ask from several threads."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most, self._window_ms = most, round(window_s * 1000)
        self._visits: OrderedDict[str, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def admits(self, visitor: str, now_ms: int) -> bool:
        """Count this visit if there is room for it; a refused one does not count."""
        with self._lock:
            visits = self._visits.setdefault(visitor, deque())
            self._visits.move_to_end(visitor)
            while len(self._visits) > MOST_VISITORS:
                self._visits.popitem(last=False)
            while visits and visits[0] <= now_ms - self._window_ms:
                visits.popleft()
            if len(visits) >= self._most:
                return False
            visits.append(now_ms)
            return True

    def forgive(self, visitor: str) -> None:
        """Take back the newest visit of this visitor."""
        with self._lock:
            if visits := self._visits.get(visitor):
                visits.pop()


def visitor_of(address: str) -> str:
    """Who stands behind a network address: in IPv6 whole /64 networks are one visitor's, who picks addresses freely."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
