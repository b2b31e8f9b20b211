"""Thousands of gateways in one process: each a connection, a stream, births and a window of its own on a bare socket.

Gateways of one slot measure the same at the same moment, and every gateway sends one row a round: so a row is encoded
once for its slot, and only its stream and sequence number are each gateway's own.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Reading
from gateway.sparkplug.aliases import AliasBook
from gateway.sparkplug.topics import MessageType, Topic, state_topic
from gateway.sparkplug.vocabulary import (
    NAMED,
    REBIRTH,
    NodeBirth,
    device_birth_payload,
    node_birth_payload,
    row_body,
    row_frame,
)
from tests.support.raw_mqtt import PING, RawClient, publish_packet, topic_bytes, varint

GROUP = "fleet"
POINTS = [f"P{number}" for number in range(10)]
RESEND_AFTER_S = 30.0
PING_EVERY_S = 20.0
_WINDOW = 64
_CONNECTING = 50
_DEVICE = "meter"
_STREAM = "00000000-0000-0000-0000-000000000000"
_SEQ = b"\x18"
"""Field 3 of a payload. What is appended to protobuf bytes replaces what stood there before."""
_RANGES = re.compile(rb":([0-9]+(?:[-,][0-9]+)*)")


def gateway_name(number: int) -> str:
    return f"gateway-{number}"


def device_name(number: int) -> str:
    return f"meter-{number}"


def value_of(spool: int, slot: int, place: int) -> float:
    """What point `place` measures in a row."""
    return round(230.0 + place + 5.0 * math.sin(spool + slot / 7.0), 2)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of every gateway of a slot; `due` is the monotonic second in which it was measured."""

    due: float
    frame: bytes


class Encoder:
    """Births and rows as every gateway sends them, but for their stream."""

    def __init__(self) -> None:
        now_ms, aliases = time.time_ns() // 1_000_000, AliasBook(NAMED)
        node = NodeBirth(_STREAM, "nonce", {"software": "pretended"})
        device = DeviceBirth(_DEVICE, {"room": "101"}, tuple(PointBirth(name, "float") for name in POINTS))
        self.births = (
            node_birth_payload(node, bdseq=0, seq=0, now_ms=now_ms, aliases=aliases),
            device_birth_payload(device, stream=_STREAM, seq=1, now_ms=now_ms, aliases=aliases),
        )
        self._aliases = aliases.numbers(_DEVICE)

    def row(self, spool: int, slot: int, at_ms: int) -> bytes:
        readings = tuple(Reading(name, value_of(spool, slot, place), at_ms) for place, name in enumerate(POINTS))
        body = row_body(DeviceMessage(_DEVICE, readings))
        return row_frame(body, stream=_STREAM, spool=spool, seq=0, now_ms=at_ms, aliases=self._aliases)


@dataclass(slots=True)
class Counts:
    """What all gateways together did; `waits` holds the seconds from measured to acknowledged."""

    sent: int = 0
    acknowledged: int = 0
    resent: int = 0
    rebirths: int = 0
    waits: list[float] = field(default_factory=list)


class Gateway:
    """One edge node with one device."""

    def __init__(self, number: int, slot: int, births: Sequence[bytes], counts: Counts) -> None:
        self.number, self.slot, self.stream = number, slot, str(uuid.uuid4())
        self._births, self._counts = births, counts
        self._own = self.stream.encode()
        node, device = gateway_name(number), device_name(number)
        self._commands = Topic(GROUP, MessageType.NCMD, node).text()
        self._birth_topics = (
            topic_bytes(Topic(GROUP, MessageType.NBIRTH, node).text()),
            topic_bytes(Topic(GROUP, MessageType.DBIRTH, node, device).text()),
        )
        self._data_topic = topic_bytes(Topic(GROUP, MessageType.DDATA, node, device).text())
        self._unsent: deque[tuple[int, _Row]] = deque()
        self._in_flight: dict[int, tuple[float, _Row]] = {}
        self._client: RawClient | None = None
        self._seq, self._host_ms, self._is_host_online = 0, -1, False

    @property
    def is_drained(self) -> bool:
        return not self._unsent and not self._in_flight

    @property
    def waiting(self) -> int:
        return len(self._unsent) + len(self._in_flight)

    async def connect(self, port: int, host: str) -> None:
        """Connect and subscribe; births follow when the host is there."""
        topics = (self._commands, state_topic(host))
        client = self._client = RawClient(gateway_name(self.number), topics, self._heard)
        await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", port)
        await client.ready

    def put(self, spool: int, row: _Row) -> None:
        self._unsent.append((spool, row))
        self._pump()

    def look_after(self, now: float) -> None:
        """Ping, and send again what was not acknowledged for long."""
        assert self._client is not None
        self._client.send(PING)
        if not self._is_host_online:
            return
        for spool, (sent_at, row) in list(self._in_flight.items()):
            if now - sent_at > RESEND_AFTER_S:
                self._counts.resent += 1
                self._send_row(spool, row, now)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _pump(self) -> None:
        if not self._is_host_online or self._client is None:
            return
        now = time.monotonic()
        while self._unsent and len(self._in_flight) < _WINDOW:
            self._send_row(*self._unsent.popleft(), now)

    def _send_row(self, spool: int, row: _Row, now: float) -> None:
        self._in_flight[spool] = (now, row)
        self._counts.sent += 1
        self._send(self._data_topic, row.frame)

    def _send(self, topic: bytes, payload: bytes) -> None:
        assert self._client is not None
        own = payload.replace(_STREAM.encode(), self._own) + _SEQ + varint(self._seq)
        self._client.send(publish_packet(topic, own))
        self._seq = (self._seq + 1) % 256

    def _heard(self, payload: bytes) -> None:
        if payload.startswith(b"{"):
            self._heard_state(json.loads(payload))
        elif (at := payload.find(self._own)) >= 0:
            # Decoding thousands of acknowledgements a second would take the processor from who is measured.
            found = _RANGES.match(payload, at + len(self._own))
            assert found is not None
            self._free(found[1].decode())
        elif REBIRTH.encode() in payload:
            self._counts.rebirths += 1
            self._give_birth()

    def _heard_state(self, state: dict[str, int]) -> None:
        if state["timestamp"] < self._host_ms:
            return
        is_new = bool(state["online"]) and not (self._is_host_online and state["timestamp"] == self._host_ms)
        self._host_ms, self._is_host_online = state["timestamp"], bool(state["online"])
        if is_new:
            # Nothing that was sent in an earlier session counts as heard.
            self._unsent.extendleft((spool, row) for spool, (_, row) in sorted(self._in_flight.items(), reverse=True))
            self._in_flight.clear()
            self._give_birth()
            self._pump()

    def _give_birth(self) -> None:
        self._seq = 0
        for topic, payload in zip(self._birth_topics, self._births, strict=True):
            self._send(topic, payload)

    def _free(self, ranges: str) -> None:
        now = time.monotonic()
        for part in ranges.split(","):
            first, _, last = part.partition("-")
            for spool in range(int(first), int(last or first) + 1):
                sent = self._in_flight.pop(spool, None)
                if sent is not None:
                    self._counts.acknowledged += 1
                    self._counts.waits.append(now - sent[1].due)
        self._pump()


class Fleet:
    """Gateways in slots; every call of `rounds` lets each of them measure and send so many rows."""

    def __init__(self, gateways: int, slots: int) -> None:
        self._encoder, self.counts, self._slots = Encoder(), Counts(), slots
        self.gateways = [
            Gateway(number, number % slots, self._encoder.births, self.counts) for number in range(gateways)
        ]
        self.spool = 0
        """The number of the newest row of every gateway."""
        self.late_s = 0.0
        """By how much the sending itself was behind its plan at most."""

    @property
    def waiting(self) -> int:
        """Rows that nobody has acknowledged."""
        return sum(one.waiting for one in self.gateways)

    async def connect(self, port: int, host: str = "xietong") -> None:
        """Connect all, some at a time; births are given when the host is there."""
        for start in range(0, len(self.gateways), _CONNECTING):
            await asyncio.gather(*(one.connect(port, host) for one in self.gateways[start : start + _CONNECTING]))

    async def rounds(self, number: int, period_s: float) -> None:
        """Let every gateway measure once a period; the slots are spread over it."""
        start, start_ms = time.monotonic(), time.time_ns() // 1_000_000
        for turn in range(number):
            self.spool += 1
            for slot in range(self._slots):
                after_s = (turn + slot / self._slots) * period_s
                pause = start + after_s - time.monotonic()
                self.late_s = max(self.late_s, -pause)
                # Even when late: what the sockets bring must be heard.
                await asyncio.sleep(max(pause, 0.0))
                frame = self._encoder.row(self.spool, slot, start_ms + round(after_s * 1000))
                row = _Row(start + after_s, frame)
                for gateway in self.gateways[slot :: self._slots]:
                    gateway.put(self.spool, row)

    async def drained(self, within_s: float) -> None:
        """Return when every row is acknowledged; AssertionError after `within_s`."""
        end = time.monotonic() + within_s
        while not all(one.is_drained for one in self.gateways):
            assert time.monotonic() < end, f"{self.waiting} rows wait after {within_s:g} s"
            await asyncio.sleep(0.02)

    async def look_after(self) -> None:
        """Keep the connections alive until cancelled."""
        while True:
            for start in range(0, len(self.gateways), _CONNECTING):
                await asyncio.sleep(PING_EVERY_S * _CONNECTING / len(self.gateways))
                for one in self.gateways[start : start + _CONNECTING]:
                    one.look_after(time.monotonic())

    def close(self) -> None:
        for one in self.gateways:
            one.close()
