"""The edge agent with a planted bug: rows are freed when the broker acknowledges them, not when the cloud does.

Rows go out at QoS 1 and a PUBACK counts as a receipt. The kill test must notice.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from edge_agent.app import run
from foundation.errors import LinkError
from gateway.edge_node import EdgeNode
from gateway.mqtt_link import MqttLink, Publication
from gateway.stream import Acknowledgement, RangeSet

_TASKS: set[asyncio.Task[None]] = set()
_send_row = EdgeNode.send_row


async def _free_on_puback(node: EdgeNode, link: MqttLink, message: Publication, spool: int) -> None:
    try:
        await link.publish_and_wait(Publication(message.topic, message.payload, qos=1))
    except LinkError:
        return
    node._handlers.acknowledged(Acknowledgement(node._stream, RangeSet([(spool, spool)])))


def send_row(self: EdgeNode, device: str, spool: int, body: bytes) -> None:
    link = self._link
    assert link is not None

    class Diverted:
        """Stands in for the link while one row is framed."""

        is_open = True

        def publish(self_, message: Publication) -> None:  # noqa: N805
            task = asyncio.create_task(_free_on_puback(self, link, message, spool))
            _TASKS.add(task)
            task.add_done_callback(_TASKS.discard)

    self._link = Diverted()  # type: ignore[assignment]
    try:
        _send_row(self, device, spool, body)
    finally:
        self._link = link


EdgeNode.send_row = send_row  # type: ignore[method-assign]

if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
