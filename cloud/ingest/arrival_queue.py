"""What was heard and is not yet kept, in its order, bounded by points. No I/O.

Ingest takes what comes off the network at once and never lets it wait in the broker. So when the store does not keep
up, rows are left out here: their edge has them and sends them again. Births and deaths are never left out; a host
hears no more of them while the queue is overfull.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from gateway.deliveries import Delivery, Malformed, RowArrived

MOST_POINTS = 400_000
"""About a hundred bytes each."""
PLENTY_POINTS, PLENTY_MESSAGES = 5_000, 256
"""So much is worth a commit of its own."""
OVERFULL = 2
_BYTES_PER_POINT = 100
_POINTS_PER_TEXT = 10


class ArrivalQueue:
    """First in, first out; `left_out` counts rows that were turned away."""

    def __init__(self, most_points: int = MOST_POINTS) -> None:
        self._most = most_points
        self._waiting: deque[tuple[Delivery, int]] = deque()
        self._points = 0
        self.left_out = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def points(self) -> int:
        """What waits, in points; a birth counts its points, other content by its size."""
        return self._points

    @property
    def is_plenty(self) -> bool:
        return self._points >= PLENTY_POINTS or len(self._waiting) >= PLENTY_MESSAGES

    @property
    def is_overfull(self) -> bool:
        return self._points >= self._most * OVERFULL

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Queue what there is room for, and in any case every birth and death."""
        for one in deliveries:
            points = points_of(one)
            if isinstance(one, RowArrived | Malformed) and self._points and self._points + points > self._most:
                self.left_out += 1
                continue
            self._waiting.append((one, points))
            self._points += points

    def take(self, most_points: int) -> list[Delivery]:
        """The oldest, as long as they are so many points; at least one if there is any."""
        batch: list[Delivery] = []
        taken = 0
        while self._waiting and (not batch or taken + self._waiting[0][1] <= most_points):
            one, points = self._waiting.popleft()
            batch.append(one)
            taken += points
        self._points -= taken
        return batch


def points_of(one: Delivery) -> int:
    """What a delivery takes of a queue's room."""
    if isinstance(one, RowArrived):
        texts = len(one.events) + len(one.receipts) + len(one.faults)
        return 1 + len(one.readings) + _POINTS_PER_TEXT * texts + len(one.payload) // _BYTES_PER_POINT
    if isinstance(one, Malformed):
        return _POINTS_PER_TEXT + len(one.payload) // _BYTES_PER_POINT
    birth = getattr(one, "birth", None)
    return _POINTS_PER_TEXT * (1 + len(getattr(birth, "points", ())))
