"""A wire on which every question and its answer are known beforehand; an answer may be empty, or bytes of any kind."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.link import Link

Exchanged = tuple[bytes | None, bytes]
"""The bytes expected (None: any) and those that come back."""


class ScriptedWire:
    """Fits the port Link; as a Dial it connects to itself."""

    def __init__(self, script: Sequence[Exchanged]) -> None:
        self._script = list(script)
        self._arrived: list[bytes] = []
        self.sent: list[bytes] = []

    async def __call__(self) -> Link:
        return self

    async def send(self, data: bytes) -> None:
        self.sent.append(data)
        expected, answer = self._script.pop(0)
        assert expected is None or data == expected, f"sent {data.hex(' ')} instead of {expected.hex(' ')}"
        if answer:
            self._arrived.append(answer)

    async def receive(self, timeout_s: float) -> bytes:
        if not self._arrived:
            raise TimeoutError
        return self._arrived.pop(0)

    async def close(self) -> None:
        pass

    @property
    def is_done(self) -> bool:
        """Whether the whole script was played."""
        return not self._script
