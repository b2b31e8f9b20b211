"""The edge's end of a Sparkplug session: connect, wait for the host, births, data, commands in, death.

Follows the operational behaviour of Sparkplug 3.0 chapter 5 for an edge node with a primary host application.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import replace
from typing import Protocol

from foundation.clock import Clock
from foundation.errors import ContractError, LinkError
from foundation.rng import Rng
from gateway.messages import DeviceBirth
from gateway.mqtt_link import Endpoint, Inbound, MqttLink, Publication, open_link
from gateway.sparkplug.aliases import AliasBook
from gateway.sparkplug.codec import DataType, Metric, Payload, decode, encode, typed
from gateway.sparkplug.sequence import SequenceCounter
from gateway.sparkplug.topics import MessageType, Topic, parse_topic, state_topic
from gateway.sparkplug.vocabulary import (
    ACK,
    BDSEQ,
    ENVELOPE,
    NAMED,
    REBIRTH,
    NodeBirth,
    device_birth_payload,
    node_birth_payload,
    row_frame,
)
from gateway.stream import Acknowledgement

log = logging.getLogger(__name__)

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class EdgeHandlers(Protocol):
    """What the node asks of, and tells, the agent behind it. Calls are quick and never block."""

    def next_bdseq(self) -> int:
        """The bdSeq of the next CONNECT, persisted before it is used; raises LinkError while that is not possible."""
        ...

    def node_birth(self) -> NodeBirth: ...

    def device_births(self) -> list[DeviceBirth]:
        """Every device that may send in this session, alive or not."""
        ...

    def lost_devices(self) -> list[tuple[str, int]]:
        """Those of them that do not answer now, with the time since when."""
        ...

    def session_began(self) -> None:
        """Births are out; rows may be sent."""
        ...

    def session_ended(self) -> None: ...

    def acknowledged(self, acknowledgement: Acknowledgement) -> None: ...

    def envelope(self, device: str, data: bytes) -> None:
        """A signed command for this device, not yet checked."""
        ...

    def plain_command(self, device: str, metrics: list[Metric]) -> None:
        """A DCMD without an envelope."""
        ...


class EdgeNode:
    """One edge node; `run` keeps a session up, the `send_*` calls work while `is_online`."""

    def __init__(
        self,
        *,
        group: str,
        node: str,
        endpoint: Endpoint,
        primary_host: str | None,
        handlers: EdgeHandlers,
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._group, self._node = group, node
        self._endpoint, self._host = endpoint, primary_host
        self._handlers, self._clock, self._rng = handlers, clock, rng
        self._sequence = SequenceCounter()
        self._aliases = AliasBook(NAMED)
        self._link: MqttLink | None = None
        self._stream = ""
        self._bdseq = 0
        self._is_born = False
        self._was_born = False
        self._host_ms = -1
        self._is_host_online = False

    @property
    def is_online(self) -> bool:
        """Births are out and the host is there: what is sent now is heard."""
        return self._is_born and self._link is not None and self._link.is_open

    async def run(self) -> None:
        """Keep a session up until cancelled; a cancel ends it cleanly with an NDEATH."""
        failures = 0
        while True:
            try:
                await self._session()
                failures = 0
            except LinkError as error:
                was_born, self._was_born = self._was_born, False
                failures = 1 if was_born else failures + 1
                if failures == 1:
                    log.warning("broker not reachable or lost: %s", error)
            delay = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            await self._clock.sleep(delay * self._rng.uniform(0.8, 1.2))

    def rebirth(self) -> None:
        """Births anew, for what they tell has changed; without a session the next one tells."""
        if self.is_online:
            with contextlib.suppress(LinkError):
                self._give_birth()

    def send_row(self, device: str, spool: int, body: bytes) -> None:
        """Publish one outbox row as DDATA (NDATA for the node itself).

        Raises LinkError when offline, ContractError when the row is damaged. A row of a point or device that has left
        the site since travels by name: our host can read it, and a late value is worth more than the rule it breaks.
        """
        if not self.is_online:
            raise LinkError("offline")
        kind = MessageType.DDATA if device else MessageType.NDATA
        frame = row_frame(
            body,
            stream=self._stream,
            spool=spool,
            seq=self._sequence.next,
            now_ms=self._clock.now_ms(),
            aliases=self._aliases.numbers(device),
        )
        self._sequence.take()
        self._publish(kind, device, frame)

    def send_device_birth(self, birth: DeviceBirth) -> None:
        """The device answers (again)."""
        payload = device_birth_payload(
            birth,
            stream=self._stream,
            seq=self._sequence.take(),
            now_ms=self._clock.now_ms(),
            aliases=self._aliases,
        )
        self._publish(MessageType.DBIRTH, birth.device, payload)

    def send_device_death(self, device: str, at_ms: int) -> None:
        """The device no longer answers since `at_ms`."""
        self._publish(MessageType.DDEATH, device, encode(Payload(at_ms, (), self._sequence.take())))

    async def _session(self) -> None:
        self._bdseq = self._handlers.next_bdseq()
        death = Publication(self._topic(MessageType.NDEATH), self._death_payload(), qos=1)
        # A client id per connection: some brokers confuse the wills of two sessions with one id.
        client_id = f"{self._group}-{self._node}-{self._rng.token(4).hex()}"
        link = await open_link(self._endpoint, client_id, will=death)
        self._link, self._is_host_online = link, self._host is None
        try:
            await link.subscribe(self._filters())
            if self._is_host_online:
                self._give_birth()
            while True:
                for message in await link.receive():
                    self._heard(message)
                if self._is_born and not self._is_host_online:
                    log.info("host is offline; readings stay in the outbox")
                    break
        except asyncio.CancelledError:
            await self._say_goodbye(link, death)
            raise
        finally:
            self._end_birth()
            self._link = None
            if link.is_open:
                await self._say_goodbye(link, death)
            await link.abandon()

    def _filters(self) -> list[tuple[str, int]]:
        filters = [
            (self._topic(MessageType.NCMD), 1),
            (self._topic(MessageType.DCMD) + "/+", 1),
        ]
        return [*filters, (state_topic(self._host), 1)] if self._host is not None else filters

    async def _say_goodbye(self, link: MqttLink, death: Publication) -> None:
        with contextlib.suppress(LinkError):
            await link.publish_and_wait(Publication(death.topic, self._death_payload()))
            await link.close()

    def _death_payload(self) -> bytes:
        now = self._clock.now_ms()
        return encode(Payload(now, (Metric(BDSEQ, self._bdseq, now, DataType.INT64),)))

    def _heard(self, message: Inbound) -> None:
        if self._host is not None and message.topic == state_topic(self._host):
            self._heard_state(message.payload)
            return
        try:
            topic = parse_topic(message.topic)
            payload = decode(message.payload)
        except ContractError as error:
            log.warning("ignored a message: %s", error)
            return
        if topic.type is MessageType.NCMD:
            self._heard_node_command(payload)
        elif topic.type is MessageType.DCMD:
            self._heard_device_command(topic.device, payload)

    def _heard_state(self, payload: bytes) -> None:
        try:
            state = json.loads(payload)
            is_online, at_ms = bool(state["online"]), int(state["timestamp"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            log.warning("ignored a STATE that is not in the 3.0 form")
            return
        # An older STATE is a leftover of an earlier host session (phid-wait-timestamp).
        if at_ms < self._host_ms:
            return
        self._host_ms, self._is_host_online = at_ms, is_online
        if is_online and not self._is_born:
            self._give_birth()

    def _heard_node_command(self, payload: Payload) -> None:
        if self._is_born and any(metric.name == REBIRTH and metric.value is True for metric in payload.metrics):
            self._give_birth()
        for metric in payload.metrics:
            if metric.name == ACK and isinstance(metric.value, str):
                try:
                    self._handlers.acknowledged(Acknowledgement.parse(metric.value))
                except ContractError as error:
                    log.warning("ignored: %s", error)

    def _heard_device_command(self, device: str, payload: Payload) -> None:
        plain = []
        for metric in (self._by_name(device, metric) for metric in payload.metrics):
            if metric.name == ENVELOPE and isinstance(metric.value, bytes):
                self._handlers.envelope(device, metric.value)
            else:
                plain.append(metric)
        if plain:
            self._handlers.plain_command(device, plain)

    def _by_name(self, device: str, metric: Metric) -> Metric:
        """A metric that came by alias, under its name; one that was not declared keeps an empty name."""
        declared = None if metric.name or metric.alias is None else self._aliases.meaning(device, metric.alias)
        if declared is None:
            return metric
        return replace(metric, name=declared.name, value=typed(metric.value, declared.datatype))

    def _give_birth(self) -> None:
        """NBIRTH with seq 0, then every DBIRTH, then the deaths of devices that are silent now."""
        is_first = not self._is_born
        birth = self._handlers.node_birth()
        self._stream = birth.stream
        self._sequence.restart()
        now = self._clock.now_ms()
        self._aliases.clear()
        payload = node_birth_payload(
            birth, bdseq=self._bdseq, seq=self._sequence.take(), now_ms=now, aliases=self._aliases
        )
        self._publish(MessageType.NBIRTH, "", payload)
        for device_birth in self._handlers.device_births():
            self.send_device_birth(device_birth)
        for device, at_ms in self._handlers.lost_devices():
            self.send_device_death(device, at_ms)
        self._is_born = self._was_born = True
        if is_first:
            self._handlers.session_began()

    def _end_birth(self) -> None:
        if self._is_born:
            self._is_born = False
            self._handlers.session_ended()

    def _topic(self, kind: MessageType, device: str = "") -> str:
        return Topic(self._group, kind, self._node, device).text()

    def _publish(self, kind: MessageType, device: str, payload: bytes) -> None:
        if self._link is None:
            raise LinkError("offline")
        self._link.publish(Publication(self._topic(kind, device), payload))
