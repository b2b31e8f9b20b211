"""What is sent to an ingest: rows of 50 readings of many devices behind a few edges, made beforehand."""

from __future__ import annotations

import asyncio
import math
import time
import uuid
from dataclasses import dataclass
from multiprocessing.connection import Connection

from device_profiles.measurements import MEASUREMENTS
from gateway.messages import DeviceBirth, DeviceMessage, PointBirth, Reading
from gateway.sparkplug.vocabulary import row_body
from tests.support.pretend_edge import PretendEdge, host_online

GROUP = "bench"
EDGES, DEVICES_PER_EDGE, POINTS_PER_ROW = 8, 12, 50
COUNTERS = frozenset(MEASUREMENTS["meter_register"].values())
POINTS = [name for fields in MEASUREMENTS.values() for name in fields.values()][:POINTS_PER_ROW]
EVERY_MS = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What the publisher did: seconds are from the first row sent to the last acknowledgement."""

    streams: dict[str, int]
    points: int
    seconds: float
    cpu_seconds: float
    resent: int


def device_name(edge: int, device: int) -> str:
    return f"meter-{edge}-{device}"


def value_of(device: int, point: int, turn: int) -> float | int:
    """What a point of a device measures at its `turn`-th poll: counters grow, the others wander."""
    if POINTS[point] in COUNTERS:
        return 1_000_000 + 1_000 * device + 7 * turn
    return round(230.0 + point + 5.0 * math.sin(turn / 7.0 + point), 2)


def birth_of(edge: int, device: int) -> DeviceBirth:
    points = tuple(PointBirth(name, "int" if name in COUNTERS else "float") for name in POINTS)
    return DeviceBirth(device_name(edge, device), {"building": f"building-{edge}"}, points)


def make_edge(number: int, turns: int, first_ms: int) -> PretendEdge:
    """An edge with every row that it will ever send; rows of one turn, one of each device, follow each other."""
    births = [birth_of(number, device) for device in range(DEVICES_PER_EDGE)]
    edge = PretendEdge(GROUP, f"edge-{number}", str(uuid.uuid4()), births)
    for turn in range(turns):
        at_ms = first_ms + turn * EVERY_MS
        for device in range(DEVICES_PER_EDGE):
            readings = tuple(Reading(name, value_of(device, n, turn), at_ms) for n, name in enumerate(POINTS))
            edge.put(device_name(number, device), row_body(DeviceMessage(device_name(number, device), readings)))
    return edge


def publish(pipe: Connection, port: int, turns: int, first_ms: int) -> None:
    """A process of its own: makes the rows, says so, sends them when told, and tells what it did."""
    edges = [make_edge(number, turns, first_ms) for number in range(EDGES)]
    pipe.send("ready")
    pipe.recv()
    pipe.send(asyncio.run(_send_all(edges, port)))


async def _send_all(edges: list[PretendEdge], port: int) -> Sent:
    await host_online(port)
    for edge in edges:
        await edge.connect(port)
        edge.offer(DEVICES_PER_EDGE)
    # Births are through and every device is known once its first row is acknowledged.
    await _until_done(edges, DEVICES_PER_EDGE)
    began, cpu = time.monotonic(), time.process_time()
    done = sum(edge.done for edge in edges)
    for edge in edges:
        edge.offer()
    await _until_done(edges, None)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    rows = sum(edge.done for edge in edges) - done
    for edge in edges:
        edge.close()
    streams = {edge.stream: edge.done for edge in edges}
    return Sent(streams, rows * POINTS_PER_ROW, seconds, cpu_seconds, sum(edge.resent for edge in edges))


async def _until_done(edges: list[PretendEdge], rows: int | None) -> None:
    looked = time.monotonic()
    while not all(edge.is_drained if rows is None else edge.done >= rows for edge in edges):
        await asyncio.sleep(0.01)
        if time.monotonic() - looked > 5.0:
            looked = time.monotonic()
            for edge in edges:
                edge.look_after()
