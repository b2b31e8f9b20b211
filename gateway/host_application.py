"""The cloud's end of Sparkplug: STATE, births, rebirth requests, acknowledgements and commands out.

Follows Sparkplug 3.0 chapter 5 for a primary host application.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence

from foundation.clock import Clock
from foundation.errors import LinkError
from foundation.rng import Rng
from gateway.deliveries import Delivery, NodeBorn, RebirthWanted
from gateway.host_claim import HostClaim, claim_topic
from gateway.mqtt_link import Endpoint, Inbound, MqttLink, Publication, open_link
from gateway.node_tracker import Heard, NodeTracker
from gateway.rebirth_pacing import RebirthPacing
from gateway.sparkplug.codec import DataType, Metric, Payload, encode
from gateway.sparkplug.topics import NAMESPACE, MessageType, Topic, state_topic
from gateway.sparkplug.vocabulary import ACK, ENVELOPE, REBIRTH
from gateway.stream import Acknowledgement

log = logging.getLogger(__name__)

BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
LOOK_EVERY_S = 0.1


def _go_on() -> None:
    return


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
        check: Callable[[], None] = _go_on,
        clock: Clock,
        rng: Rng,
    ) -> None:
        """`last_state_ms` is the newest STATE time ever published; `remember_state_ms` persists a newer one before use.

        `groups` limits the namespace; empty means all groups. `check` is called before anything is heard or said; it
        raises when another process has become this host, and `run` ends with what it raises.
        """
        self._host_id, self._endpoint, self._deliver = host_id, endpoint, deliver
        self._groups, self._clock, self._rng = tuple(groups), clock, rng
        self._state_ms, self._remember_state_ms = last_state_ms, remember_state_ms
        self._predecessor_ms, self._check = last_state_ms, check
        self._tracker = NodeTracker()
        self._pacing = RebirthPacing(rng)
        self._claim = HostClaim(host_id, rng)
        self._link: MqttLink | None = None
        self._is_announced = False

    @property
    def is_online(self) -> bool:
        return self._link is not None and self._link.is_open

    async def run(self) -> None:
        """Keep the session up until cancelled; a cancel publishes STATE offline.

        Raises ConfigError when another host is alive under this id.
        """
        failures = 0
        is_claimed = False
        while True:
            try:
                if not is_claimed:
                    await self._claim.make(self._endpoint)
                    is_claimed = True
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
        self._is_announced = False
        will = self._state(online=False)
        link = await open_link(self._endpoint, f"{self._host_id}-{self._rng.token(4).hex()}", will=will)
        self._link = link
        looking = asyncio.create_task(self._look_after())
        try:
            await link.subscribe(self._filters())
            await link.publish_and_wait(self._state(online=True))
            while True:
                self._heard(await link.receive())
        except asyncio.CancelledError:
            await self._say_goodbye(link)
            raise
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await link.abandon()

    async def _look_after(self) -> None:
        """Give up waiting for missing messages in time, and ask for rebirths at their pace."""
        while True:
            await self._clock.sleep(LOOK_EVERY_S)
            self._pass_on(self._tracker.overdue(self._clock.now_ms()))
            for group, node in self._pacing.due(self._clock.monotonic()):
                log.info("asking %s/%s for a rebirth", group, node)
                self._send(group, node, "", Metric(REBIRTH, True, self._clock.now_ms(), DataType.BOOLEAN))

    def _filters(self) -> list[tuple[str, int]]:
        own = (state_topic(self._host_id), 1)
        spaces = [f"{NAMESPACE}/{group}/#" for group in self._groups] or [f"{NAMESPACE}/#"]
        return [own, (claim_topic(self._host_id), 1), *((space, 1) for space in spaces)]

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
        self._check()
        now = self._clock.now_ms()
        own_state = state_topic(self._host_id)
        heard: list[Heard] = []
        for message in messages:
            if message.topic == own_state:
                self._check_own_state(message)
            elif message.topic == claim_topic(self._host_id):
                self._answer_claim(message)
            elif not message.topic.startswith(f"{NAMESPACE}/STATE/"):
                heard += self._tracker.feed(message.topic, message.payload, now)
        self._pass_on(heard)

    def _answer_claim(self, message: Inbound) -> None:
        answer = self._claim.answer(message)
        if answer is not None and self._link is not None:
            self._link.publish(answer)

    def _pass_on(self, heard: Sequence[Heard]) -> None:
        deliveries: list[Delivery] = []
        for one in heard:
            if isinstance(one, RebirthWanted):
                self._pacing.want((one.group, one.node), self._clock.monotonic())
                continue
            if isinstance(one, NodeBorn):
                self._pacing.born((one.group, one.node))
            deliveries.append(one)
        if deliveries:
            self._deliver(deliveries)

    def _check_own_state(self, message: Inbound) -> None:
        """Somebody (a late will) said we are offline: say at once that we are not.

        A host that says after us that it is online under our id started at the same moment: the younger one yields.
        What the broker remembered is heard before our own word, and is no host; nor is the process whose place this one
        has taken, should it have been frozen with a word on its lips.
        """
        try:
            state = json.loads(message.payload)
            is_online, at_ms = bool(state["online"]), int(state["timestamp"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            is_online, at_ms = False, 0
        self._is_announced |= is_online and at_ms == self._state_ms
        is_older = is_online and at_ms < self._state_ms and self._is_announced
        if is_older and at_ms != self._predecessor_ms:
            raise self._claim.refusal()
        if (not is_online or is_older or at_ms > self._state_ms) and self._link is not None:
            # The time stays that of this session's will, or edges would ignore the will as older.
            self._link.publish(self._state(online=True))

    def _send(self, group: str, node: str, device: str, metric: Metric) -> bool:
        self._check()
        if self._link is None or not self._link.is_open:
            return False
        kind = MessageType.DCMD if device else MessageType.NCMD
        payload = encode(Payload(self._clock.now_ms(), (metric,)))
        try:
            self._link.publish(Publication(Topic(group, kind, node, device).text(), payload))
        except LinkError:
            return False
        return True
