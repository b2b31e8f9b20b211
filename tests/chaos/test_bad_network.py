"""A network that misbehaves on both sides of the broker for long: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from cloud.core.series import SeriesKey
from gateway import mqtt_link
from tests.support.cloud_side import CloudSide
from tests.support.edge_side import DEVICE, GROUP, POINT, EdgeSide
from tests.support.fault_proxy import FaultProxy
from tests.support.mosquitto import StartMosquitto
from tests.support.waiting import running, until

SEED = int(os.environ.get("XIETONG_CHAOS_SEED", "20260925"))
FAULTS = int(os.environ.get("XIETONG_CHAOS_FAULTS", "120"))
ROWS_PER_FAULT = 25
KEY = SeriesKey(GROUP, DEVICE, POINT)


async def disturb(proxy: FaultProxy, dice: random.Random) -> str:
    """One fault, for as long as it takes to hurt; afterwards the network is as good as any. Says which."""
    kind = dice.choice(["reset", "cut", "slow", "freeze", "deaf", "mute"])
    faults, before = proxy.faults, proxy.accepted
    match kind:
        case "reset":
            proxy.reset()
        case "cut":
            proxy.cut_after(dice.randrange(1, 400))
        case "slow":
            faults.delay_s = dice.uniform(0.01, 0.3)
            await asyncio.sleep(dice.uniform(0.1, 0.5))
        case "freeze":
            proxy.freeze()
        case "deaf":
            faults.swallow_to_client = True
        case "mute":
            faults.swallow_to_server = True
    if kind in ("freeze", "deaf", "mute") and dice.random() < 0.5:
        await until(lambda: proxy.accepted > before, what=f"{kind} is noticed")
    else:
        # Shorter than the keepalive: what was swallowed is missed by nobody but the acknowledgements.
        await asyncio.sleep(dice.uniform(0.0, 0.4))
    faults.delay_s, faults.swallow_to_client, faults.swallow_to_server = 0.0, False, False
    proxy.thaw()
    return kind


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(900)
async def test_rows_survive_a_bad_network_on_both_sides_of_the_broker(
    mosquitto: StartMosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_link, "CONNECT_TIMEOUT_S", 1.0)
    dice, broker, told = random.Random(SEED), mosquitto(), []
    async with FaultProxy(broker.port) as of_edge, FaultProxy(broker.port) as of_cloud:
        edge = EdgeSide(tmp_path, of_edge.port, keepalive_s=1)
        cloud = CloudSide(tmp_path, of_cloud.port, keepalive_s=1)
        async with running(cloud.host.run(), cloud.ingest.run(), edge.node.run(), edge.uplink.run()):
            for number in range(FAULTS):
                edge.put(ROWS_PER_FAULT, first_ms=1_790_000_000_000 + number * 1_000)
                proxy = dice.choice([of_edge, of_cloud])
                told.append(f"{'edge' if proxy is of_edge else 'cloud'} {await disturb(proxy, dice)}")
            await until(lambda: edge.outbox.counts().rows == 0, within_s=120, what=f"seed {SEED}: {told[-5:]}")
    rows = FAULTS * ROWS_PER_FAULT
    times = [one.measured_ms for one in cloud.store.series(KEY, 0, 2**50)]
    print(f"seed {SEED}: {len(told)} faults, {rows} rows, {cloud.store.counts()}")
    assert (len(times), len(set(times)), cloud.store.counts().stored) == (rows, rows, rows)
    assert edge.outbox.counts().dropped == {}
