"""When a host may ask which node for a rebirth: seldom per node, and bounded over all nodes. No I/O.

A host that comes back to hundreds of nodes loses track of all of them at once; asked together they would answer
together, and their births would drown the data.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from foundation.rng import Rng

NodeId = tuple[str, str]

NODE_INTERVAL_S = 30.0
JITTER_S = 0.5
PER_SECOND = 20.0
BURST = 20.0


@dataclass(slots=True)
class _Bucket:
    """Tokens that come back with time."""

    tokens: float = BURST
    filled_at: float | None = None

    def take(self, now: float) -> bool:
        if self.filled_at is not None:
            self.tokens = min(BURST, self.tokens + (now - self.filled_at) * PER_SECOND)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class RebirthPacing:
    """Wishes wait here: `want` as often as a message is not understood, `due` says whom to ask now.

    A node is asked at most once in NODE_INTERVAL_S, all nodes together at most BURST + PER_SECOND x seconds. `now` is
    monotonic seconds.
    """

    rng: Rng
    _wishes: dict[NodeId, float] = field(default_factory=dict)
    _asked_at: dict[NodeId, float] = field(default_factory=dict)
    _bucket: _Bucket = field(default_factory=_Bucket)

    def want(self, node: NodeId, now: float) -> None:
        """The host lost track of this node; a wish that waits already keeps its place."""
        if node in self._wishes:
            return
        pause = self.rng.uniform(0, JITTER_S)
        earliest = self._asked_at.get(node, float("-inf")) + NODE_INTERVAL_S
        self._wishes[node] = max(now, earliest) + pause

    def born(self, node: NodeId) -> None:
        """Its births came: nothing is to be asked."""
        self._wishes.pop(node, None)

    def due(self, now: float) -> list[NodeId]:
        """Whom to ask now, the longest waiting first."""
        ready = deque(sorted((at, node) for node, at in self._wishes.items() if at <= now))
        asked: list[NodeId] = []
        while ready and self._bucket.take(now):
            _, node = ready.popleft()
            del self._wishes[node]
            self._asked_at[node] = now
            asked.append(node)
        return asked
