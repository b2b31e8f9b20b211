"""One Modbus TCP connection: opened when needed, kept in step, and never a reply taken for another request."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from pymodbus.pdu import ModbusPDU

from edge_agent.drivers.modbus.reply import Frame, NotModbus, build_frame, check_reply, take_frame
from foundation.clock import Clock
from foundation.errors import DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError
from foundation.link import Dial, Link

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 15.0
CLOSE_TIMEOUT_S = 1.0
MAX_STALE_CHUNKS = 64


@dataclass(slots=True)
class LinkCounters:
    """What happened on one endpoint since the start."""

    requests: int = 0
    timeouts: int = 0
    wrong_replies: int = 0
    late_replies: int = 0
    refusals: int = 0
    link_errors: int = 0
    connects: int = 0


class Unreachable(LinkError):
    """No connection could be made, or the last attempt failed a moment ago; no unit was asked."""


class ModbusConnection:
    """Exchanges one request at a time; the caller sees to it that there is only one."""

    def __init__(self, name: str, dial: Dial, clock: Clock) -> None:
        self.counters = LinkCounters()
        self._name, self._dial, self._clock = name, dial, clock
        self._link: Link | None = None
        self._buffer = bytearray()
        self._transaction = 0
        self._back_off_s = 0.0
        self._dial_at_s = 0.0

    async def exchange(self, request: ModbusPDU, device: str, timeout_s: float) -> ModbusPDU:
        """Send `request` and return its proved reply.

        Raises Unreachable before anything is sent, then DeviceTimeout, DeviceRefused, DeviceReplyWrong or LinkError.
        """
        link = await self._open()
        self._transaction = self._transaction % 0xFFFF + 1
        request.transaction_id = self._transaction
        self.counters.requests += 1
        try:
            await link.send(build_frame(request))
            frame = await self._reply(link, timeout_s)
        except NotModbus as error:
            await self.close()
            self.counters.wrong_replies += 1
            raise DeviceReplyWrong(device, str(error)) from error
        except LinkError:
            await self.close()
            self.counters.link_errors += 1
            raise
        if frame is None:
            self.counters.timeouts += 1
            raise DeviceTimeout(device, timeout_s)
        return self._checked(device, request, frame)

    async def close(self) -> None:
        """Close the connection; the next request opens it again."""
        link, self._link = self._link, None
        self._buffer.clear()
        if link is None:
            return
        with contextlib.suppress(TimeoutError, LinkError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await link.close()

    async def _open(self) -> Link:
        """An open link without anything unread on it."""
        if self._link is not None:
            try:
                await self._discard_unread(self._link)
                return self._link
            except LinkError:
                # Gateways close idle connections; this is no failure of the unit to be asked.
                await self.close()
        wait_s = self._dial_at_s - self._clock.monotonic()
        if wait_s > 0:
            raise Unreachable(f"{self._name}: not connected, next attempt in {wait_s:.1f} s")
        try:
            self._link = await self._dial()
        except LinkError as error:
            self._back_off_s = min(max(FIRST_BACK_OFF_S, self._back_off_s * 2), LONGEST_BACK_OFF_S)
            self._dial_at_s = self._clock.monotonic() + self._back_off_s
            self.counters.link_errors += 1
            raise Unreachable(str(error)) from error
        self._back_off_s = 0.0
        self.counters.connects += 1
        return self._link

    async def _discard_unread(self, link: Link) -> None:
        for _ in range(MAX_STALE_CHUNKS):
            try:
                self._buffer += await link.receive(0)
            except TimeoutError:
                return
            while take_frame(self._buffer) is not None:
                self.counters.late_replies += 1
        raise NotModbus("the other side sends without being asked")

    async def _reply(self, link: Link, timeout_s: float) -> Frame | None:
        """The frame of the current transaction; None when the time is over. Frames of earlier ones are discarded."""
        deadline_s = self._clock.monotonic() + timeout_s
        while True:
            frame = take_frame(self._buffer)
            if frame is not None:
                if frame.transaction == self._transaction:
                    return frame
                self.counters.late_replies += 1
                continue
            left_s = deadline_s - self._clock.monotonic()
            try:
                self._buffer += await link.receive(max(0.0, left_s))
            except TimeoutError:
                if self._buffer:
                    # Half a frame: what follows could be read out of step.
                    await self.close()
                return None

    def _checked(self, device: str, request: ModbusPDU, frame: Frame) -> ModbusPDU:
        try:
            return check_reply(device, request, frame)
        except DeviceRefused:
            self.counters.refusals += 1
            raise
        except DeviceReplyWrong:
            self.counters.wrong_replies += 1
            raise
