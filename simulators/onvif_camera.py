"""A pretend ONVIF camera: its web service over HTTP, with pull points that lapse, a password, and bad days."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from simulators import onvif_messages as says
from simulators.http_digest import challenge, is_proved
from simulators.onvif_messages import Told

LONGEST_REQUEST = 64 * 1024
TOKEN_VALID_S = 60.0
MOST_WAIT_S = 30.0
NONCE = "5b3f0c1e"
VIDEO, RULE = ("VideoSourceConfigurationToken", "video_1"), ("Rule", "line-1")

MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"
TAMPER = "tns1:VideoSource/GlobalSceneChange/ImagingService"
STORAGE = "tns1:Device/HardwareFailure/StorageFailure"
LINE = "tns1:RuleEngine/LineDetector/Crossed"


@dataclass
class Behaviour:
    """How the camera behaves today; `skew_s` is how far its clock is ahead of the world's."""

    hangs: bool = False
    asks_digest: bool = False
    """HTTP digest before anything else, as cameras with profile T do."""
    skew_s: float = 0.0
    renews: bool = True
    reply: bytes | None = None
    """Given instead of every answer, whatever was asked."""


@dataclass
class _PullPoint:
    ends_s: float
    waiting: deque[Told] = field(default_factory=deque)
    came: asyncio.Event = field(default_factory=asyncio.Event)


class OnvifCamera:
    """Listens on one port of this machine. `requests` counts what was asked, by operation."""

    def __init__(self, username: str = "edge", password: str = "secret") -> None:  # noqa: S107 (a pretend camera)
        self._username, self._password = username, password
        self.behaviour = Behaviour()
        self.requests: dict[str, int] = {}
        self.refusals = 0
        """Requests that had to prove the password first."""
        self.port = 0
        self._points: dict[int, _PullPoint] = {}
        self._numbers = 0
        self._states: dict[str, Told] = {}
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    @property
    def subscriptions(self) -> int:
        """Pull points that live."""
        self._forget_lapsed()
        return len(self._points)

    async def start(self) -> None:
        """Listen; the port stays the same over a reboot."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Lose power: connections and pull points are gone."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()
        self.lapse()
        await asyncio.gather(*(task for task in self._connections.values() if task), return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def lapse(self) -> None:
        """Forget all pull points, as a camera does whose subscribers come too late."""
        for point in self._points.values():
            point.came.set()
        self._points.clear()

    def set_property(self, topic: str, name: str, *, is_on: bool, at: datetime | None = None) -> None:
        """A property has a value; subscribers hear of it, later ones as `Initialized`."""
        told = Told(topic, at or self._now(), (VIDEO,), ((name, "true" if is_on else "false"),))
        self._states[topic] = told
        self._tell(told)

    def cross_line(self, object_id: str = "7") -> None:
        """Something crosses a line drawn in the picture: an event, not a property."""
        self._tell(Told(LINE, self._now(), (VIDEO, RULE), (("ObjectId", object_id),), operation=""))

    def tell(self, told: Told) -> None:
        """Any notification."""
        self._tell(told)

    def _tell(self, told: Told) -> None:
        self._forget_lapsed()
        for point in self._points.values():
            point.waiting.append(told)
            point.came.set()

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.behaviour.skew_s)

    def _forget_lapsed(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for number in [number for number, point in self._points.items() if point.ends_s < now_s]:
            del self._points[number]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections[writer] = asyncio.current_task()
        try:
            while (request := await _read_request(reader)) is not None:
                if self.behaviour.hangs:
                    await reader.read()
                    return
                writer.write(await self._reply(*request))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            del self._connections[writer]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _reply(self, head: bytes, request: bytes) -> bytes:
        """The whole HTTP response."""
        if self.behaviour.asks_digest and not is_proved(head, NONCE, self._username, self._password):
            self.refusals += 1
            return b"HTTP/1.1 401 Unauthorized\r\n" + challenge(NONCE) + b"Content-Length: 0\r\n\r\n"
        reply = await self._answer(request)
        status = b"400 Bad Request" if b"Fault>" in reply else b"200 OK"
        head = b"HTTP/1.1 %s\r\nContent-Type: application/soap+xml\r\nContent-Length: %d\r\n\r\n"
        return head % (status, len(reply)) + reply

    async def _answer(self, request: bytes) -> bytes:
        operation = _operation(request)
        self.requests[operation] = self.requests.get(operation, 0) + 1
        if self.behaviour.reply is not None:
            return self.behaviour.reply
        if operation == "GetSystemDateAndTime":
            return says.date_and_time(self._now())
        if not self._is_authorized(request):
            return says.fault("NotAuthorized", "Sender not authorized")
        if operation == "GetCapabilities":
            # An address that only the camera itself can reach, as behind a router.
            return says.capabilities("http://192.0.2.1:8080/onvif/events?x=1")
        if operation == "CreatePullPointSubscription":
            return self._subscribe(says.duration_of(request, "InitialTerminationTime") or 60.0)
        return await self._of_subscription(operation, request)

    def _is_authorized(self, request: bytes) -> bool:
        created = says.created_of(request)
        if created is None or abs((created - self._now()).total_seconds()) > TOKEN_VALID_S:
            return False
        return says.is_signed_by(request, self._username, self._password)

    def _subscribe(self, lifetime_s: float) -> bytes:
        self._numbers += 1
        point = self._points[self._numbers] = _PullPoint(asyncio.get_running_loop().time() + lifetime_s)
        point.waiting.extend(Told(t.topic, self._now(), t.source, t.data, "Initialized") for t in self._states.values())
        point.came.set()
        address = "http://192.0.2.1:8080/onvif/subscription"
        return says.pull_point(address, self._numbers, self._now(), lifetime_s)

    async def _of_subscription(self, operation: str, request: bytes) -> bytes:
        self._forget_lapsed()
        number = says.subscription_of(request)
        point = self._points.get(number) if number is not None else None
        if number is None or point is None:
            return says.fault("InvalidArgVal", "no such subscription")
        if operation == "PullMessages":
            return await self._pull(point, min(says.duration_of(request, "Timeout") or 1.0, MOST_WAIT_S))
        if operation == "Renew" and self.behaviour.renews:
            lifetime_s = says.duration_of(request, "TerminationTime") or 60.0
            point.ends_s = asyncio.get_running_loop().time() + lifetime_s
            return says.renewed(self._now(), lifetime_s)
        if operation == "Unsubscribe":
            del self._points[number]
            point.came.set()
            return says.unsubscribed()
        return says.fault("ActionNotSupported", operation)

    async def _pull(self, point: _PullPoint, wait_s: float) -> bytes:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await point.came.wait()
        if point not in self._points.values():
            return says.fault("InvalidArgVal", "the subscription has ended")
        told = list(point.waiting)
        point.waiting.clear()
        point.came.clear()
        return says.messages(told, self._now(), max(0.0, point.ends_s - asyncio.get_running_loop().time()))


async def _read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes] | None:
    """Head and body of the next HTTP request; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    if length > LONGEST_REQUEST:
        raise ValueError(f"{length} bytes are too many")
    return head, await reader.readexactly(length)


def _operation(request: bytes) -> str:
    """The name of the first element in the body."""
    _, _, body = request.partition(b"Body>")
    name = body.lstrip()[1:].partition(b">")[0].rstrip(b"/").partition(b" ")[0]
    return name.rpartition(b":")[2].decode("ascii", "replace")
