"""One MQTT connection from CONNECT to its end, as an asyncio object over paho-mqtt.

A link is never reconnected: who wants to go on opens a new one. So a will, a packet id or a subscription can never
leak from one session into the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from foundation.errors import ConfigError, LinkError
from foundation.link import Tls

CONNECT_TIMEOUT_S = 5.0
MAX_INBOUND = 20_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a broker listens and as whom to enter.

    `tls` is asked for every connection, so that renewed certificates are taken without a restart.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    keepalive_s: int = 15
    tls: Callable[[], Tls] | None = None


def read_password(path: Path | None) -> str | None:
    """The first line of a password file; None without a path. An unreadable file raises ConfigError."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(path, "password_file", str(error)) from error


@dataclass(frozen=True, slots=True)
class Publication:
    """A message to publish, or the will."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message received."""

    topic: str
    payload: bytes
    retain: bool


class MqttLink:
    """An open connection; make one with `open_link`."""

    def __init__(self, client: paho.Client) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[None] = self._loop.create_future()
        # A link that fails before anybody waits must not leave an unread exception behind.
        self._connected.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._closed = asyncio.Event()
        self._close_reason = ""
        self._inbound: deque[Inbound] = deque()
        self._arrived = asyncio.Event()
        self._is_waking = False
        self._subscribed: dict[int, asyncio.Future[None]] = {}
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe

    @property
    def is_open(self) -> bool:
        return not self._closed.is_set()

    async def subscribe(self, filters: Sequence[tuple[str, int]]) -> None:
        """Subscribe and wait for the broker's answer; raises LinkError."""
        result, mid = self._client.subscribe(list(filters))
        if result != paho.MQTT_ERR_SUCCESS or mid is None:
            raise LinkError(f"subscribe failed: {paho.error_string(result)}")
        await self._answered(mid)

    def publish(self, message: Publication) -> None:
        """Hand a message to the network thread; raises LinkError when the link is closed."""
        if not self.is_open:
            raise LinkError(self._close_reason)
        self._client.publish(message.topic, message.payload, message.qos, message.retain)

    async def publish_and_wait(self, message: Publication) -> None:
        """Publish and wait until it is sent (QoS 0) or acknowledged (QoS 1); raises LinkError."""
        if not self.is_open:
            raise LinkError(self._close_reason)
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        try:
            await asyncio.to_thread(info.wait_for_publish, CONNECT_TIMEOUT_S)
        except (ValueError, RuntimeError) as error:
            raise LinkError(f"not published: {error}") from error
        if not info.is_published():
            raise LinkError("the broker does not answer")

    async def receive(self) -> list[Inbound]:
        """All messages waiting, at least one; raises LinkError once the link is closed and drained."""
        while not self._inbound:
            if self._closed.is_set():
                raise LinkError(self._close_reason)
            self._arrived.clear()
            await self._arrived.wait()
        batch = []
        with contextlib.suppress(IndexError):
            while True:
                batch.append(self._inbound.popleft())
        return batch

    async def wait_closed(self) -> str:
        """Wait for the end of the link and give its reason."""
        await self._closed.wait()
        return self._close_reason

    async def close(self) -> None:
        """Clean DISCONNECT: the broker does not send the will."""
        self._client.disconnect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._closed.wait()
        await self.abandon()

    async def abandon(self) -> None:
        """End the network thread; without a DISCONNECT before, the broker sends the will."""
        with contextlib.suppress(OSError, ValueError):
            sock = self._client.socket()
            if isinstance(sock, socket.socket):
                # Of the plain socket: that of TLS would take its state from under the network thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        await asyncio.to_thread(self._client.loop_stop)
        self._end("closed here")

    async def _answered(self, mid: int) -> None:
        answer = self._subscribed.setdefault(mid, self._loop.create_future())
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await answer
        except TimeoutError:
            raise LinkError("the broker does not answer") from None
        finally:
            self._subscribed.pop(mid, None)

    # Called by paho's network thread: each only hands over to the loop.

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._hand_over(self._finish_connect, str(reason) if reason.is_failure else "")

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._hand_over(self._end, str(reason))

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        if len(self._inbound) >= MAX_INBOUND:
            return  # unacknowledged rows come again; a full queue must not grow without bound
        self._inbound.append(Inbound(message.topic, bytes(message.payload), message.retain))
        if not self._is_waking:
            self._is_waking = True
            self._hand_over(self._wake)

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
        refused = next((str(reason) for reason in reasons if reason.is_failure), "")
        self._hand_over(self._answer, mid, refused)

    def _hand_over(self, call: Any, *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone at interpreter end
            self._loop.call_soon_threadsafe(call, *args)

    # Called in the loop.

    def _finish_connect(self, refusal: str) -> None:
        if self._connected.done():
            return
        if refusal:
            self._connected.set_exception(LinkError(f"refused: {refusal}"))
        else:
            self._connected.set_result(None)

    def _wake(self) -> None:
        self._is_waking = False
        self._arrived.set()

    def _answer(self, mid: int, refusal: str) -> None:
        answer = self._subscribed.setdefault(mid, self._loop.create_future())
        if answer.done():
            return
        if refusal:
            answer.set_exception(LinkError(f"refused: {refusal}"))
        else:
            answer.set_result(None)

    def _end(self, reason: str) -> None:
        if self._closed.is_set():
            return
        self._close_reason = f"connection ended: {reason}"
        self._closed.set()
        self._arrived.set()
        self._finish_connect(reason)
        for answer in self._subscribed.values():
            if not answer.done():
                answer.set_exception(LinkError(self._close_reason))


class _TlsForPaho:
    """Stands where paho takes an SSLContext, which would always ask the server for the name of the host.

    The handshake is made here: then a failed one closes its socket. paho leaves it open, and a box that tries for days
    would run out of them.
    """

    check_hostname = True

    def __init__(self, tls: Tls) -> None:
        self._tls = tls

    def wrap_socket(self, sock: socket.socket, *, server_hostname: str, **_: Any) -> ssl.SSLSocket:
        sock.settimeout(CONNECT_TIMEOUT_S)
        return self._tls.context.wrap_socket(sock, server_hostname=self._tls.server_name or server_hostname)


async def open_link(endpoint: Endpoint, client_id: str, *, will: Publication | None = None) -> MqttLink:
    """Connect with a clean session (MQTT 3.1.1) and wait for the broker's CONNACK; raises LinkError."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True, reconnect_on_failure=False
    )
    if endpoint.username is not None:
        client.username_pw_set(endpoint.username, endpoint.password)
    if will is not None:
        client.will_set(will.topic, will.payload, will.qos, will.retain)
    link = MqttLink(client)
    try:
        if endpoint.tls is not None:
            tls = _TlsForPaho(await asyncio.to_thread(endpoint.tls))
            client.tls_set_context(cast(ssl.SSLContext, tls))
        await asyncio.to_thread(client.connect, endpoint.host, endpoint.port, endpoint.keepalive_s)
        client.loop_start()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await link._connected
    except (OSError, ValueError, LinkError, ConfigError) as error:  # ValueError: a host name that is none
        await link.abandon()
        raise LinkError(f"{endpoint.host}:{endpoint.port}: {error or 'no answer'}") from error
    except asyncio.CancelledError:
        await link.abandon()
        raise
    return link
