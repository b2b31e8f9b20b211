"""What mosquitto says of itself under $SYS; started with `sys_interval 1` it says it every second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.support.raw_mqtt import RawClient

DROPPED = "$SYS/broker/publish/messages/dropped"
HELD = "$SYS/broker/store/messages/count"
"""Messages that wait in the broker, with those that it retains."""


class BrokerFigures:
    """The newest and the highest figure by topic."""

    def __init__(self) -> None:
        self.now: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self._clients: list[RawClient] = []

    async def watch(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        for topic in (DROPPED, HELD):
            client = RawClient(f"watcher-{len(self._clients)}", [topic], self._hearing(topic))
            await loop.create_connection(lambda client=client: client, "127.0.0.1", port)  # type: ignore[misc]
            await client.ready
            self._clients.append(client)

    def close(self) -> None:
        for one in self._clients:
            one.close()

    def _hearing(self, topic: str) -> Callable[[bytes], None]:
        def heard(payload: bytes) -> None:
            self.now[topic] = int(payload)
            self.most[topic] = max(self.most.get(topic, 0), int(payload))

        return heard
