"""A primary host that acknowledges every row and keeps none: the other end that a measured edge needs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from foundation.clock import SystemClock
from foundation.rng import SystemRng
from gateway.deliveries import Delivery, RowArrived
from gateway.host_application import HostApplication
from gateway.mqtt_link import Endpoint
from gateway.stream import Acknowledgement, RangeSet

ACKNOWLEDGE_EVERY_S = 0.2


def serve_host(port: int) -> None:
    """Serve until ended."""
    waiting: dict[tuple[str, str, str], RangeSet] = defaultdict(RangeSet)

    def deliver(deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            if isinstance(one, RowArrived):
                waiting[one.group, one.node, one.stream].add(one.spool)

    async def serve() -> None:
        host = HostApplication(
            host_id="xietong",
            endpoint=Endpoint("127.0.0.1", port),
            deliver=deliver,
            last_state_ms=0,
            remember_state_ms=lambda at_ms: None,
            clock=SystemClock(),
            rng=SystemRng(),
        )
        running = asyncio.create_task(host.run())
        while not running.done():
            await asyncio.sleep(ACKNOWLEDGE_EVERY_S)
            for (group, node, stream), rows in list(waiting.items()):
                host.acknowledge(group, node, Acknowledgement(stream, rows))
            waiting.clear()

    asyncio.run(serve())
