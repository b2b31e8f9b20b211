"""From outbox to store over a real broker: nothing lost, nothing twice, live rows first, poison set aside."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cloud.core.series import SeriesKey
from cloud.ingest import host as ingest_host
from edge_agent.delivery.outbox import Lane, NewRow
from edge_agent.delivery.uplink import LIVE_RESERVE, WINDOW
from gateway.messages import DeviceMessage, Quality, Reading
from gateway.mqtt_link import Endpoint, Publication, open_link
from gateway.sparkplug.codec import Payload, decode, parse
from gateway.sparkplug.vocabulary import row_body
from gateway.stream import RangeSet
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import DEVICE, GROUP, POINT, EdgeSide
from tests.support.mosquitto import StartMosquitto
from tests.support.waiting import running, until

KEY = SeriesKey(GROUP, DEVICE, POINT)


def is_drained(edge: EdgeSide) -> bool:
    return edge.outbox.counts().rows == 0


async def test_rows_are_stored_then_acknowledged_then_freed(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    edge.put(1_000)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        await until(lambda: is_drained(edge), what="outbox drained")
        edge.put(10)
        await until(lambda: cloud.store.counts().stored == 1_010)
        await until(lambda: is_drained(edge))
    counts = cloud.store.counts()
    assert (counts.stored, counts.duplicates, edge.outbox.counts().acquired) == (1_010, 0, 1_010)
    assert cloud.store.position(edge.outbox.stream) == RangeSet([(1, 1_010)])
    (device,) = cloud.sql.registry.devices(["unassigned"])
    assert device.properties["profile"] == "acrel.adl400"


async def test_a_host_that_returns_gets_what_it_missed(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    async with running(edge.node.run(), edge.uplink.run()):
        async with running(cloud.host.run(), cloud.ingest.run()):
            edge.put(100)
            await until(lambda: is_drained(edge))
        await until(lambda: not edge.node.is_online, what="edge hears that the host left")
        edge.put(50)
        async with running(cloud.host.run(), cloud.ingest.run()):
            await until(lambda: is_drained(edge), what="outbox drained after the return")
    assert cloud.store.counts().stored == 150
    assert cloud.store.counts().duplicates == 0


async def test_a_broker_that_dies_and_returns_costs_nothing(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    broker = mosquitto()
    edge, cloud = EdgeSide(tmp_path / "edge", broker.port), CloudSide(tmp_path / "cloud", broker.port)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        edge.put(3_000)
        await until(lambda: cloud.store.counts().stored > 100)
        broker.process.kill()
        edge.put(500)
        broker.restart()
        await until(lambda: is_drained(edge), what="outbox drained after the broker's return")
    counts = cloud.store.counts()
    assert (counts.stored, counts.duplicates) == (3_500, 0)


async def test_e21_live_rows_pass_a_backlog(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    edge.put(20_000, lane=Lane.HISTORY, first_ms=1_790_000_000_000)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        await until(lambda: cloud.store.counts().rows > 500)
        edge.put(1)
        live = edge.outbox.last_spool()
        await until(lambda: live in cloud.store.position(edge.outbox.stream), what="live row stored")
        waiting = edge.outbox.counts().rows
    assert waiting > 1_000


async def test_a_poison_reading_is_quarantined_alone(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    edge.put(3)
    now = edge.clock.now_ms()
    readings = (Reading(POINT, 1.0, now), Reading("Voltage/L1", 2.0, now), Reading("Current/L1", 3.0, 5))
    message = parse(row_body(DeviceMessage(DEVICE, readings)))
    message.metrics[1].double_value = float("nan")
    edge.outbox.put([NewRow(DEVICE, message.SerializeToString(), 3)], now_ms=now)
    edge.put(3, first_ms=now + 10)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        await until(lambda: is_drained(edge))
    counts = cloud.store.counts()
    assert (counts.stored, counts.quarantined) == (7, 2)
    assert edge.outbox.counts().acquired == counts.stored + counts.quarantined
    assert cloud.sql.quarantine.counts()["malformed"] == 0


async def test_a_malformed_payload_is_set_aside_and_good_data_goes_on(
    mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        await until(lambda: edge.node.is_online)
        stranger = await open_link(Endpoint("127.0.0.1", port), "stranger")
        await stranger.publish_and_wait(Publication(f"spBv1.0/{GROUP}/DDATA/edge-1/{DEVICE}", b"\xff\xff\xff"))
        await stranger.close()
        edge.put(5)
        await until(lambda: is_drained(edge))
        await until(lambda: cloud.sql.quarantine.counts()["malformed"] == 1)
    assert cloud.store.counts().stored == 5


async def test_quality_and_missing_values_arrive(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    now = edge.clock.now_ms()
    readings = (Reading(POINT, None, now), Reading(POINT, 5.0, now + 1, Quality.BAD))
    edge.outbox.put([NewRow(DEVICE, row_body(DeviceMessage(DEVICE, readings)), 2)], now_ms=now)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        await until(lambda: is_drained(edge))
    assert [(sample.value, sample.quality) for sample in cloud.store.series(KEY, 0, 2**50)] == [
        (None, Quality.GOOD),
        (5.0, Quality.BAD),
    ]


async def test_a_damaged_row_is_dropped_and_counted_and_the_others_go_on(
    mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    port = mosquitto().port
    edge, cloud = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)
    edge.outbox.put([NewRow(DEVICE, b"\xff\xff\xff", 1)], now_ms=1)
    edge.put(5)
    async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
        await until(lambda: is_drained(edge))
    counts = edge.outbox.counts()
    assert (counts.acquired, counts.dropped, cloud.store.counts().stored) == (6, {"damaged": 1}, 5)


async def test_an_edge_that_died_while_the_cloud_was_away_is_noticed(
    mosquitto: StartMosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_host, "HEARD_WITHIN_S", 0.5)
    port = mosquitto().port
    edge, first = EdgeSide(tmp_path / "edge", port), CloudSide(tmp_path / "cloud", port)

    def online(cloud: CloudSide) -> int:
        return sum(device.is_online for device in cloud.sql.registry.devices(["unassigned"]))

    async with running(edge.node.run(), edge.uplink.run()):
        ingest = asyncio.create_task(first.ingest.run())
        async with running(first.host.run()):
            await until(lambda: online(first) == 1)
            ingest.cancel()
    again = CloudSide(tmp_path / "cloud", port)
    assert online(again) == 1
    async with running(again.host.run(), again.ingest.run()):
        await until(lambda: online(again) == 0, what="the edge is missed")


async def test_e21_what_waited_through_an_outage_comes_marked_with_its_own_times_and_never_all_at_once(
    mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    """A host that acknowledges nothing gets no more than the window, live rows beside the backlog."""
    port = mosquitto().port
    edge = EdgeSide(tmp_path, port)
    edge.put(2_000, first_ms=1_790_000_000_000)
    heard: list[Payload] = []
    link = await open_link(Endpoint("127.0.0.1", port), "host")
    await link.subscribe([("spBv1.0/+/DDATA/#", 0)])
    state = json.dumps({"online": True, "timestamp": 10}).encode()
    link.publish(Publication("spBv1.0/STATE/xietong", state, qos=1, retain=True))

    async def listen() -> None:
        while True:
            heard.extend(decode(one.payload) for one in await link.receive())

    async with running(edge.node.run(), edge.uplink.run(), listen()):
        await until(lambda: len(heard) == WINDOW - LIVE_RESERVE)
        edge.put(1)
        await until(lambda: len(heard) == WINDOW - LIVE_RESERVE + 1)
    *backlog, live = heard
    times = [payload.metrics[0].timestamp_ms for payload in backlog]
    assert times == [1_790_000_000_000 + number for number in range(len(backlog))]
    assert all(payload.metrics[0].is_historical for payload in backlog)
    assert not live.metrics[0].is_historical
    await link.close()
