"""That one host alone speaks under a host id: a newcomer asks before its session whether somebody is alive under it.

Only a living host answers, on a topic beside Sparkplug's; what a broker retains proves nothing. So a host that crashed
never locks its successor out, and a frozen one is replaced. The question goes over a connection of its own, for the
first word of a Sparkplug session is STATE (host-topic-phid-birth-message). See docs/decisions/0011.
"""

from __future__ import annotations

import asyncio
import json
import logging

from foundation.errors import ConfigError
from foundation.rng import Rng
from gateway.mqtt_link import Endpoint, Inbound, MqttLink, Publication, open_link
from gateway.sparkplug.topics import state_topic

log = logging.getLogger(__name__)

ECHO_WITHIN_S = 2.0
ANSWER_WITHIN_S = 1.0


def claim_topic(host_id: str) -> str:
    """Where questions and answers about a host id travel."""
    return f"xietong/host/{host_id}"


class HostClaim:
    """One process's claim to a host id."""

    def __init__(self, host_id: str, rng: Rng) -> None:
        self._host_id = host_id
        self._token = rng.token(8).hex()

    async def make(self, endpoint: Endpoint) -> None:
        """Ask, and return when nobody answers; ConfigError when a living host does, LinkError without a broker."""
        link = await open_link(endpoint, f"{self._host_id}-claim-{self._token}")
        try:
            topic = claim_topic(self._host_id)
            await link.subscribe([(topic, 1), (state_topic(self._host_id), 1)])
            link.publish(Publication(topic, _text(ask=self._token), qos=1))
            await self._listen(link, topic)
        finally:
            await link.close()

    def answer(self, message: Inbound) -> Publication | None:
        """What a living host says to a newcomer's question."""
        asker = _read(message.payload).get("ask")
        if not isinstance(asker, str) or asker == self._token:
            return None
        log.warning("another process asked to be host %s and was refused", self._host_id)
        return Publication(message.topic, _text(taken=asker), qos=1)

    def refusal(self) -> ConfigError:
        """What a host ends with that is not alone."""
        return ConfigError("broker", "host_id", f"another host {self._host_id!r} is alive on this broker")

    async def _listen(self, link: MqttLink, topic: str) -> None:
        """Until our own question came back; longer when somebody was online by the broker's memory."""
        is_echoed, has_online = False, False
        try:
            async with asyncio.timeout(ECHO_WITHIN_S) as patience:
                while not is_echoed or has_online:
                    for message in await link.receive():
                        content = _read(message.payload)
                        if content.get("taken") == self._token:
                            raise self.refusal()
                        has_online = bool(content.get("online", has_online))
                        if content.get("ask") == self._token:
                            is_echoed = True
                            patience.reschedule(asyncio.get_running_loop().time() + ANSWER_WITHIN_S)
        except TimeoutError:
            if not is_echoed:
                log.warning("the broker passes nothing on %s: a second host would stay unnoticed", topic)


def _text(**content: str) -> bytes:
    return json.dumps(content).encode()


def _read(payload: bytes) -> dict[str, object]:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
