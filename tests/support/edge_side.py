"""The sending half of an edge without devices: outbox, uplink and Sparkplug session, as the agent wires them."""

from __future__ import annotations

from pathlib import Path

from edge_agent.delivery.outbox import Lane, NewRow, Outbox
from edge_agent.delivery.uplink import Uplink
from foundation.clock import Clock, SystemClock
from foundation.disk import SystemDisk
from foundation.rng import SystemRng
from gateway.edge_node import EdgeNode
from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Reading
from gateway.mqtt_link import Endpoint
from gateway.sparkplug.codec import Metric
from gateway.sparkplug.vocabulary import NodeBirth, row_body
from gateway.stream import Acknowledgement

GROUP, NODE, DEVICE, POINT = "demo-county", "edge-1", "a-main", "Power/Active/Total"


class EdgeSide:
    """Rows put here travel as the agent's rows do."""

    def __init__(self, folder: Path, port: int, clock: Clock | None = None, *, keepalive_s: int = 5) -> None:
        self.clock = clock or SystemClock()
        rng = SystemRng()
        self.outbox = Outbox(folder / "outbox.db", disk=SystemDisk(), rng=rng, max_rows=2_000_000)
        self.envelopes: list[tuple[str, bytes]] = []
        self.plain: list[tuple[str, list[Metric]]] = []
        self.births = 0
        self.node = EdgeNode(
            group=GROUP,
            node=NODE,
            endpoint=Endpoint("127.0.0.1", port, keepalive_s=keepalive_s),
            primary_host="xietong",
            handlers=self,
            clock=self.clock,
            rng=rng,
        )
        self.uplink = Uplink(self.outbox, self.node, self.clock)

    def put(self, count: int, *, lane: Lane = Lane.LIVE, first_ms: int | None = None) -> None:
        """Accept `count` rows of one reading each, a millisecond apart."""
        start = self.clock.now_ms() if first_ms is None else first_ms
        rows = [
            NewRow(DEVICE, row_body(DeviceMessage(DEVICE, (Reading(POINT, float(n), start + n),))), 1, lane)
            for n in range(count)
        ]
        self.outbox.put(rows, now_ms=self.clock.now_ms())
        self.uplink.wake()

    # gateway.edge_node.EdgeHandlers

    def next_bdseq(self) -> int:
        return self.outbox.next_bdseq()

    def node_birth(self) -> NodeBirth:
        return NodeBirth(self.outbox.stream, "nonce", {"software": "test"}, ("device.life",))

    def device_births(self) -> list[DeviceBirth]:
        self.births += 1
        points = (PointBirth(POINT, "float", "W"), PointBirth("Setpoint/Temperature", "float", "°C", writable=True))
        return [DeviceBirth(DEVICE, {"profile": "acrel.adl400"}, points)]

    def lost_devices(self) -> list[tuple[str, int]]:
        return []

    def session_began(self) -> None:
        self.uplink.session_began()

    def session_ended(self) -> None:
        return

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        self.uplink.acknowledged(acknowledgement)

    def envelope(self, device: str, data: bytes) -> None:
        self.envelopes.append((device, data))

    def plain_command(self, device: str, metrics: list[Metric]) -> None:
        self.plain.append((device, metrics))
