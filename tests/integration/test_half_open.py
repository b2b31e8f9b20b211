"""A link whose peer is gone without a word: each end notices by its keepalive, and nothing acquired meanwhile is lost.

What is waited for is a second connection while the fault still holds: only the end itself can have given up the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud.core.series import SeriesKey
from gateway import mqtt_link
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import DEVICE, GROUP, POINT, EdgeSide
from tests.support.fault_proxy import FaultProxy
from tests.support.mosquitto import StartMosquitto
from tests.support.waiting import running, until

pytestmark = pytest.mark.server

KEEPALIVE_S = 1
KEY = SeriesKey(GROUP, DEVICE, POINT)
Fault = Callable[[FaultProxy, bool], None]


def both_ways(proxy: FaultProxy, is_there: bool) -> None:
    (proxy.freeze if is_there else proxy.thaw)()


def nothing_goes_out(proxy: FaultProxy, is_there: bool) -> None:
    proxy.faults.swallow_to_server = is_there


def nothing_comes_in(proxy: FaultProxy, is_there: bool) -> None:
    proxy.faults.swallow_to_client = is_there


async def lose_and_recover(folder: Path, port: int, fault: Fault, *, is_at_edge: bool) -> None:
    """Rows before, during and after a fault on one end's connection, each of them stored once in the end."""
    what = f"{fault.__name__} at the {'edge' if is_at_edge else 'host'}"
    folder.mkdir()
    async with FaultProxy(port) as proxy:
        ports = (proxy.port, port) if is_at_edge else (port, proxy.port)
        edge = EdgeSide(folder, ports[0], keepalive_s=KEEPALIVE_S)
        cloud = CloudSide(folder, ports[1], keepalive_s=KEEPALIVE_S)
        async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
            edge.put(30)
            await until(lambda: edge.outbox.counts().rows == 0, what=f"{what}: rows before the fault")
            before = proxy.accepted
            fault(proxy, True)
            edge.put(40, first_ms=edge.clock.now_ms() + 1_000)
            await until(lambda: proxy.accepted > before, what=f"{what}: the dead link is given up")
            assert edge.outbox.counts().rows == 40
            edge.put(20, first_ms=edge.clock.now_ms() + 2_000)
            fault(proxy, False)
            await until(lambda: edge.outbox.counts().rows == 0, what=f"{what}: rows of the fault and after")
    times = [one.measured_ms for one in cloud.store.series(KEY, 0, 2**50)]
    assert len(times) == len(set(times)) == cloud.store.counts().stored == 90


async def test_edge_and_host_notice_a_half_open_link_and_lose_nothing(
    mosquitto: StartMosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_link, "CONNECT_TIMEOUT_S", 1.0)
    async with asyncio.TaskGroup() as cases:
        for fault in (both_ways, nothing_goes_out, nothing_comes_in):
            for is_at_edge in (True, False):
                folder = tmp_path / f"{fault.__name__}-{is_at_edge}"
                cases.create_task(lose_and_recover(folder, mosquitto().port, fault, is_at_edge=is_at_edge))
