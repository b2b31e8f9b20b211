"""Sequence rules of Sparkplug 3.0 as pure state: seq of every message, bdSeq of every connection."""

from __future__ import annotations

from dataclasses import dataclass

WRAP = 256


class SequenceCounter:
    """Counts 0..255 over all births, data and device deaths of one node (payloads-sequence-num-incrementing)."""

    def __init__(self) -> None:
        self._next = 0

    @property
    def next(self) -> int:
        """What `take` will give."""
        return self._next

    def take(self) -> int:
        number = self._next
        self._next = (number + 1) % WRAP
        return number

    def restart(self) -> None:
        """The next message is an NBIRTH and carries 0 (topics-nbirth-seq-num)."""
        self._next = 0


def next_bdseq(last: int | None) -> int:
    """bdSeq of the next CONNECT: 0 on a fresh store, then +1 up to 255, then 0 (topics-nbirth-bdseq-increment)."""
    return 0 if last is None else (last + 1) % WRAP


@dataclass(slots=True)
class SequenceCheck:
    """The host's view of one node's seq: tells a gap from the expected next number."""

    expected: int | None = None

    def birth(self, seq: int | None) -> None:
        self.expected = None if seq is None else (seq + 1) % WRAP

    def is_early(self, seq: int) -> bool:
        """Whether messages before this one are still missing; a number from behind is late, not early."""
        return self.expected is not None and 0 < (seq - self.expected) % WRAP < WRAP // 2

    def follows(self, seq: int | None) -> bool:
        """Whether `seq` is the next; afterwards the check goes on from `seq`, unless that came late."""
        if seq is None:
            return False
        is_next = self.expected is None or seq == self.expected
        if is_next or self.is_early(seq):
            self.expected = (seq + 1) % WRAP
        return is_next
