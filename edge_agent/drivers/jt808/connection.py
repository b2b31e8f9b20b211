"""One TCP connection of a terminal: bytes in, frames to the session, answers out, within bounds of time and memory."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from edge_agent.drivers.driver import Intake
from edge_agent.drivers.jt808.frame import FrameCutter, decode
from edge_agent.drivers.jt808.session import Answer, Session
from edge_agent.drivers.reporter import Reporter
from foundation.clock import Clock
from foundation.errors import ContractError

CHUNK = 4096
TURN = 16
"""Positions of a batch after which others have their turn."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection may idle, how long it may take to authenticate itself or to take what is sent.

    `waiting` answers may wait for the disk before nothing more is read; `garbage` bytes, or `faults` frames in a row
    that are none or leave the caller a stranger, end a connection.
    """

    idle_s: float = 1_800.0
    authenticate_within_s: float = 30.0
    send_within_s: float = 10.0
    waiting: int = 256
    garbage: int = 16_384
    faults: int = 20


@dataclass(slots=True)
class Counters:
    """What happened on one port since the start.

    `strangers` are connections that ended without authentication, `pushed_out` those of them that gave way to newer
    ones; `malformed` counts known terminals only. `unkept` positions found the disk full and were not acknowledged.
    """

    connections: int = 0
    strangers: int = 0
    pushed_out: int = 0
    frames: int = 0
    malformed: int = 0
    unknown: int = 0
    unauthenticated: int = 0
    replaced: int = 0
    idle: int = 0
    acknowledged: int = 0
    unkept: int = 0


class _Idle(Exception):
    """Nothing whole came for too long."""


class Surroundings(Protocol):
    """What a connection tells its listener."""

    @property
    def reporter(self) -> Reporter: ...

    def authenticated(self, device: str, connection: Connection) -> None: ...

    def heard_of(self, device: str) -> None: ...


class Connection:
    """Serves one accepted connection until it ends, is replaced, idles or misbehaves."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        session: Session,
        around: Surroundings,
        intake: Intake,
        clock: Clock,
        limits: Limits,
        counters: Counters,
    ) -> None:
        self._reader, self._writer, self._session, self._around = reader, writer, session, around
        self._intake, self._clock, self._limits, self._counters = intake, clock, limits, counters
        self._cutter = FrameCutter()
        self._waiting: asyncio.Queue[tuple[bytes, int]] = asyncio.Queue(limits.waiting)
        self._faults = 0
        self._is_over = False
        self._task: asyncio.Task[None] | None = None
        self._heard_s = clock.monotonic()

    async def serve(self) -> None:
        """Read and answer until the end; what the other side does raises nothing."""
        self._task = asyncio.current_task()
        acknowledging = asyncio.create_task(self._acknowledge())
        try:
            while not self._is_over and (data := await self._read()):
                await self._take(data)
            async with asyncio.timeout(self._limits.send_within_s):
                await self._waiting.join()
        except (OSError, _Idle):
            pass
        finally:
            acknowledging.cancel()
            await asyncio.gather(acknowledging, return_exceptions=True)
            await self._hang_up()

    def abort(self) -> None:
        """End at once, whatever waits."""
        self._writer.transport.abort()
        if self._task is not None:
            self._task.cancel()

    def ask_again(self, now_s: float) -> None:
        """Ask for parts of long messages that have not come."""
        if wanted := self._session.requests(now_s):
            self._writer.write(wanted)

    async def _read(self) -> bytes:
        """Bytes of the other side; b"" at the end. A terminal that trickles without a whole frame idles too."""
        is_known = self._session.terminal is not None
        allowed_s = self._limits.idle_s if is_known else self._limits.authenticate_within_s
        try:
            async with asyncio.timeout(max(0.0, self._heard_s + allowed_s - self._clock.monotonic())):
                return await self._reader.read(CHUNK)
        except TimeoutError:
            self._counters.idle += 1
            raise _Idle from None

    async def _take(self, data: bytes) -> None:
        for content in self._cutter.feed(data):
            await self._hear(content)
            if self._is_over:
                return
        if self._cutter.discarded > self._limits.garbage:
            self._counters.malformed += self._session.terminal is not None
            self._is_over = True

    async def _hear(self, content: bytes) -> None:
        self._counters.frames += 1
        try:
            frame = decode(content)
        except ContractError as error:
            self._fault(content, str(error))
            return
        was_known = self._session.terminal is not None
        left_out = self._intake.left_out
        self._session.doubt(left_out)
        answer = self._session.hear(frame, self._clock.now_ms(), self._clock.monotonic())
        terminal = self._session.terminal
        if answer.fault:
            self._fault(content, answer.fault)
        elif terminal is None:
            self._lead_nowhere()
        else:
            self._faults = 0
        if terminal is not None:
            self._heard_s = self._clock.monotonic()
            self._around.heard_of(terminal.id)
            if not was_known:
                self._around.authenticated(terminal.id, self)
        await self._follow(answer, left_out)

    async def _follow(self, answer: Answer, left_out: int) -> None:
        """`left_out` is that of the intake before the frame was heard."""
        for number, heard in enumerate(answer.heard, start=1):
            self._around.reporter.hand_in(heard)
            if number % TURN == 0:
                await asyncio.sleep(0)
        if answer.at_once:
            await self._send(answer.at_once)
        if answer.when_durable:
            await self._waiting.put((answer.when_durable, left_out))
        self._is_over = self._is_over or answer.is_last

    def _lead_nowhere(self) -> None:
        self._faults += 1
        self._is_over = self._is_over or self._faults >= self._limits.faults

    def _fault(self, content: bytes, reason: str) -> None:
        self._lead_nowhere()
        if reason == "unknown":
            self._counters.unknown += 1
        elif reason == "unauthenticated":
            self._counters.unauthenticated += 1
        elif self._session.terminal is not None:
            self._counters.malformed += 1
            self._intake.malformed(f"jt808/{self._session.terminal.id}", content, reason)

    async def _acknowledge(self) -> None:
        """Send what waits for the disk, as much as one commit has made durable at a time.

        When rows were left out since a frame was heard, its own may be among them, though nothing waits any more.
        """
        while True:
            waiting = [await self._waiting.get()]
            while not self._waiting.empty():
                waiting.append(self._waiting.get_nowait())
            is_kept = await self._intake.committed()
            kept = [reply for reply, left_out in waiting if is_kept and left_out == self._intake.left_out]
            self._counters.unkept += len(waiting) - len(kept)
            if kept:
                with contextlib.suppress(OSError):
                    await self._send(b"".join(kept))
                    self._counters.acknowledged += len(kept)
            for _ in waiting:
                self._waiting.task_done()

    async def _send(self, data: bytes) -> None:
        """Raises OSError when the other side does not take it in time."""
        self._writer.write(data)
        async with asyncio.timeout(self._limits.send_within_s):
            await self._writer.drain()

    async def _hang_up(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.send_within_s):
                await self._writer.wait_closed()
        self._writer.transport.abort()
