"""What our two ends put on the wire, in which order and with which flags. Names of tests carry the rule's number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.errors import ConfigError
from gateway.host_application import HostApplication
from gateway.host_claim import claim_topic
from gateway.mqtt_link import Endpoint, Publication, open_link
from gateway.sparkplug.codec import DataType, Metric, Payload, decode, encode
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import DEVICE, GROUP, NODE, POINT, EdgeSide
from tests.support.mosquitto import StartMosquitto
from tests.support.mqtt_wire import CONNECT, DISCONNECT, PUBLISH, SUBSCRIBE, Said, WireTap
from tests.support.waiting import running, until

pytestmark = pytest.mark.server

STATE = "spBv1.0/STATE/xietong"
BASE = f"spBv1.0/{GROUP}"
BIRTHS = (f"{BASE}/NBIRTH/{NODE}", f"{BASE}/DBIRTH/{NODE}/{DEVICE}")
DATA = f"{BASE}/DDATA/{NODE}/{DEVICE}"
NDEATH = f"{BASE}/NDEATH/{NODE}"


@pytest.fixture
def port(mosquitto: StartMosquitto) -> int:
    return mosquitto().port


async def say_state(port: int, *, online: bool, at_ms: int) -> None:
    link = await open_link(Endpoint("127.0.0.1", port), "state")
    content = json.dumps({"online": online, "timestamp": at_ms}).encode()
    await link.publish_and_wait(Publication(STATE, content, qos=1, retain=True))
    await link.close()


def bdseq(said: Said) -> tuple[object, DataType | None]:
    metric = next(one for one in decode(said.payload).metrics if one.name == "bdSeq")
    return metric.value, metric.datatype


async def test_e1_e2_e3_e4_e5_e6_e18_an_edge_session_on_the_wire(port: int, tmp_path: Path) -> None:
    await say_state(port, online=True, at_ms=10)
    async with WireTap(port) as tap:
        edge = EdgeSide(tmp_path, tap.port)
        for _ in range(2):
            async with running(edge.node.run()):
                await until(lambda: edge.node.is_online)
            await until(lambda: len(tap.of(DISCONNECT)) == len(tap.sessions))
    for number, session_said in enumerate(tap.sessions):
        connect, subscribe, *rest = session_said
        assert (connect.kind, connect.is_clean) == (CONNECT, True)  # principles-persistence-clean-session-311
        assert (connect.topic, connect.qos, connect.retain) == (NDEATH, 1, False)
        assert decode(connect.payload).seq is None
        assert bdseq(connect) == (number, DataType.INT64)
        assert subscribe.kind == SUBSCRIBE
        commands = {f"{BASE}/NCMD/{NODE}": 1, f"{BASE}/DCMD/{NODE}/+": 1, STATE: 1}
        assert dict(subscribe.filters) == commands
        published = [one for one in rest if one.kind == PUBLISH]
        assert [one.topic for one in published] == [*BIRTHS, NDEATH]
        assert all((one.qos, one.retain) == (0, False) for one in published)
        birth, death = decode(published[0].payload), published[-1]
        assert (birth.seq, birth.timestamp_ms is not None) == (0, True)
        assert bdseq(published[0]) == bdseq(death) == bdseq(connect)
        assert rest[-1].kind == DISCONNECT


async def test_e3_bdseq_follows_255_by_0_and_survives_a_restart(port: int, tmp_path: Path) -> None:
    await say_state(port, online=True, at_ms=10)
    first = EdgeSide(tmp_path, port)
    for _ in range(255):
        first.outbox.next_bdseq()
    async with WireTap(port) as tap:
        for _ in range(3):
            edge = EdgeSide(tmp_path, tap.port)
            async with running(edge.node.run()):
                await until(lambda: len(tap.of(DISCONNECT)) < sum(one.topic == BIRTHS[1] for one in tap.of(PUBLISH)))
    assert [bdseq(one)[0] for one in tap.of(CONNECT)] == [255, 0, 1]


async def test_e7_e11_e14_e15_data_hold_only_what_the_births_declared(port: int, tmp_path: Path) -> None:
    await say_state(port, online=True, at_ms=10)
    async with WireTap(port) as tap:
        edge = EdgeSide(tmp_path, tap.port)
        edge.put(2)
        async with running(edge.node.run(), edge.uplink.run()):
            await until(lambda: sum(one.topic == DATA for one in tap.of(PUBLISH)) == 2)
    published = tap.of(PUBLISH)
    births = {one.topic: decode(one.payload) for one in published if one.topic in BIRTHS}
    aliases = [metric.alias for birth in births.values() for metric in birth.metrics if metric.alias is not None]
    assert len(aliases) == len(set(aliases))  # payloads-alias-uniqueness
    assert all(one.datatype is not None and one.timestamp_ms for birth in births.values() for one in birth.metrics)
    declared = {metric.alias: metric.name for metric in births[BIRTHS[1]].metrics}
    for said in published:
        if said.topic == DATA:
            metrics = decode(said.payload).metrics
            assert {declared[one.alias] for one in metrics} == {POINT, "_stream", "_spool"}
            assert all(one.name == "" and one.datatype is None and one.timestamp_ms for one in metrics)


async def test_e10_e17_a_lost_device_dies_and_comes_back_within_the_sequence(port: int, tmp_path: Path) -> None:
    await say_state(port, online=True, at_ms=10)
    async with WireTap(port) as tap:
        edge = EdgeSide(tmp_path, tap.port)
        async with running(edge.node.run()):
            await until(lambda: edge.node.is_online)
            edge.node.send_device_death(DEVICE, 12_345)
            edge.node.send_device_birth(edge.device_births()[0])
            for _ in range(260):
                edge.node.send_device_death(DEVICE, 12_345)
            await until(lambda: len(tap.of(PUBLISH)) == 264)
    sent = [decode(one.payload) for one in tap.of(PUBLISH)[:264]]
    assert [one.seq for one in sent] == [number % 256 for number in range(264)]
    assert tap.of(PUBLISH)[2].topic == f"{BASE}/DDEATH/{NODE}/{DEVICE}"
    assert sent[2].timestamp_ms == 12_345
    assert tap.of(PUBLISH)[3].topic == BIRTHS[1]


async def test_e20_a_host_that_goes_offline_gets_a_death_and_a_disconnect(port: int, tmp_path: Path) -> None:
    await say_state(port, online=True, at_ms=100)
    async with WireTap(port) as tap:
        edge = EdgeSide(tmp_path, tap.port)
        async with running(edge.node.run()):
            await until(lambda: edge.node.is_online)
            await say_state(port, online=False, at_ms=100)
            await until(lambda: len(tap.sessions) == 2, what="the next session waits")
            first = tap.sessions[0]
            assert [one.kind for one in first[-2:]] == [PUBLISH, DISCONNECT]
            assert first[-2].topic == NDEATH
            assert bdseq(first[-2]) == bdseq(first[0])
            assert not any(one.kind == PUBLISH for one in tap.sessions[1])


async def test_h1_h2_h3_h5_a_host_session_on_the_wire(port: int, tmp_path: Path) -> None:
    async with WireTap(port) as tap:
        cloud = CloudSide(tmp_path, tap.port)
        before = cloud.clock.now_ms()
        async with running(cloud.host.run()):
            await until(lambda: any(one.topic == STATE for one in tap.of(PUBLISH)))
        await until(lambda: tap.sessions[-1][-1].kind == DISCONNECT)
    _claim, (connect, subscribe, birth, *_, death, _disconnect) = tap.sessions
    assert (connect.topic, connect.qos, connect.retain, connect.is_clean) == (STATE, 1, True, True)
    will, said, last = (json.loads(one.payload) for one in (connect, birth, death))
    assert will == {"online": False, "timestamp": said["timestamp"]}
    assert said["timestamp"] >= before
    assert {(STATE, 1), ("spBv1.0/#", 1)} <= set(subscribe.filters)
    assert (birth.kind, birth.topic, birth.qos, birth.retain, said["online"]) == (PUBLISH, STATE, 1, True, True)
    assert (death.topic, death.qos, death.retain, last["online"]) == (STATE, 1, True, False)
    assert last["timestamp"] > said["timestamp"]


async def test_h14_each_broker_has_one_state_time_of_its_own(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    times = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        async with WireTap(mosquitto().port) as tap:
            cloud = CloudSide(tmp_path / folder, tap.port)
            async with running(cloud.host.run()):
                await until(lambda: any(one.topic == STATE for one in tap.of(PUBLISH)))
        session = tap.sessions[-1]
        will, birth = [json.loads(one.payload)["timestamp"] for one in session if one.topic == STATE][:2]
        assert will == birth
        times.append(birth)
    assert times[0] != times[1]


def host(cloud: CloudSide, port: int) -> HostApplication:
    """A host under the same id with nothing remembered, as another machine would start it."""
    return HostApplication(
        host_id="xietong",
        endpoint=Endpoint("127.0.0.1", port, keepalive_s=5),
        deliver=lambda deliveries: None,
        last_state_ms=0,
        remember_state_ms=lambda at_ms: None,
        clock=cloud.clock,
        rng=cloud.host._rng,
    )


async def test_h15_a_second_host_of_the_same_id_is_refused_and_the_first_goes_on(port: int, tmp_path: Path) -> None:
    # operational-behavior-host-application-host-id
    cloud = CloudSide(tmp_path, port)
    async with running(cloud.host.run()):
        await until(lambda: cloud.host._is_announced)
        async with WireTap(port) as tap:
            with pytest.raises(ConfigError, match="another host 'xietong' is alive"):
                await host(cloud, tap.port).run()
        assert [one.topic for one in tap.of(PUBLISH)] == [claim_topic("xietong")]  # no word to the edges
        assert cloud.host.is_online


async def test_h15_what_a_crashed_host_left_behind_locks_nobody_out(port: int, tmp_path: Path) -> None:
    await say_state(port, online=True, at_ms=1_790_000_000_000)
    cloud = CloudSide(tmp_path, port)
    async with running(cloud.host.run()):
        await until(lambda: cloud.host._is_announced)


async def test_h15_of_two_that_start_together_the_younger_yields(port: int, tmp_path: Path) -> None:
    cloud = CloudSide(tmp_path, port)
    second = host(cloud, port)

    async def nobody_asks(endpoint: Endpoint) -> None:
        return

    second._claim.make = nobody_asks  # type: ignore[method-assign]
    async with running(cloud.host.run()):
        await until(lambda: cloud.host._is_announced)
        second._state_ms = cloud.host._state_ms
        with pytest.raises(ConfigError, match="another host"):
            await second.run()


async def test_h12_historical_values_enter_the_series_and_never_become_the_current_value(
    port: int, tmp_path: Path
) -> None:
    cloud = CloudSide(tmp_path, port)
    link = await open_link(Endpoint("127.0.0.1", port), "foreign")
    now = cloud.clock.now_ms()
    async with running(cloud.host.run(), cloud.ingest.run()):
        await until(lambda: cloud.host.is_online)
        metric = Metric("P", 1.0, now, DataType.DOUBLE)
        link.publish(Publication("spBv1.0/g/NBIRTH/n", encode(Payload(now, (metric,), 0))))
        for seq, (value, at_ms, is_old) in enumerate(((5.0, now, False), (9.0, now - 60_000, True)), 1):
            sample = Metric("P", value, at_ms, is_historical=is_old)
            link.publish(Publication("spBv1.0/g/NDATA/n", encode(Payload(now, (sample,), seq))))
        await until(lambda: cloud.store.counts().stored == 2)
    assert [sample.value for sample in cloud.store.last("g").values()] == [5.0]
    await link.close()
