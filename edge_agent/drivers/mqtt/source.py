"""The devices of one MQTT broker: messages in, readings and events out, life kept, nonsense set aside."""

from __future__ import annotations

import contextlib
import logging
from asyncio import AbstractEventLoop, get_running_loop, to_thread
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.matcher import MQTTMatcher
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.drivers.driver import Intake
from edge_agent.drivers.mqtt.message import Translator
from edge_agent.drivers.report import Heard
from edge_agent.drivers.reporter import Reporter
from foundation.clock import Clock
from foundation.errors import ContractError

KEEPALIVE_S = 15
LONGEST_RECONNECT_S = 15
LINK_GRACE_S = 10.0
"""A broker that is back within this time was not lost: no device goes stale for a restart."""
CHECK_EVERY_S = 1.0
MAX_WAITING = 20_000

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class SourceCounters:
    """What happened on one broker since the start; `dropped` messages found the queue full.

    Every connection subscribes to all topics anew.
    """

    messages: int = 0
    malformed: int = 0
    dropped: int = 0
    connects: int = 0
    subscriptions: int = 0
    refused_subscriptions: int = 0


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the devices publish, and as whom to listen."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class MqttSource:
    """DeviceSource of one broker. paho's thread receives and reconnects; everything else happens in the loop."""

    def __init__(
        self,
        address: BrokerAddress,
        devices: Sequence[str],
        translators: Sequence[Translator],
        intake: Intake,
        clock: Clock,
    ) -> None:
        self.counters = SourceCounters()
        self._address, self._intake, self._clock = address, intake, clock
        self._translators = translators
        self._by_topic: Any = MQTTMatcher()  # type: ignore[no-untyped-call]
        self._topics = sorted({topic for translator in translators for topic in translator.topics})
        for translator in translators:
            for topic in translator.topics:
                self._by_topic[topic] = translator
        self._reporter = Reporter(devices, intake, clock)
        self._regular: dict[str, tuple[float, float]] = {}
        self._down_since_s: float | None = clock.monotonic()
        self._waiting: deque[tuple[str, bytes]] = deque()

    def expect_regularly(self, devices: Sequence[str], longest_s: float) -> None:
        """These devices are lost when they are silent for longer than `longest_s`."""
        self._regular |= dict.fromkeys(devices, (self._clock.monotonic(), longest_s))

    async def run(self) -> None:
        """As DeviceSource.run."""
        client = self._client(get_running_loop())
        client.connect_async(self._address.host, self._address.port, KEEPALIVE_S)
        client.loop_start()
        try:
            while True:
                await self._clock.sleep(CHECK_EVERY_S)
                self._check_silence()
        finally:
            client.disconnect()
            await to_thread(client.loop_stop)

    async def close(self) -> None:
        """Nothing is left open after `run`."""

    def _client(self, loop: AbstractEventLoop) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=self._address.client_id, clean_session=True)
        client.reconnect_delay_set(1, LONGEST_RECONNECT_S)
        if self._address.username is not None:
            client.username_pw_set(self._address.username, self._address.password)

        def hand_over(call: Callable[..., None], *arguments: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before the network thread
                loop.call_soon_threadsafe(call, *arguments)

        # These run in paho's thread and only hand over.
        def on_connect(client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
            if reason.is_failure:
                return
            hand_over(self._connected)
            if self._topics:
                client.subscribe([(topic, 1) for topic in self._topics])

        def on_disconnect(_client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
            hand_over(self._disconnected, str(reason))

        def on_subscribe(_client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
            hand_over(self._subscribed, len(reasons), sum(reason.is_failure for reason in reasons))

        def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
            if len(self._waiting) >= MAX_WAITING:
                self.counters.dropped += 1
                return
            self._waiting.append((message.topic, bytes(message.payload)))
            hand_over(self._take_one)

        client.on_connect, client.on_disconnect = on_connect, on_disconnect
        client.on_subscribe, client.on_message = on_subscribe, on_message
        return client

    def _connected(self) -> None:
        self.counters.connects += 1
        self._down_since_s = None

    def _disconnected(self, reason: str) -> None:
        if self._down_since_s is None:
            self._down_since_s = self._clock.monotonic()
            _log.warning("%s:%s: connection ended: %s", self._address.host, self._address.port, reason)

    def _subscribed(self, asked: int, refused: int) -> None:
        self.counters.subscriptions += asked - refused
        self.counters.refused_subscriptions += refused
        if refused:
            _log.error("%s:%s: %d subscriptions refused", self._address.host, self._address.port, refused)

    def _take_one(self) -> None:
        topic, payload = self._waiting.popleft()
        self.counters.messages += 1
        translator = next(iter(self._by_topic.iter_match(topic)), None)
        if translator is None:
            return
        try:
            for heard in translator.translate(topic, payload, self._clock.now_ms()):
                self._hand_in(heard)
        except ContractError as error:
            self.counters.malformed += 1
            self._intake.malformed(topic, payload, str(error))

    def _hand_in(self, heard: Heard) -> None:
        if heard.device in self._regular:
            self._regular[heard.device] = (self._clock.monotonic(), self._regular[heard.device][1])
        self._reporter.hand_in(heard)

    def _check_silence(self) -> None:
        now_s = self._clock.monotonic()
        if self._down_since_s is not None:
            if now_s - self._down_since_s > LINK_GRACE_S:
                for translator in self._translators:
                    translator.forget_life()
                for device in self._reporter.devices:
                    self._reporter.lose(device, "link")
            return
        for device, (heard_s, longest_s) in self._regular.items():
            if now_s - heard_s > longest_s:
                self._reporter.lose(device, "silence")
