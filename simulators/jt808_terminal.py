"""A pretend vehicle terminal: calls its platform, registers, reports, and keeps what was not acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

from foundation.clock import Clock
from simulators import jt808_messages as says
from simulators.fix import Crossing, Fix

KEPT_MOST = 5_000
BATCH_MOST = 15
ANSWER_WITHIN_S = 10.0
HEARTBEAT_S = 30.0
CALL_AGAIN_S = 1.0
LOOK_S = 0.2

_log = logging.getLogger(__name__)


class Jt808Terminal:
    """Of one vehicle. Without a `platform` it drives in silence.

    `acknowledged` are the reports that the platform has answered, in order: it must never lose one of them.
    """

    def __init__(self, number: str, clock: Clock, *, platform: tuple[str, int] | None, is_2019: bool = True) -> None:
        self._number, self._clock, self._is_2019 = number, clock, is_2019
        self.platform = platform
        self.code: bytes | None = None
        self.alarms = 0
        self.acknowledged: list[bytes] = []
        self.calls = 0
        self._kept: deque[bytes] = deque(maxlen=KEPT_MOST)
        self._serial = 0
        self._away_until_s = 0.0
        self._writer: asyncio.StreamWriter | None = None

    @property
    def waiting(self) -> int:
        """Reports that nobody has acknowledged."""
        return len(self._kept)

    def report(self, fix: Fix, *, is_inside: bool, crossing: Crossing | None) -> None:
        """As Voice.report."""
        self._kept.append(says.position(fix, alarms=self.alarms, crossing=crossing))

    def cut(self, for_s: float) -> None:
        """No radio for so long."""
        self._away_until_s = self._clock.monotonic() + for_s
        if self._writer is not None:
            self._writer.transport.abort()

    async def run(self) -> None:
        """Call, report, call again; until cancelled."""
        while True:
            if self.platform is not None and self._clock.monotonic() >= self._away_until_s:
                try:
                    await self._call(*self.platform)
                except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                    _log.info("terminal %s: %s", self._number, error or type(error).__name__)
            await self._clock.sleep(CALL_AGAIN_S)

    async def _call(self, host: str, port: int) -> None:
        self.calls += 1
        reader, writer = await asyncio.open_connection(host, port)
        self._writer = writer
        try:
            if not await self._log_in(reader, writer):
                return
            while True:
                await self._report_kept(reader, writer)
        finally:
            self._writer = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _log_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.code is None:
            reply = await self._ask(reader, writer, says.REGISTER, says.registration(is_2019=self._is_2019))
            if reply.result != 0:
                return False
            self.code = reply.body[3:]
        told = says.authentication(self.code, is_2019=self._is_2019)
        if (await self._ask(reader, writer, says.AUTHENTICATE, told)).result != 0:
            self.code = None  # the platform is another one: register anew
            return False
        return True

    async def _report_kept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send what waits, several at once as a batch, and forget it when it is acknowledged; else a heartbeat."""
        quiet_s = 0.0
        while not self._kept:
            await self._clock.sleep(LOOK_S)
            quiet_s += LOOK_S
            if quiet_s >= HEARTBEAT_S:
                await self._ask(reader, writer, says.HEARTBEAT, b"")
                quiet_s = 0.0
        several = list(self._kept)[:BATCH_MOST]
        if len(several) == 1:
            reply = await self._ask(reader, writer, says.POSITION, several[0])
        else:
            reply = await self._ask(reader, writer, says.BATCH, says.batch(several))
        if reply.result == 0:
            self.acknowledged += several
            for body in several:
                if self._kept and self._kept[0] is body:
                    self._kept.popleft()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message_id: int, body: bytes
    ) -> says.Heard:
        """Send one message and wait for the reply to it."""
        self._serial = (self._serial + 1) & 0xFFFF
        writer.write(says.pack(message_id, body, number=self._number, serial=self._serial, is_2019=self._is_2019))
        await writer.drain()
        async with asyncio.timeout(ANSWER_WITHIN_S):
            while True:
                frame = (await reader.readuntil(b"\x7e")).strip(b"\x7e")
                if frame and (heard := says.unpack(frame)).answers == self._serial:
                    return heard
