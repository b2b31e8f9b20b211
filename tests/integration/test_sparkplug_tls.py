"""The way to the broker: TLS that lets nobody in by mistake, and connections that break inside a frame."""

from __future__ import annotations

import getpass
import ssl
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge_agent.local.checks.finding import State
from edge_agent.local.doctor import examine
from foundation.clock import SystemClock
from foundation.errors import ConfigError, LinkError
from foundation.rng import SystemRng
from foundation.tls import TlsFiles
from gateway.broker_address import Broker
from gateway.mqtt_link import Endpoint, Publication, open_link
from tests.support.certificates import Authority, Pem
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import EdgeSide
from tests.support.fault_proxy import FaultProxy
from tests.support.mosquitto import Mosquitto, StartMosquitto
from tests.support.process import Spawn, xietong
from tests.support.waiting import running, until

pytestmark = pytest.mark.server


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def closed_broker(mosquitto: StartMosquitto, authority: Authority, server: Pem) -> Mosquitto:
    """A broker that serves by TLS alone and asks for a certificate of the authority."""
    return mosquitto(
        f"cafile {authority.ca}\ncertfile {server.cert}\nkeyfile {server.key}\nrequire_certificate true\n"
        f"tls_version tlsv1.2\nuser {getpass.getuser()}"
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
    expired = closed_broker(mosquitto, authority, authority.issue("old", "127.0.0.1", days_off=-2))
    early = closed_broker(mosquitto, authority, authority.issue("new", "127.0.0.1", days_off=2))
    attempts = {
        "another authority signed the broker": endpoint(good, stranger.ca, mine),
        "the broker is somebody else": endpoint(misnamed, authority.ca, mine),
        "the broker's certificate is over": endpoint(expired, authority.ca, mine),
        "the broker's certificate is not valid yet": endpoint(early, authority.ca, mine),
        "no certificate of our own": endpoint(good, authority.ca, None),
        "a stranger signed ours": endpoint(good, authority.ca, stranger.issue("edge-2")),
        "ours is over": endpoint(good, authority.ca, authority.issue("edge-3", days_off=-2)),
        "ours is not valid yet": endpoint(good, authority.ca, authority.issue("edge-4", days_off=2)),
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


async def test_a_renewed_certificate_is_taken_by_the_next_connection(
    mosquitto: StartMosquitto, authority: Authority
) -> None:
    broker = closed_broker(mosquitto, authority, authority.issue("broker", "127.0.0.1"))
    mine = authority.issue("edge-1")
    place = endpoint(broker, authority.ca, mine)
    authority.issue("edge-1", days_off=-2)
    with pytest.raises(LinkError):
        await open_link(place, "edge-1")
    mine.cert.write_text("half writ")
    with pytest.raises(LinkError, match="PEM"):
        await open_link(place, "edge-1")
    authority.issue("edge-1")
    link = await open_link(place, "edge-1")
    await link.close()


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    """A box that tells how it is, on a broker that stands behind another name; files beside it."""
    broker = {"port": 1, "tls": {"ca_file": "Test-authority.pem", "cert_file": "edge-1.pem", "key_file": "edge-1.key"}}
    content: dict[str, Any] = {
        "schema": "xietong.site/1",
        "group": "county",
        "node": "edge-1",
        "broker": broker,
        "data_dir": "data",
        "poll": {"slow_s": 0.2},
        "buses": [{"id": "box", "kind": "gateway"}],
        "devices": [{"id": "gateway", "profile": "xietong.gateway", "bus": "box"}],
    }
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def change_broker(site_file: Path, port: int, **tls: str) -> None:
    content = yaml.safe_load(site_file.read_text(encoding="utf-8"))
    content["broker"] |= {"port": port, "tls": content["broker"]["tls"] | tls}
    site_file.write_text(yaml.safe_dump(content), encoding="utf-8")


async def test_readings_travel_from_a_site_file_to_the_store_by_tls_alone(
    mosquitto: StartMosquitto, authority: Authority, tmp_path: Path, spawn: Spawn, site_file: Path
) -> None:
    broker = closed_broker(mosquitto, authority, authority.issue("broker", "broker.data-room"))
    authority.issue("edge-1")
    mine = authority.issue("cloud")
    files = TlsFiles(ca_file=authority.ca, cert_file=mine.cert, key_file=mine.key, server_name="broker.data-room")
    cloud = CloudSide(tmp_path, broker.port, tls=lambda: files.tls("broker.tls"))
    change_broker(site_file, broker.port, server_name="broker.data-room")
    async with running(cloud.host.run(), cloud.ingest.run()):
        agent = spawn("edge", xietong("edge", "run", "--site", site_file))
        await until(lambda: cloud.store.counts().stored > 10)
        found = {one.code: one.state for one in await examine(site_file, SystemClock(), SystemRng())}
        assert found["broker.good"] is State.OK
        assert agent.terminate() == 0


async def test_the_doctor_goes_the_way_of_the_agent_and_names_what_bars_it(
    mosquitto: StartMosquitto, authority: Authority, site_file: Path
) -> None:
    broker = closed_broker(mosquitto, authority, authority.issue("broker", "broker.data-room"))
    authority.issue("edge-1")
    change_broker(site_file, broker.port)
    found = {one.code: one for one in await examine(site_file, SystemClock(), SystemRng())}
    assert found["broker.login"].state is State.FAIL
    assert "127.0.0.1" in str(found["broker.login"].facts["reason"])
    change_broker(site_file, broker.port, ca_file="absent.pem")
    found = {one.code: one for one in await examine(site_file, SystemClock(), SystemRng())}
    assert "absent.pem: broker.tls.ca_file: No such file" in str(found["broker.login"].facts["reason"])


def test_an_agent_with_a_wrong_tls_file_does_not_start(authority: Authority, spawn: Spawn, site_file: Path) -> None:
    agent = spawn("edge", xietong("edge", "run", "--site", site_file))
    assert agent.wait(30) != 0
    assert "edge-1.key: broker.tls.key_file: no such file" in agent.output()


@pytest.mark.parametrize("key", ["ca_file", "cert_file", "key_file"])
def test_a_file_that_is_none_stops_the_start_naming_it(authority: Authority, tmp_path: Path, key: str) -> None:
    pem = authority.issue("edge-1")
    files = {"ca_file": authority.ca, "cert_file": pem.cert, "key_file": pem.key, key: tmp_path / "absent.pem"}
    with pytest.raises(ConfigError, match="absent") as caught:
        Broker(tls=TlsFiles(**files)).endpoint()
    assert caught.value.key == f"broker.tls.{key}"


def test_tls_never_goes_below_1_2(authority: Authority) -> None:
    load = Broker(tls=TlsFiles(ca_file=authority.ca)).endpoint().tls
    assert load is not None
    context = load().context
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.check_hostname


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
