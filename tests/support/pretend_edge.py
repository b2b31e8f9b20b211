"""An edge node on a bare socket: the births, stream and window of the real one at a small part of its cost."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence

from gateway.messages import DeviceBirth
from gateway.sparkplug.aliases import AliasBook
from gateway.sparkplug.codec import decode
from gateway.sparkplug.topics import MessageType, Topic, state_topic
from gateway.sparkplug.vocabulary import (
    ACK,
    NAMED,
    REBIRTH,
    NodeBirth,
    device_birth_payload,
    node_birth_payload,
    row_frame,
)
from gateway.stream import Acknowledgement
from tests.support.raw_mqtt import PING, RawClient, publish_packet, topic_bytes, varint

WINDOW = 512
RESEND_AFTER_S = 30.0
_SEQ = b"\x18"
"""Field 3 of a payload. What is appended to protobuf bytes replaces what stood there before."""


async def host_online(port: int, host: str = "xietong") -> None:
    """Return once the primary host says that it is there."""
    said = asyncio.Event()

    def heard(payload: bytes) -> None:
        if json.loads(payload)["online"]:
            said.set()

    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(
        lambda: RawClient("watcher", [state_topic(host)], heard), "127.0.0.1", port
    )
    await said.wait()
    client.close()


class PretendEdge:
    """`put` rows, `offer` how many of them may leave; `done` counts the acknowledged."""

    def __init__(self, group: str, node: str, stream: str, devices: Sequence[DeviceBirth]) -> None:
        self.group, self.node, self.stream = group, node, stream
        self._devices = devices
        self._aliases = AliasBook(NAMED)
        self._data_topics = {one.device: self._topic(MessageType.DDATA, one.device) for one in devices}
        self._waiting: dict[int, tuple[bytes, bytes, float]] = {}
        self._in_flight: dict[int, float] = {}
        self._client: RawClient | None = None
        self._seq = self._offered = self._sent = self._last = 0
        self.rebirths = self.resent = 0
        self.done = 0
        self.on_freed: Callable[[float], None] = lambda seconds: None
        """Told for every acknowledged row how long after `put` that was."""
        self._prepare_births()

    def put(self, device: str, body: bytes) -> int:
        """The number of a new row, framed and ready to be sent when it is offered."""
        self._last += 1
        now_ms = time.time_ns() // 1_000_000
        frame = row_frame(
            body, stream=self.stream, spool=self._last, seq=0, now_ms=now_ms, aliases=self._aliases.numbers(device)
        )
        self._waiting[self._last] = (self._data_topics[device], frame, time.monotonic())
        return self._last

    def offer(self, up_to: int | None = None) -> None:
        """Rows up to this number (None: all) are to be sent as the window allows."""
        self._offered = self._last if up_to is None else up_to
        self._pump()

    async def connect(self, port: int) -> None:
        """Connect, subscribe and give birth."""
        topic = self._topic(MessageType.NCMD)[2:].decode()
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: RawClient(self.node, [topic], self._heard), "127.0.0.1", port)
        await client.ready
        self._client = client
        self.give_birth()

    def give_birth(self) -> None:
        self._seq = 0
        for topic, payload in self._births:
            self._send(topic, payload)

    def look_after(self) -> None:
        """Ping, and send again what was not acknowledged for long; call every few seconds."""
        assert self._client is not None
        self._client.send(PING)
        now = time.monotonic()
        for spool, sent_at in list(self._in_flight.items()):
            if now - sent_at > RESEND_AFTER_S:
                self.resent += 1
                self._send_row(spool, now)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def is_drained(self) -> bool:
        return self.done == self._last

    def _prepare_births(self) -> None:
        now_ms = time.time_ns() // 1_000_000
        birth = NodeBirth(self.stream, "nonce", {"software": "pretended"})
        node_payload = node_birth_payload(birth, bdseq=0, seq=0, now_ms=now_ms, aliases=self._aliases)
        self._births = [(self._topic(MessageType.NBIRTH), node_payload)]
        for one in self._devices:
            payload = device_birth_payload(one, stream=self.stream, seq=0, now_ms=now_ms, aliases=self._aliases)
            self._births.append((self._topic(MessageType.DBIRTH, one.device), payload))

    def _pump(self) -> None:
        now = time.monotonic()
        while self._sent < self._offered and len(self._in_flight) < WINDOW:
            self._sent += 1
            self._send_row(self._sent, now)

    def _send_row(self, spool: int, now: float) -> None:
        topic, frame, _ = self._waiting[spool]
        self._in_flight[spool] = now
        self._send(topic, frame)

    def _send(self, topic: bytes, payload: bytes) -> None:
        assert self._client is not None
        self._client.send(publish_packet(topic, payload + _SEQ + varint(self._seq)))
        self._seq = (self._seq + 1) % 256

    def _heard(self, payload: bytes) -> None:
        for metric in decode(payload).metrics:
            if metric.name == ACK and isinstance(metric.value, str):
                self._free(Acknowledgement.parse(metric.value))
            elif metric.name == REBIRTH:
                self.rebirths += 1
                self.give_birth()

    def _free(self, acknowledgement: Acknowledgement) -> None:
        now = time.monotonic()
        for first, last in acknowledgement.rows:
            for spool in range(first, last + 1):
                self._in_flight.pop(spool, None)
                row = self._waiting.pop(spool, None)
                if row is not None:
                    self.done += 1
                    self.on_freed(now - row[2])
        self._pump()

    def _topic(self, kind: MessageType, device: str = "") -> bytes:
        return topic_bytes(Topic(self.group, kind, self.node, device).text())
