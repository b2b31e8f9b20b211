"""The way to the broker: TLS that lets nobody in by mistake, and connections that break inside a frame."""

from __future__ import annotations

import getpass
import ssl
from functools import partial
from pathlib import Path

import pytest

from foundation.errors import ConfigError, LinkError
from foundation.tls import TlsFiles
from gateway.broker_address import Broker
from gateway.mqtt_link import Endpoint, Publication, open_link
from tests.support.certificates import Authority, Pem
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import EdgeSide
from tests.support.fault_proxy import FaultProxy
from tests.support.mosquitto import Mosquitto, StartMosquitto
from tests.support.waiting import running, until

pytestmark = pytest.mark.server


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def closed_broker(mosquitto: StartMosquitto, authority: Authority, server: Pem) -> Mosquitto:
    """A broker that serves by TLS alone and asks for a certificate of the authority."""
    return mosquitto(
        f"cafile {authority.ca}\ncertfile {server.cert}\nkeyfile {server.key}\nrequire_certificate true\n"
        f"user {getpass.getuser()}"
    )


def endpoint(broker: Mosquitto, ca: Path, client: Pem | None, host: str = "127.0.0.1") -> Endpoint:
    files = TlsFiles(ca_file=ca, cert_file=client.cert if client else None, key_file=client.key if client else None)
    return Broker(host=host, port=broker.port, tls=files).endpoint()


async def test_with_the_right_certificates_a_message_passes(mosquitto: StartMosquitto, authority: Authority) -> None:
    broker = closed_broker(mosquitto, authority, authority.issue("broker", "127.0.0.1"))
    link = await open_link(endpoint(broker, authority.ca, authority.issue("edge-1")), "edge-1")
    await link.subscribe([("t", 1)])
    link.publish(Publication("t", b"x" * 100_000, qos=1))
    assert [one.payload for one in await link.receive()] == [b"x" * 100_000]
    await link.close()


async def test_wrong_authority_name_age_and_missing_certificate_open_no_connection(
    mosquitto: StartMosquitto, authority: Authority, tmp_path: Path
) -> None:
    mine, stranger = authority.issue("edge-1"), Authority(tmp_path, "Strange authority")
    good = closed_broker(mosquitto, authority, authority.issue("broker", "127.0.0.1"))
    misnamed = closed_broker(mosquitto, authority, authority.issue("other", "broker.example"))
    expired = closed_broker(mosquitto, authority, authority.issue("old", "127.0.0.1", is_expired=True))
    attempts = {
        "another authority signed the broker": endpoint(good, stranger.ca, mine),
        "the broker is somebody else": endpoint(misnamed, authority.ca, mine),
        "the broker's certificate is over": endpoint(expired, authority.ca, mine),
        "no certificate of our own": endpoint(good, authority.ca, None),
        "a stranger signed ours": endpoint(good, authority.ca, stranger.issue("edge-2")),
        "ours is over": endpoint(good, authority.ca, authority.issue("edge-3", is_expired=True)),
        "no TLS at all": Endpoint("127.0.0.1", good.port),
    }
    accepted = []
    for what, place in attempts.items():
        try:
            link = await open_link(place, "edge-1")
        except LinkError:
            continue
        accepted.append(what)
        await link.abandon()
    assert accepted == []


@pytest.mark.parametrize("key", ["ca_file", "cert_file", "key_file"])
def test_a_file_that_is_none_stops_the_start_naming_it(authority: Authority, tmp_path: Path, key: str) -> None:
    pem = authority.issue("edge-1")
    files = {"ca_file": authority.ca, "cert_file": pem.cert, "key_file": pem.key, key: tmp_path / "absent.pem"}
    with pytest.raises(ConfigError, match="absent") as caught:
        Broker(tls=TlsFiles(**files)).endpoint()
    assert caught.value.key == f"broker.tls.{key}"


def test_tls_never_goes_below_1_2(authority: Authority) -> None:
    tls = Broker(tls=TlsFiles(ca_file=authority.ca)).endpoint().tls
    assert tls is not None
    assert tls.context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert tls.context.check_hostname


def is_stored(cloud: CloudSide, readings: int) -> bool:
    return cloud.store.counts().stored == readings


async def test_resets_and_cuts_inside_a_frame_lose_nothing(mosquitto: StartMosquitto, tmp_path: Path) -> None:
    broker = mosquitto()
    cloud = CloudSide(tmp_path, broker.port)
    async with FaultProxy(broker.port) as proxy:
        edge = EdgeSide(tmp_path, proxy.port)
        async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
            for total, breaks in ((20, proxy.reset), (40, lambda: proxy.cut_after(3))):
                edge.put(20)
                await until(lambda: edge.node.is_online)
                breaks()
                await until(partial(is_stored, cloud, total))
                proxy.faults.cut_after = None
            await until(lambda: edge.outbox.counts().rows == 0)
    assert is_stored(cloud, 40)
