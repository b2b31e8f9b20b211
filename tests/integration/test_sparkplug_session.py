"""Both ends of a Sparkplug session as a third party on a real broker sees them. Comments carry the tck ids."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from foundation.errors import LinkError
from gateway.mqtt_link import Endpoint, Inbound, MqttLink, Publication, open_link
from gateway.sparkplug.codec import DataType, Metric, Payload, decode, encode
from gateway.sparkplug.topics import parse_topic
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import DEVICE, GROUP, NODE, EdgeSide
from tests.support.mosquitto import StartMosquitto
from tests.support.waiting import running, until

STATE = "spBv1.0/STATE/xietong"
NBIRTH, NDEATH, NCMD = (f"spBv1.0/{GROUP}/{kind}/{NODE}" for kind in ("NBIRTH", "NDEATH", "NCMD"))
DBIRTH, DDEATH, DDATA, DCMD = (
    f"spBv1.0/{GROUP}/{kind}/{NODE}/{DEVICE}" for kind in ("DBIRTH", "DDEATH", "DDATA", "DCMD")
)


class Listener:
    """Hears everything on the broker and may speak for a missing party."""

    def __init__(self, link: MqttLink) -> None:
        self.link = link
        self.heard: list[Inbound] = []

    async def listen(self) -> None:
        while True:
            self.heard += await self.link.receive()

    def topics(self) -> list[str]:
        return [message.topic for message in self.heard]

    def payloads(self, topic: str) -> list[Payload]:
        return [decode(message.payload) for message in self.heard if message.topic == topic]

    def states(self) -> list[dict[str, object]]:
        return [json.loads(message.payload) for message in self.heard if message.topic == STATE]

    def say_state(self, *, online: bool, at_ms: int) -> None:
        content = json.dumps({"online": online, "timestamp": at_ms}).encode()
        self.link.publish(Publication(STATE, content, qos=1, retain=True))

    def say(self, topic: str, *metrics: Metric) -> None:
        self.link.publish(Publication(topic, encode(Payload(1, metrics))))

    async def until_heard(self, topic: str, times: int = 1) -> None:
        await until(lambda: self.topics().count(topic) >= times, what=f"{times} x {topic} in {self.topics()}")


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[Listener]:
    link = await open_link(Endpoint("127.0.0.1", port), "listener")
    await link.subscribe([("spBv1.0/#", 1)])
    listener = Listener(link)
    async with running(listener.listen()):
        yield listener
    await link.abandon()


@pytest.fixture
def port(mosquitto: StartMosquitto) -> int:
    return mosquitto().port


def value(payload: Payload, name: str) -> object:
    return next(metric.value for metric in payload.metrics if metric.name == name)


async def test_e6_e9_e10_e19_births_wait_for_the_primary_host_and_come_in_order(port: int, tmp_path: Path) -> None:
    # message-flow-edge-node-birth-publish-phid-wait, payloads-dbirth-order, topics-nbirth-seq-num
    async with listening(port) as world:
        edge = EdgeSide(tmp_path, port)
        edge.put(3)
        async with running(edge.node.run(), edge.uplink.run()):
            await until(lambda: edge.node._link is not None)
            assert world.topics() == []
            with pytest.raises(LinkError):
                edge.node.send_row(DEVICE, 1, b"")
            world.say_state(online=True, at_ms=10)
            await world.until_heard(DDATA, 3)
    sent = [topic for topic in world.topics() if topic != STATE]
    assert sent[:5] == [NBIRTH, DBIRTH, DDATA, DDATA, DDATA]
    numbers = [decode(message.payload).seq for message in world.heard if message.topic in (NBIRTH, DBIRTH, DDATA)]
    assert numbers == [0, 1, 2, 3, 4]  # payloads-sequence-num-incrementing
    assert not any(message.retain for message in world.heard if message.topic != STATE)


async def test_e3_e4_e18_a_clean_stop_publishes_the_death_of_this_session(port: int, tmp_path: Path) -> None:
    # operational-behavior-edge-node-intentional-disconnect-ndeath, payloads-nbirth-bdseq-repeat, payloads-ndeath-seq
    async with listening(port) as world:
        edge = EdgeSide(tmp_path, port)
        world.say_state(online=True, at_ms=10)
        for session in range(2):
            async with running(edge.node.run()):
                await world.until_heard(DBIRTH, session + 1)
            await world.until_heard(NDEATH, session + 1)
    births, deaths = world.payloads(NBIRTH), world.payloads(NDEATH)
    assert [value(birth, "bdSeq") for birth in births] == [0, 1]  # topics-nbirth-bdseq-increment
    assert [value(death, "bdSeq") for death in deaths] == [0, 1]
    assert all(death.seq is None for death in deaths)


async def test_e2_the_will_is_the_death_of_this_session(port: int, tmp_path: Path) -> None:
    # message-flow-edge-node-birth-publish-will-message-payload-bdSeq
    async with listening(port) as world:
        world.say_state(online=True, at_ms=10)
        edge = EdgeSide(tmp_path, port)
        async with running(edge.node.run()):
            await world.until_heard(DBIRTH)
            assert edge.node._link is not None
            await edge.node._link.abandon()  # the socket is cut without a DISCONNECT
            await world.until_heard(NDEATH)
    death = world.payloads(NDEATH)[0]
    metric = death.metrics[0]
    assert (metric.name, metric.value, metric.datatype) == ("bdSeq", 0, DataType.INT64)


async def test_e19_e20_an_older_state_is_ignored_a_newer_offline_ends_the_session(port: int, tmp_path: Path) -> None:
    # message-flow-edge-node-birth-publish-phid-wait-timestamp, operational-behavior-edge-node-termination-host-offline
    async with listening(port) as world:
        world.say_state(online=True, at_ms=100)
        edge = EdgeSide(tmp_path, port)
        async with running(edge.node.run(), edge.uplink.run()):
            await world.until_heard(DBIRTH)
            world.say_state(online=False, at_ms=50)
            edge.put(1)
            await world.until_heard(DDATA)
            world.say_state(online=False, at_ms=100)
            await world.until_heard(NDEATH)
            assert not edge.node.is_online


async def test_e16_a_rebirth_repeats_every_birth_with_the_same_bdseq(port: int, tmp_path: Path) -> None:
    # operational-behavior-data-commands-rebirth-action-1, -2, -3
    async with listening(port) as world:
        world.say_state(online=True, at_ms=10)
        edge = EdgeSide(tmp_path, port)
        async with running(edge.node.run()):
            await world.until_heard(DBIRTH)
            world.say(NCMD, Metric("Node Control/Rebirth", True, 1, DataType.BOOLEAN))
            await world.until_heard(DBIRTH, 2)
    births = world.payloads(NBIRTH)
    assert [(birth.seq, value(birth, "bdSeq")) for birth in births] == [(0, 0), (0, 0)]


async def test_an_acknowledgement_frees_exactly_its_rows(port: int, tmp_path: Path) -> None:
    async with listening(port) as world:
        world.say_state(online=True, at_ms=10)
        edge = EdgeSide(tmp_path, port)
        edge.put(10)
        async with running(edge.node.run(), edge.uplink.run()):
            await world.until_heard(DDATA, 10)
            other = "11111111-9a5c-4a2f-8f5d-3b1f0a7c9d10"
            for text in (f"{other}:1-10", "nonsense", f"{edge.outbox.stream}:2-4,9"):
                world.say(NCMD, Metric("Node Control/Ack", text, 1, DataType.STRING))
            await until(lambda: edge.outbox.counts().rows == 6)
    assert sorted(row.spool for row in edge.outbox.rows(range(1, 11))) == [1, 5, 6, 7, 8, 10]


async def test_an_envelope_reaches_the_agent_with_its_device(port: int, tmp_path: Path) -> None:
    async with listening(port) as world:
        world.say_state(online=True, at_ms=10)
        edge = EdgeSide(tmp_path, port)
        async with running(edge.node.run()):
            await world.until_heard(DBIRTH)
            world.say(DCMD, Metric("Command/Envelope", b"signed", 1, DataType.BYTES))
            await until(lambda: edge.envelopes == [(DEVICE, b"signed")])


async def test_h3_h5_the_host_announces_itself_with_one_time_and_takes_leave(port: int, tmp_path: Path) -> None:
    # host-topic-phid-birth-message, -payload-timestamp, host-topic-phid-death-payload-timestamp-disconnect-clean
    async with listening(port) as world:
        cloud = CloudSide(tmp_path, port)
        async with running(cloud.host.run()):
            await world.until_heard(STATE)
        await world.until_heard(STATE, 2)
    online, offline = world.states()[0], world.states()[-1]
    assert (online["online"], offline["online"]) == (True, False)
    assert int(str(offline["timestamp"])) > int(str(online["timestamp"]))


async def test_h1_the_hosts_will_says_offline_with_the_time_of_its_birth(port: int, tmp_path: Path) -> None:
    # operational-behavior-host-application-connect-will-payload
    async with listening(port) as world:
        cloud = CloudSide(tmp_path, port)
        async with running(cloud.host.run()):
            await world.until_heard(STATE)
            assert cloud.host._link is not None
            await cloud.host._link.abandon()
            await world.until_heard(STATE, 2)
    online, offline = world.states()[:2]
    assert offline == {"online": False, "timestamp": online["timestamp"]}


async def test_h4_the_host_contradicts_whoever_says_it_is_offline(port: int, tmp_path: Path) -> None:
    # message-flow-hid-sparkplug-state-message-delivered
    async with listening(port) as world:
        cloud = CloudSide(tmp_path, port)
        async with running(cloud.host.run()):
            await world.until_heard(STATE)
            world.say_state(online=False, at_ms=1)
            await world.until_heard(STATE, 3)
    assert [state["online"] for state in world.states()[:3]] == [True, False, True]


async def test_h10_a_gap_makes_the_host_ask_once_for_a_rebirth(port: int, tmp_path: Path) -> None:
    # operational-behavior-data-commands-ncmd-rebirth-verb, -name, -value; payloads-ncmd-seq
    async with listening(port) as world:
        cloud = CloudSide(tmp_path, port)
        async with running(cloud.host.run(), cloud.ingest.run()):
            await world.until_heard(STATE)
            for seq in (7, 9, 11):
                payload = encode(Payload(1, (Metric("P", 1.0, cloud.clock.now_ms() + seq),), seq))
                world.link.publish(Publication(DDATA, payload))
            await until(lambda: cloud.store.counts().stored == 3)
            await world.until_heard(NCMD)
    (request,) = world.payloads(NCMD)
    assert request.seq is None
    assert [(metric.name, metric.value) for metric in request.metrics] == [("Node Control/Rebirth", True)]
    assert parse_topic(NCMD).node == NODE
