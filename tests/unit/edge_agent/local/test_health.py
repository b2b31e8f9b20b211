"""The box as a device: what the kernel's files say, and what becomes a reading."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from device_profiles.catalogue import load_catalogue
from device_profiles.measurements import MEASUREMENTS
from edge_agent.acquisition.poller import Poller
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.delivery.outbox import NewRow, Outbox
from edge_agent.drivers.gateway import GatewayDevice
from edge_agent.local import kernel_files
from edge_agent.local.health import BoxHealth
from foundation.disk import SystemDisk
from foundation.rng import SeededRng
from tests.support.manual_clock import ManualClock

PROFILE = load_catalogue().get("xietong.gateway")
STAT = "cpu  100 10 50 800 40 0 0 0 7 7\ncpu0 1 1 1 1 1 0 0 0 0 0\n"


def test_the_kernel_files_are_read_as_the_manual_says(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text(STAT)
    (tmp_path / "meminfo").write_text("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  750 kB\n")
    (tmp_path / "uptime").write_text("3600.25 1.0\n")
    for number, heat in enumerate(("41000\n", "52500\n")):
        zone = tmp_path / "class" / "thermal" / f"thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(heat)
    # Guest time is part of user time: counted once.
    assert kernel_files.cpu_times(tmp_path) == (160, 1000)
    assert kernel_files.memory_used(tmp_path) == 0.25
    assert kernel_files.uptime_s(tmp_path) == 3600.25
    assert kernel_files.temperature_c(tmp_path) == 52.5


def test_a_box_that_tells_nothing_gives_nothing(tmp_path: Path) -> None:
    assert kernel_files.cpu_times(tmp_path) is None
    assert kernel_files.memory_used(tmp_path) is None
    assert kernel_files.temperature_c(tmp_path) is None
    assert kernel_files.disk_free(tmp_path / "nowhere") is None


async def test_every_reading_of_the_box_is_a_point_of_its_profile_in_base_units(tmp_path: Path) -> None:
    clock = ManualClock()
    outbox = Outbox(tmp_path / "outbox.db", disk=SystemDisk(), rng=SeededRng(1), max_rows=2)
    link = LinkWatch(clock, 120)
    link.online()
    health = BoxHealth(folder=tmp_path, outbox=outbox, link=link, clock=clock, quality=lambda: 1)
    buses = {"gate": {"strangers": 5, "calls": 1}, "road": {"strangers": 2, "malformed": 3}, "line": {"requests": 9}}
    health.attach(cast(Poller, SimpleNamespace(counters=buses, missed=0)))
    outbox.put([NewRow("meter", b"x", 3) for _ in range(4)], now_ms=clock.now_ms())
    clock.advance(90)
    readings = await GatewayDevice(health, clock).read(PROFILE.all_points)
    outbox.close()
    values = {reading.point: reading.value for reading in readings}
    assert (values["Outbox/Rows"], values["Outbox/OldestAge"], values["Outbox/Dropped"]) == (2.0, 90.0, 6.0)
    assert values["Link/Uptime"] == 90.0
    assert (values["Calls/Strangers"], values["Poll/Faults"], values["Poll/Requests"]) == (7.0, 3.0, 9.0)
    assert values["Clock/Quality"] == 1
    assert 0.0 < float(str(values["Health/Memory"])) < 1.0
    assert 0.0 <= float(str(values["Health/DiskFree"])) <= 1.0
    assert 1e6 < float(str(values["Health/AgentMemory"])) < 1e10
    for reading in readings:
        assert isinstance(reading.value, int if PROFILE.point(reading.point).datatype == "int" else float)
    assert set(values) <= set(MEASUREMENTS["edge_health"].values())
