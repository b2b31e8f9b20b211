"""The least of MQTT 3.1.1 on bare asyncio sockets: what ten thousand pretend clients in one process can afford."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

CONNACK, PUBLISH, SUBACK = 2, 3, 9
PING = b"\xc0\x00"
_DISCONNECT = b"\xe0\x00"


def connect_packet(client_id: str, keepalive_s: int) -> bytes:
    """CONNECT with a clean session and no will."""
    head = b"\x00\x04MQTT\x04\x02" + keepalive_s.to_bytes(2, "big")
    return _packet(0x10, head + _text(client_id))


def subscribe_packet(topics: Sequence[str]) -> bytes:
    """SUBSCRIBE to filters at QoS 0."""
    return _packet(0x82, b"\x00\x01" + b"".join(_text(topic) + b"\x00" for topic in topics))


def publish_packet(topic: bytes, payload: bytes) -> bytes:
    """PUBLISH at QoS 0; `topic` comes with its length."""
    return b"\x30" + varint(len(topic) + len(payload)) + topic + payload


def topic_bytes(topic: str) -> bytes:
    """A topic as `publish_packet` wants it."""
    return _text(topic)


def varint(number: int) -> bytes:
    """Seven bits a byte, lowest first; lengths in MQTT and whole numbers in protobuf alike."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


class RawClient(asyncio.Protocol):
    """One connection; `heard(payload)` gets what is published to `topics`. Send it PING now and then."""

    def __init__(
        self, client_id: str, topics: Sequence[str], heard: Callable[[bytes], None], keepalive_s: int = 600
    ) -> None:
        self._hello = connect_packet(client_id, keepalive_s)
        self._subscription = subscribe_packet(topics)
        self._heard, self._buffer = heard, b""
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._hello + self._subscription)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        for kind, body in self._packets():
            if kind == PUBLISH:
                self._heard(body[2 + int.from_bytes(body[:2], "big") :])
            elif kind == SUBACK and not self.ready.done():
                self.ready.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"the broker hung up: {error}"))
        self._transport = None

    def send(self, packet: bytes) -> None:
        """Raises ConnectionError once the broker has hung up."""
        if self._transport is None:
            raise ConnectionError("the broker hung up")
        self._transport.write(packet)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.write(_DISCONNECT)
            self._transport.close()

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        buffer, at = self._buffer, 0
        while (found := _length(buffer, at + 1)) is not None:
            length, start = found
            if start + length > len(buffer):
                break
            yield buffer[at] >> 4, buffer[start : start + length]
            at = start + length
        self._buffer = buffer[at:]


def _length(buffer: bytes, at: int) -> tuple[int, int] | None:
    """A packet's remaining length and where its body starts; None while that has not come."""
    length = shift = 0
    while at < len(buffer):
        length |= (buffer[at] & 127) << shift
        if buffer[at] < 128:
            return length, at + 1
        at, shift = at + 1, shift + 7
    return None


def _packet(head: int, body: bytes) -> bytes:
    return bytes([head]) + varint(len(body)) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
