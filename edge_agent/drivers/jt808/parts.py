"""Long messages that come in parts: put together within bounds, missing parts asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from edge_agent.drivers.jt808.frame import Frame
from foundation.errors import ContractError

MOST_PARTS = 128
MOST_OPEN = 2
STALLED_AFTER_S = 10.0
MOST_REQUESTS = 3
MOST_ASKED = 100


@dataclass(slots=True)
class _Message:
    """A message under way; `first_serial` is that of its part 1, whichever came first."""

    count: int
    first_serial: int
    heard_s: float
    last: Frame
    bodies: dict[int, bytes] = field(default_factory=dict)
    requests: int = 0

    @property
    def missing(self) -> list[int]:
        return [number for number in range(1, self.count + 1) if number not in self.bodies]


class PartsJoiner:
    """Of one connection. The oldest of too many unfinished messages is given up."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], _Message] = {}
        self.given_up = 0

    def add(self, frame: Frame, now_s: float) -> Frame | None:
        """The whole message once its last part is here, with that part's serial; None until then.

        A message of too many parts raises ContractError.
        """
        if frame.package is None:
            return frame
        if frame.package.count > MOST_PARTS:
            raise ContractError(f"a message of {frame.package.count} parts")
        first_serial = (frame.serial - frame.package.number + 1) & 0xFFFF
        key = (frame.message_id, first_serial)
        message = self._open.get(key)
        if message is None or message.count != frame.package.count:
            message = self._begin(key, frame.package.count, frame, now_s)
        message.bodies[frame.package.number] = frame.body
        message.heard_s, message.last = now_s, frame
        if message.missing:
            return None
        del self._open[key]
        whole = b"".join(message.bodies[number] for number in range(1, message.count + 1))
        return replace(frame, body=whole, package=None)

    def stalled(self, now_s: float) -> Iterator[tuple[Frame, int, list[int]]]:
        """Messages of which nothing came for a while: a frame of theirs, serial of part 1, numbers that are missing."""
        for key, message in list(self._open.items()):
            if now_s - message.heard_s < STALLED_AFTER_S:
                continue
            if message.requests >= MOST_REQUESTS:
                del self._open[key]
                self.given_up += 1
                continue
            message.requests += 1
            message.heard_s = now_s
            yield message.last, message.first_serial, message.missing[:MOST_ASKED]

    def _begin(self, key: tuple[int, int], count: int, frame: Frame, now_s: float) -> _Message:
        self._open.pop(key, None)
        while len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
            self.given_up += 1
        self._open[key] = _Message(count, key[1], now_s, frame)
        return self._open[key]
