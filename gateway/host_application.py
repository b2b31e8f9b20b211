"""The cloud's end of Sparkplug: STATE, births, rebirth requests, acknowledgements and commands out.

Follows Sparkplug 3.0 chapter 5 for a primary host application.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from foundation.clock import Clock
from foundation.errors import LinkError
from foundation.rng import Rng
from gateway.deliveries import Delivery, RebirthWanted
from gateway.mqtt_link import Endpoint, Inbound, MqttLink, Publication, open_link
from gateway.node_tracker import NodeTracker
from gateway.sparkplug.codec import DataType, Metric, Payload, encode
from gateway.sparkplug.topics import NAMESPACE, MessageType, Topic, state_topic
from gateway.sparkplug.vocabulary import ACK, ENVELOPE, REBIRTH
from gateway.stream import Acknowledgement

log = logging.getLogger(__name__)

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
REBIRTH_INTERVAL_S = 30.0
FIRST_REBIRTH_S = 1.0


@dataclass(slots=True)
class _RebirthPacing:
    """At most one request per node in REBIRTH_INTERVAL_S, the second attempt sooner."""

    asked_at: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)

    def may_ask(self, node: tuple[str, str], now: float) -> bool:
        last, times = self.asked_at.get(node, (float("-inf"), 0))
        pause = FIRST_REBIRTH_S if times <= 1 else REBIRTH_INTERVAL_S
        if now - last < pause:
            return False
        self.asked_at[node] = (now, times + 1 if now - last < 2 * REBIRTH_INTERVAL_S else 1)
        return True


class HostApplication:
    """A primary host; `deliver` gets everything heard, in order, in batches."""

    def __init__(
        self,
        *,
        host_id: str,
        endpoint: Endpoint,
        deliver: Callable[[Sequence[Delivery]], None],
        last_state_ms: int,
        remember_state_ms: Callable[[int], None],
        groups: Sequence[str] = (),
        clock: Clock,
        rng: Rng,
    ) -> None:
        """`last_state_ms` is the newest STATE time ever published; `remember_state_ms` persists a newer one before use.

        `groups` limits the namespace; empty means all groups.
        """
        self._host_id, self._endpoint, self._deliver = host_id, endpoint, deliver
        self._groups, self._clock, self._rng = tuple(groups), clock, rng
        self._state_ms, self._remember_state_ms = last_state_ms, remember_state_ms
        self._tracker = NodeTracker()
        self._pacing = _RebirthPacing()
        self._link: MqttLink | None = None

    @property
    def is_online(self) -> bool:
        return self._link is not None and self._link.is_open

    async def run(self) -> None:
        """Keep the session up until cancelled; a cancel publishes STATE offline."""
        failures = 0
        while True:
            try:
                await self._session()
            except LinkError as error:
                failures = 1 if self._link is not None else failures + 1
                if failures == 1:
                    log.warning("broker not reachable or lost: %s", error)
            finally:
                self._link = None
            self._pass_on(self._tracker.lose_all(self._clock.now_ms()))
            delay = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            await self._clock.sleep(delay * self._rng.uniform(0.8, 1.2))

    def acknowledge(self, group: str, node: str, acknowledgement: Acknowledgement) -> None:
        """Tell an edge which rows are stored for good; while offline it is left out (the rows come again)."""
        self._send(group, node, "", Metric(ACK, acknowledgement.text(), self._clock.now_ms(), DataType.STRING))

    def send_envelope(self, group: str, node: str, device: str, envelope: bytes) -> bool:
        """Send a signed command to a device; False while offline."""
        return self._send(group, node, device, Metric(ENVELOPE, envelope, self._clock.now_ms(), DataType.BYTES))

    async def _session(self) -> None:
        self._advance_state()
        will = self._state(online=False)
        link = await open_link(self._endpoint, f"{self._host_id}-{self._rng.token(4).hex()}", will=will)
        self._link = link
        try:
            await link.subscribe(self._filters())
            await link.publish_and_wait(self._state(online=True))
            while True:
                self._heard(await link.receive())
        except asyncio.CancelledError:
            await self._say_goodbye(link)
            raise
        finally:
            await link.abandon()

    def _filters(self) -> list[tuple[str, int]]:
        own = (state_topic(self._host_id), 1)
        spaces = [f"{NAMESPACE}/{group}/#" for group in self._groups] or [f"{NAMESPACE}/#"]
        return [own, *((space, 1) for space in spaces)]

    def _advance_state(self) -> None:
        """Never older than a STATE published before, whatever the clock says: edges ignore an older one."""
        self._state_ms = max(self._clock.now_ms(), self._state_ms + 1)
        self._remember_state_ms(self._state_ms)

    def _state(self, *, online: bool) -> Publication:
        content = json.dumps({"online": online, "timestamp": self._state_ms}).encode()
        return Publication(state_topic(self._host_id), content, qos=1, retain=True)

    async def _say_goodbye(self, link: MqttLink) -> None:
        with contextlib.suppress(LinkError):
            self._advance_state()
            await link.publish_and_wait(self._state(online=False))
            await link.close()

    def _heard(self, messages: Sequence[Inbound]) -> None:
        now = self._clock.now_ms()
        own_state = state_topic(self._host_id)
        deliveries: list[Delivery] = []
        for message in messages:
            if message.topic == own_state:
                self._check_own_state(message)
            elif not message.topic.startswith(f"{NAMESPACE}/STATE/"):
                for heard in self._tracker.feed(message.topic, message.payload, now):
                    if isinstance(heard, RebirthWanted):
                        self._ask_rebirth(heard)
                    else:
                        deliveries.append(heard)
        if deliveries:
            self._deliver(deliveries)

    def _pass_on(self, heard: Sequence[Delivery | RebirthWanted]) -> None:
        deliveries = [one for one in heard if not isinstance(one, RebirthWanted)]
        if deliveries:
            self._deliver(deliveries)

    def _check_own_state(self, message: Inbound) -> None:
        """Somebody (a late will) said we are offline: say at once that we are not."""
        try:
            is_online = bool(json.loads(message.payload)["online"])
        except (ValueError, KeyError, TypeError, RecursionError):
            is_online = False
        if not is_online and self._link is not None:
            # The time stays that of this session's will, or edges would ignore the will as older.
            self._link.publish(self._state(online=True))

    def _ask_rebirth(self, wanted: RebirthWanted) -> None:
        if self._pacing.may_ask((wanted.group, wanted.node), self._clock.monotonic()):
            log.info("asking %s/%s for a rebirth: %s", wanted.group, wanted.node, wanted.reason)
            self._send(wanted.group, wanted.node, "", Metric(REBIRTH, True, self._clock.now_ms(), DataType.BOOLEAN))

    def _send(self, group: str, node: str, device: str, metric: Metric) -> bool:
        if self._link is None or not self._link.is_open:
            return False
        kind = MessageType.DCMD if device else MessageType.NCMD
        payload = encode(Payload(self._clock.now_ms(), (metric,)))
        try:
            self._link.publish(Publication(Topic(group, kind, node, device).text(), payload))
        except LinkError:
            return False
        return True
