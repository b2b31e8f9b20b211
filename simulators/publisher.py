"""Publishes to a broker that may come and go: what could not be sent waits, in order, within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiomqtt

from foundation.clock import Clock

WAITING_MOST = 5_000
RETRY_S = (0.2, 0.5, 1.0, 2.0)
PUBLISH_TIMEOUT_S = 10.0
KEEPALIVE_S = 15

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the broker; QoS 1 for facts that happen once, QoS 0 for values that come again."""

    topic: str
    payload: str
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    host: str
    port: int
    username: str | None = None
    password: str | None = None


Send = Callable[[Message], None]


class Publisher:
    """One MQTT client. `greetings` are sent after each connection, `farewells` before a clean end."""

    def __init__(
        self,
        broker: BrokerAddress,
        clock: Clock,
        *,
        will: Message | None = None,
        greetings: Callable[[], Sequence[Message]] = tuple,
        farewells: Sequence[Message] = (),
    ) -> None:
        self._broker, self._clock = broker, clock
        self._will, self._greetings, self._farewells = will, greetings, farewells
        self._waiting: deque[Message] = deque(maxlen=WAITING_MOST)
        self._something = asyncio.Event()
        self._failures = 0
        self._is_stopping = False
        self.connection_count = 0

    def send(self, message: Message) -> None:
        """Hand over a message; beyond WAITING_MOST the oldest is dropped, as a device with little memory does."""
        self._waiting.append(message)
        self._something.set()

    async def run(self) -> None:
        """Connect, publish, reconnect; until cancelled."""
        while True:
            try:
                async with self._client() as client:
                    await self._serve(client)
            except* aiomqtt.MqttError as errors:
                log.info("broker %s:%s: %s", self._broker.host, self._broker.port, errors.exceptions[0])
            if self._is_stopping:
                return  # an error of the disconnect has taken the place of the cancellation
            wait_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
            self._failures += 1
            await self._clock.sleep(wait_s)

    def _client(self) -> aiomqtt.Client:
        will = self._will
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.username,
            password=self._broker.password,
            keepalive=KEEPALIVE_S,
            timeout=PUBLISH_TIMEOUT_S,
            will=aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None,
        )

    async def _serve(self, client: aiomqtt.Client) -> None:
        self.connection_count += 1
        try:
            for message in self._greetings():
                await _publish(client, message)
            self._failures = 0
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_notice_loss(client))
                tasks.create_task(self._drain(client))
        except asyncio.CancelledError:
            self._is_stopping = True
            with contextlib.suppress(aiomqtt.MqttError):
                for message in self._farewells:
                    await _publish(client, message)
            raise

    async def _drain(self, client: aiomqtt.Client) -> None:
        while True:
            while self._waiting:
                message = self._waiting[0]
                await _publish(client, message)
                # While it was on its way a full queue may have dropped it.
                if self._waiting and self._waiting[0] is message:
                    self._waiting.popleft()
            self._something.clear()
            await self._something.wait()


async def _publish(client: aiomqtt.Client, message: Message) -> None:
    await client.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)


async def _notice_loss(client: aiomqtt.Client) -> None:
    """Nothing is subscribed; the stream of messages ends with an error when the connection does."""
    async for _ in client.messages:
        pass
