"""Foreign ends of Sparkplug: Tahu's JavaScript edge before our host, a JavaScript host before our edge.

What Tahu's client does otherwise than the specification says, and our host bears: a will of QoS 0, bdSeq of type
UInt64 that is always 0, name and datatype beside the alias in DATA.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloud.core.institution import UNASSIGNED
from cloud.core.series import SeriesKey
from edge_agent.delivery.uplink import Uplink
from gateway.messages import Quality
from gateway.mqtt_link import Endpoint, Publication, open_link
from gateway.sparkplug.codec import DataType, Metric, Payload, encode
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import DEVICE, POINT, EdgeSide
from tests.support.mosquitto import StartMosquitto
from tests.support.peers import peer
from tests.support.process import ChildProcess
from tests.support.waiting import running, until

pytestmark = pytest.mark.server

POWER = SeriesKey("foreign", "m1", "Power")


@pytest.fixture
def port(mosquitto: StartMosquitto) -> int:
    return mosquitto().port


@pytest.fixture
def tahu(port: int, tmp_path: Path) -> Iterator[ChildProcess]:
    child = peer("edge", tmp_path, str(port))
    yield child
    child.clean_up()


@pytest.fixture
def foreign_host(port: int, tmp_path: Path) -> Iterator[ChildProcess]:
    child = peer("host", tmp_path, str(port), "xietong")
    yield child
    child.clean_up()


def heard(host: ChildProcess, kind: str) -> list[dict[str, Any]]:
    lines = [line for line in host.output().splitlines() if line.startswith("{")]
    return [one for one in map(json.loads, lines) if one["kind"] == kind]


async def test_tahus_edge_is_seen_by_our_host_and_its_values_are_stored(
    port: int, tahu: ChildProcess, tmp_path: Path
) -> None:
    cloud = CloudSide(tmp_path, port)
    registry = cloud.sql.registry
    async with running(cloud.host.run(), cloud.ingest.run()):
        await until(lambda: cloud.host.is_online)
        tahu.start()
        await until(lambda: cloud.store.counts().stored >= 3, what=tahu.output())
        await until(lambda: registry.online_nodes() == [("foreign", "tahu")])
        values = cloud.store.series(POWER, 0, 2**53)
        assert [one.value for one in values] == [2.5, -3.5, 4.5]
        assert [one.quality for one in values] == [Quality.GOOD, Quality.GOOD, Quality.BAD]
        link = await open_link(Endpoint("127.0.0.1", port), "operator")
        stop = encode(Payload(1, (Metric("stop", True, 1, DataType.BOOLEAN),)))
        link.publish(Publication("spBv1.0/foreign/NCMD/tahu", stop))
        await until(lambda: registry.online_nodes() == [], what="its death")
        await link.close()


async def test_tahus_edge_that_is_killed_is_missed_by_its_will_and_known_again_when_it_returns(
    port: int, tahu: ChildProcess, tmp_path: Path
) -> None:
    """Its will has QoS 0, and the bdSeq of its second session is that of the first."""
    cloud = CloudSide(tmp_path, port)
    registry = cloud.sql.registry
    async with running(cloud.host.run(), cloud.ingest.run()):
        await until(lambda: cloud.host.is_online)
        for session in (1, 2):
            tahu.start()
            await until(lambda stored=3 * session: cloud.store.counts().stored == stored)
            assert registry.online_nodes() == [("foreign", "tahu")]
            tahu.kill()
            await until(lambda: registry.online_nodes() == [], what="its will is heard")
    (meter,) = registry.devices([UNASSIGNED])
    assert (meter.node, meter.is_online, meter.is_lossy) == ("tahu", False, True)
    assert [(point.name, point.unit) for point in meter.points] == [("Power", "W")]


async def test_tahus_edge_that_was_there_first_is_asked_for_its_births(
    port: int, tahu: ChildProcess, tmp_path: Path
) -> None:
    tahu.start()
    link = await open_link(Endpoint("127.0.0.1", port), "listener")
    await link.subscribe([("spBv1.0/foreign/NBIRTH/tahu", 0)])
    await link.receive()
    cloud = CloudSide(tmp_path, port)
    async with running(cloud.host.run(), cloud.ingest.run()):
        await until(lambda: cloud.host.is_online)
        # Data of a node that the host has never heard of: one more value, as the meter would send it.
        data = encode(Payload(1, (Metric("", 7.5, 1_790_000_000_000, alias=9),), 99))
        link.publish(Publication("spBv1.0/foreign/DDATA/tahu/m1", data))
        await until(lambda: "ncmd Node Control/Rebirth" in tahu.output(), what=tahu.output())
        await until(lambda: cloud.sql.registry.online_nodes() == [("foreign", "tahu")])
        await until(lambda: cloud.store.counts().stored >= 4)
    assert 7.5 in [one.value for one in cloud.store.series(POWER, 0, 2**53)]
    await link.close()


async def test_a_foreign_host_reads_our_aliases_asks_for_births_and_orders_by_alias(
    port: int, foreign_host: ChildProcess, tmp_path: Path
) -> None:
    edge = EdgeSide(tmp_path, port)
    edge.put(1)
    foreign_host.start()
    async with running(edge.node.run(), edge.uplink.run()):
        await until(lambda: len(heard(foreign_host, "NBIRTH")) == 2, what=foreign_host.output())
        edge.put(1)
        await until(lambda: bool(edge.plain), what=foreign_host.output())
    (data, *_) = heard(foreign_host, "DDATA")
    assert {metric["name"] for metric in data["metrics"]} == {POINT, "_stream", "_spool"}
    assert not any(metric["hadName"] or "datatype" in metric for metric in data["metrics"])
    (device, metrics), *_ = edge.plain
    assert (device, [(metric.name, metric.value) for metric in metrics]) == (DEVICE, [("Setpoint/Temperature", 22.5)])


async def test_without_acknowledgements_what_is_sent_is_free_and_rows_wait_only_while_the_host_is_away(
    port: int, foreign_host: ChildProcess, tmp_path: Path
) -> None:
    edge = EdgeSide(tmp_path, port)
    edge.uplink = Uplink(edge.outbox, edge.node, edge.clock, is_acknowledged=False)
    edge.put(5)
    async with running(edge.node.run(), edge.uplink.run()):
        await until(lambda: edge.node._link is not None)
        assert edge.outbox.counts().rows == 5
        foreign_host.start()
        await until(lambda: edge.outbox.counts().rows == 0, what=foreign_host.output())
        await until(lambda: len(heard(foreign_host, "DDATA")) == 5)
        foreign_host.kill()
        await until(lambda: not edge.node.is_online)
        edge.put(3)
    assert edge.outbox.counts().rows == 3
    first = heard(foreign_host, "DDATA")[0]["metrics"]
    assert all(metric.get("isHistorical") for metric in first if metric["name"] == POINT)
