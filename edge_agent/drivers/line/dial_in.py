"""Serial servers over 4G that connect to us (DTUs): one port, told apart by the registration that each sends first.

A newer connection of a DTU replaces the older: mobile networks drop connections without telling either side.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from edge_agent.drivers.strangers import Strangers
from foundation.clock import Clock
from foundation.errors import ConfigError, LinkError
from foundation.link import Dial, Link, SocketLink

CALL_WAIT_S = 3.0
"""How long a line waits for its DTU before it counts as not connected."""
REGISTRATION_TIMEOUT_S = 20.0
MAX_REGISTRATION_BYTES = 512
END_MARK_BYTES = 4
"""A heartbeat this long or longer is also recognised behind a frame."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class DialInCounters:
    """What happened on one dial-in bus.

    `strangers` said no registration of this site, `pushed_out` are those of them that gave way to newer ones; both are
    counted at the first bus of a port for all of them.
    """

    calls: int = 0
    replaced: int = 0
    strangers: int = 0
    pushed_out: int = 0


class DialInSlot:
    """One DTU that is expected: the place where its latest connection is found."""

    def __init__(self, bus: str, door: DialInDoor, registration: bytes, heartbeat: bytes) -> None:
        self.bus, self.registration = bus, registration
        self.counters = DialInCounters()
        self._door = door
        self._noise = tuple(text for text in (registration, heartbeat) if text)
        self._link: _DtuLink | None = None
        self._called = asyncio.Event()

    @property
    def dial(self) -> Dial:
        """Waits a moment for the DTU's call; LinkError while it has not called, or the port cannot be opened."""

        async def dial() -> Link:
            await self._door.listen()
            try:
                async with asyncio.timeout(CALL_WAIT_S):
                    while self._link is None or self._link.is_taken:
                        self._called.clear()
                        await self._called.wait()
            except TimeoutError:
                raise LinkError(f"{self.bus}: the DTU has not called") from None
            self._link.is_taken = True
            return self._link

        return dial

    async def attach(self, link: SocketLink, unread: bytes) -> None:
        """Take a call; `unread` is what came after the registration."""
        before, self._link = self._link, _DtuLink(link, unread, self._noise)
        self.counters.calls += 1
        if before is not None:
            self.counters.replaced += before.is_open
            await before.close()
        self._called.set()

    async def close(self) -> None:
        """Hang up, and close the port when nobody else expects a call on it."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()
        await self._door.leave(self)


class DialInDoor:
    """One listening port and the slots behind it."""

    def __init__(self, host: str, port: int, clock: Clock) -> None:
        self.host, self.port = host, port
        self._slots: list[DialInSlot] = []
        self._server: asyncio.Server | None = None
        self._opening = asyncio.Lock()
        self._strangers: Strangers[SocketLink] = Strangers(clock)
        self._welcomes: dict[asyncio.Task[None], SocketLink] = {}

    def expect(self, bus: str, registration: str | None, heartbeat: str | None) -> DialInSlot:
        """A slot for one DTU. ConfigError when it cannot be told apart from another on this port."""
        slot = DialInSlot(bus, self, _bytes_of(registration), _bytes_of(heartbeat))
        for other in self._slots:
            texts = sorted((slot.registration, other.registration), key=len)
            if texts[1].startswith(texts[0]):
                reason = f"cannot be told apart from bus {other.bus} on port {self.port}"
                raise ConfigError("site", f"buses.{bus}.registration", reason)
        self._slots.append(slot)
        return slot

    async def listen(self) -> None:
        """Open the port unless it is open; LinkError when that fails. With port 0 `port` tells which it became."""
        async with self._opening:
            if self._server is not None:
                return
            loop = asyncio.get_running_loop()
            try:
                self._server = await loop.create_server(lambda: SocketLink(self._accept), self.host, self.port)
            except OSError as error:
                raise LinkError(f"cannot listen on {self.host}:{self.port}: {error.strerror or error}") from error
            self.port = self._server.sockets[0].getsockname()[1]

    async def leave(self, slot: DialInSlot) -> None:
        """The slot expects no more calls."""
        if slot in self._slots:
            self._slots.remove(slot)
        if not self._slots and self._server is not None:
            server, self._server = self._server, None
            server.close()
            welcomes = dict(self._welcomes)
            for task in welcomes:
                task.cancel()
            await asyncio.gather(*welcomes, return_exceptions=True)
            for link in welcomes.values():
                self._strangers.prove(link)
                await link.close()

    def _accept(self, link: SocketLink) -> None:
        pushed_out = self._strangers.enter(link, link.peer, expected=len(self._slots))
        task = asyncio.get_running_loop().create_task(self._welcome(link, pushed_out))
        self._welcomes[task] = link
        task.add_done_callback(self._welcomes.pop)

    async def _welcome(self, link: SocketLink, pushed_out: SocketLink | None) -> None:
        """Find out who calls; whoever does not say so in time is sent away."""
        if pushed_out is not None:
            await pushed_out.close()
            self._stranger_went(is_pushed_out=True)
        try:
            async with asyncio.timeout(REGISTRATION_TIMEOUT_S):
                slot, unread = await self._identify(link)
            if slot is not None and self._strangers.prove(link):
                await slot.attach(link, unread)
                return
        except (LinkError, TimeoutError):
            pass
        if self._strangers.leave(link):
            self._stranger_went()
        await link.close()

    def _stranger_went(self, *, is_pushed_out: bool = False) -> None:
        for first in self._slots[:1]:
            first.counters.strangers += 1
            first.counters.pushed_out += is_pushed_out
        if (remark := self._strangers.remark()) is not None:
            _log.warning("port %d: %s", self.port, remark)

    async def _identify(self, link: SocketLink) -> tuple[DialInSlot | None, bytes]:
        said = b""
        while True:
            for slot in self._slots:
                if said.startswith(slot.registration):
                    return slot, said.removeprefix(slot.registration).lstrip(b"\r\n")
            is_hopeless = not any(slot.registration.startswith(said) for slot in self._slots)
            if is_hopeless or len(said) > MAX_REGISTRATION_BYTES:
                return None, said
            said += await link.receive(REGISTRATION_TIMEOUT_S)


class DialInDoors:
    """The listening ports of one agent: buses that name the same port share it."""

    def __init__(self) -> None:
        self._doors: dict[tuple[str, int], DialInDoor] = {}

    def door(self, host: str, port: int, clock: Clock) -> DialInDoor:
        """The door of a port; it is opened when the first line dials. Port 0 is never shared."""
        return self._doors.setdefault((host, port), DialInDoor(host, port, clock))


class _DtuLink:
    """The link to a DTU without what it says for itself: heartbeats, and registrations that it repeats."""

    def __init__(self, link: SocketLink, unread: bytes, noise: tuple[bytes, ...]) -> None:
        self.is_open, self.is_taken = True, False
        self._link, self._unread, self._noise = link, unread, noise

    async def send(self, data: bytes) -> None:
        await self._link.send(data)

    async def receive(self, timeout_s: float) -> bytes:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while True:
            heard, self._unread = self._unread, b""
            data = self._without_noise(heard or await self._link.receive(max(0.0, end_s - loop.time())))
            if data:
                return data

    async def close(self) -> None:
        self.is_open = False
        with contextlib.suppress(LinkError):
            await self._link.close()

    def _without_noise(self, data: bytes) -> bytes:
        before = b""
        while data != before:
            before = data
            for noise in self._noise:
                data = data.removeprefix(noise)
                if len(noise) >= END_MARK_BYTES:
                    data = data.removesuffix(noise)
        return data


def _bytes_of(text: str | None) -> bytes:
    """The bytes of a text as a person writes it: plain, or `hex:` and hexadecimal digits. ValueError for bad digits."""
    if text is None:
        return b""
    return bytes.fromhex(text.removeprefix("hex:")) if text.startswith("hex:") else text.encode()
