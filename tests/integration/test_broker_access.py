"""The access list that is shipped keeps one edge node from speaking in another's name."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.mosquitto import Mosquitto, StartMosquitto
from tests.support.tree import ROOT

pytestmark = pytest.mark.server

DATA = "spBv1.0/demo-county/DDATA/edge-1/a-main"
FOREIGN = [
    "spBv1.0/demo-county/DDATA/edge-2/a-main",
    "spBv1.0/other-county/DDATA/edge-1/a-main",
    "spBv1.0/demo-county/NCMD/edge-1",
    "spBv1.0/STATE/xietong",
]


@pytest.fixture(scope="module")
def broker(mosquitto: StartMosquitto) -> Mosquitto:
    return mosquitto(f"acl_file {ROOT / 'deploy' / 'mosquitto' / 'xietong.acl'}")


@contextmanager
def _connected(broker: Mosquitto, user: str, heard: queue.Queue[str] | None = None) -> Iterator[Client]:
    """A client of this account; what it hears goes into `heard` by topic."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(user)
    subscribed: queue.Queue[bool] = queue.Queue()

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        if heard is not None:
            heard.put(message.topic)

    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe("#", qos=1)
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        subscribed.get(timeout=10)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def test_only_the_nodes_own_data_reach_the_cloud(broker: Mosquitto) -> None:
    heard: queue.Queue[str] = queue.Queue()
    with _connected(broker, "xietong", heard), _connected(broker, "edge-1") as edge:
        for topic in (*FOREIGN, DATA):
            edge.publish(topic, b"x", qos=1).wait_for_publish(10)
        assert heard.get(timeout=10) == DATA


def test_commands_reach_only_their_node(broker: Mosquitto) -> None:
    heard: queue.Queue[str] = queue.Queue()
    with _connected(broker, "edge-1", heard), _connected(broker, "xietong") as cloud:
        for topic in ("spBv1.0/demo-county/NCMD/edge-2", DATA, "spBv1.0/demo-county/NCMD/edge-1"):
            cloud.publish(topic, b"x", qos=1).wait_for_publish(10)
        assert heard.get(timeout=10) == "spBv1.0/demo-county/NCMD/edge-1"
