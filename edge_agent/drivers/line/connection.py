"""One connection to a shared wire: opened when needed, drained, and never a reply taken for another question."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TypeVar

from edge_agent.drivers.driver import TooLate
from edge_agent.drivers.line.exchange import Exchange, NotInStep, StaleReply
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError
from foundation.link import Dial, Link

Reply = TypeVar("Reply")

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 15.0
CLOSE_TIMEOUT_S = 1.0
SETTLE_MARGIN_S = 0.1
"""Added to the time-out of a question whose reply may still come; and the silence that ends a settle window."""
LONGEST_SETTLE = 3
"""Bytes that keep coming prolong a settle window to at most so many of its lengths."""
GAP_BYTES, SHORTEST_GAP_S = 3.5, 0.00175
"""Silence between frames on a serial line: Modbus over Serial Line V1.02, section 2.5.1.1."""
LONGEST_FRAME_BYTES = 256
MAX_STALE_CHUNKS = 64
MAX_UNREAD_BYTES = 4096


@dataclass(slots=True)
class LineCounters:
    """What happened on one line since the start."""

    requests: int = 0
    timeouts: int = 0
    wrong_replies: int = 0
    late_replies: int = 0
    refusals: int = 0
    link_errors: int = 0
    connects: int = 0
    settles: int = 0


class Unreachable(LinkError):
    """No connection could be made, or the last attempt failed a moment ago; no unit was asked."""


class LineConnection:
    """Exchanges one question at a time; the caller sees to it that there is only one.

    `settle_s` None: the time-out of the failed question and SETTLE_MARGIN_S. `byte_s` is the time of
    one byte on the wire (0: fast); it gives the silence before a frame and the longer wait for long replies.
    """

    def __init__(
        self, name: str, dial: Dial, clock: Clock, *, settle_s: float | None = None, byte_s: float = 0.0
    ) -> None:
        self.counters = LineCounters()
        self._name, self._dial, self._clock = name, dial, clock
        self._settle_s, self._byte_s = settle_s, byte_s
        self._gap_s = max(GAP_BYTES * byte_s, SHORTEST_GAP_S) if byte_s else 0.0
        self._link: Link | None = None
        self._buffer = bytearray()
        self._back_off_s = 0.0
        self._dial_at_s = 0.0
        self._settle_for_s = 0.0
        self._settle_from_s = 0.0
        self._last_byte_s = float("-inf")

    @property
    def settling_s(self) -> float:
        """Seconds for which the next question has to wait because of the last."""
        return self._settle_for_s

    async def exchange(self, exchange: Exchange[Reply], timeout_s: float, until_s: float | None = None) -> Reply:
        """Ask and return the proved reply.

        Raises Unreachable, or TooLate from `until_s` on, before anything is sent; then DeviceTimeout, DeviceRefused,
        DeviceReplyWrong or LinkError.
        """
        link = await self._open(exchange)
        frame = exchange.frame()
        await self._keep_gap()
        if until_s is not None and self._clock.monotonic() >= until_s:
            raise TooLate(f"{exchange.unit}: the line was not free in time")
        self.counters.requests += 1
        try:
            await link.send(frame)
            reply = await self._reply(link, exchange, timeout_s)
        except NotInStep as error:
            await self.close()
            self.counters.wrong_replies += 1
            raise DeviceReplyWrong(exchange.unit, str(error)) from error
        except LinkError:
            await self.close()
            self.counters.link_errors += 1
            raise
        except DeviceRefused:
            self.counters.refusals += 1
            raise
        except DeviceError:
            self.counters.wrong_replies += 1
            self._settle_later(exchange, timeout_s)
            raise
        if reply is None:
            self.counters.timeouts += 1
            self._settle_later(exchange, timeout_s)
            raise DeviceTimeout(exchange.unit, timeout_s)
        return reply

    async def close(self) -> None:
        """Close the connection; the next question opens it again."""
        link, self._link = self._link, None
        self._buffer.clear()
        if link is None:
            return
        with contextlib.suppress(TimeoutError, LinkError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await link.close()

    async def _open(self, exchange: Exchange[Reply]) -> Link:
        """An open link without anything unread on it."""
        if self._link is not None:
            try:
                return await self._quiet(self._link, exchange)
            except LinkError:
                # Gateways close idle connections; this is no failure of the unit to be asked.
                await self.close()
        wait_s = self._dial_at_s - self._clock.monotonic()
        if wait_s > 0:
            raise Unreachable(f"{self._name}: not connected, next attempt in {wait_s:.1f} s")
        try:
            self._link = await self._dial()
            # The wire behind a new connection is the old one.
            link = await self._quiet(self._link, exchange)
        except LinkError as error:
            await self.close()
            self._back_off_s = min(max(FIRST_BACK_OFF_S, self._back_off_s * 2), LONGEST_BACK_OFF_S)
            self._dial_at_s = self._clock.monotonic() + self._back_off_s
            self.counters.link_errors += 1
            raise Unreachable(str(error)) from error
        self._back_off_s = 0.0
        self.counters.connects += 1
        return link

    async def _quiet(self, link: Link, exchange: Exchange[Reply]) -> Link:
        await self._settle(link)
        await self._discard_unread(link, exchange)
        return link

    def _settle_later(self, exchange: Exchange[Reply], timeout_s: float) -> None:
        """The reply may still come: the next question, whose ever it is, waits until it has."""
        if not exchange.is_numbered:
            self._settle_from_s = self._clock.monotonic()
            self._settle_for_s = timeout_s + SETTLE_MARGIN_S if self._settle_s is None else self._settle_s

    async def _settle(self, link: Link) -> None:
        """Read and drop until the settle window is over and the wire is silent."""
        if self._settle_for_s <= 0:
            return
        end_s = self._settle_from_s + self._settle_for_s
        last_end_s = self._settle_from_s + self._settle_for_s * LONGEST_SETTLE
        self.counters.settles += 1
        while (left_s := end_s - self._clock.monotonic()) > 0:
            try:
                self._hear(await link.receive(left_s))
            except TimeoutError:
                break
            end_s = min(max(end_s, self._clock.monotonic() + SETTLE_MARGIN_S), last_end_s)
        self._settle_for_s = 0.0

    async def _discard_unread(self, link: Link, exchange: Exchange[Reply]) -> None:
        for _ in range(MAX_STALE_CHUNKS):
            self._drop_stale(exchange)
            try:
                self._hear(await link.receive(0))
            except TimeoutError:
                return
        raise NotInStep("the other side sends without being asked")

    def _drop_stale(self, exchange: Exchange[Reply]) -> None:
        """Of a numbered language whole frames, so that half a late reply keeps the stream in step; else all bytes."""
        if not self._buffer:
            return
        if not exchange.is_numbered:
            self.counters.late_replies += 1
            self._buffer.clear()
        while self._buffer and self._cut(exchange):
            self.counters.late_replies += 1

    def _cut(self, exchange: Exchange[Reply]) -> bool:
        """Cut one frame off the buffer, whatever it says; False when there is no whole one."""
        try:
            return exchange.take(self._buffer) is not None
        except (StaleReply, DeviceError):
            return True

    async def _keep_gap(self) -> None:
        wait_s = self._last_byte_s + self._gap_s - self._clock.monotonic()
        if wait_s > 0:
            await self._clock.sleep(wait_s)

    async def _reply(self, link: Link, exchange: Exchange[Reply], timeout_s: float) -> Reply | None:
        """The proved reply; None when the time is over. A reply that has begun may take the time of a whole frame."""
        asked_s = self._clock.monotonic()
        left_s, frame_s = timeout_s, LONGEST_FRAME_BYTES * self._byte_s
        while left_s >= 0:
            try:
                self._hear(await link.receive(left_s))
            except TimeoutError:
                break
            reply = self._take(exchange)
            if reply is not None:
                return reply
            left_s = asked_s + timeout_s + frame_s - self._clock.monotonic()
        if self._buffer and exchange.is_numbered:
            # Half a frame: what follows could be read out of step.
            await self.close()
        return None

    def _take(self, exchange: Exchange[Reply]) -> Reply | None:
        while self._buffer:
            try:
                return exchange.take(self._buffer)
            except StaleReply:
                self.counters.late_replies += 1
        return None

    def _hear(self, data: bytes) -> None:
        self._buffer += data
        self._last_byte_s = self._clock.monotonic()
        if len(self._buffer) > MAX_UNREAD_BYTES:
            raise NotInStep(f"{len(self._buffer)} bytes that are no reply")
