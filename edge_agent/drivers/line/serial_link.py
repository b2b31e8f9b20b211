"""A serial port (RS-485, RS-232, a pseudo terminal) as a Link: opened by pyserial, read by the loop."""

from __future__ import annotations

import asyncio
import os
import termios
from dataclasses import dataclass

import serial

from foundation.errors import LinkError
from foundation.link import MAX_UNREAD_BYTES, Dial, Inbox, Link

SEND_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class SerialFormat:
    """Speed in bits per second and the form of a byte, such as 8N1: data bits, parity (N, E, O), stop bits."""

    baud: int = 9600
    form: str = "8N1"

    @property
    def byte_s(self) -> float:
        """Seconds that one byte takes on the wire, start, parity and stop bits included."""
        return (1 + int(self.form[0]) + (self.form[1] != "N") + int(self.form[2])) / self.baud


class SerialLink:
    """An open serial port. `send` returns when the last bit is on its way, so that time-outs begin there."""

    def __init__(self, port: serial.Serial, byte_s: float) -> None:
        self._port, self._byte_s = port, byte_s
        self._fd = port.fileno()
        self._inbox = Inbox()
        os.set_blocking(self._fd, False)
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    async def send(self, data: bytes) -> None:
        if self._inbox.ended is not None:
            raise LinkError(self._inbox.ended)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._write(data)
        except (OSError, TimeoutError) as error:
            raise LinkError(f"{self._port.port}: {error or 'takes no bytes'}") from error
        await asyncio.sleep(len(data) * self._byte_s)

    async def receive(self, timeout_s: float) -> bytes:
        return await self._inbox.take(timeout_s)

    async def close(self) -> None:
        self._stop("closed")
        self._port.close()

    async def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                await self._writable()

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self._fd)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._stop(f"{self._port.port}: {error.strerror}")
            return
        if not data:
            self._stop(f"{self._port.port}: gone")
        elif len(self._inbox) + len(data) <= MAX_UNREAD_BYTES:
            # What nobody takes in time is no reply to anything: noise on the line.
            self._inbox.put(data)

    def _stop(self, reason: str) -> None:
        if self._inbox.ended is None:
            self._inbox.end(reason)
            asyncio.get_running_loop().remove_reader(self._fd)


def serial_dial(port: str, wire: SerialFormat) -> Dial:
    """A Dial to a serial port, taken for this process alone; a port that cannot be opened raises LinkError."""

    async def dial() -> Link:
        try:
            opened = serial.Serial(
                port,
                baudrate=wire.baud,
                bytesize=int(wire.form[0]),
                parity=wire.form[1],
                stopbits=int(wire.form[2]),
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError, termios.error) as error:
            # pyserial's own errors are OSErrors; of a port that goes away while it is set up termios speaks itself.
            raise LinkError(f"{port}: {error}") from error
        return SerialLink(opened, wire.byte_s)

    return dial
