"""What the agent tells systemd, heard on a real datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.local.service_manager import ServiceManager
from tests.support.manual_clock import ManualClock


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        yield heard


def messages(listener: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(listener.recv(1_000).decode())
        except BlockingIOError:
            return found


def manager_of(listener: socket.socket, clock: ManualClock, **more: str) -> ServiceManager:
    return ServiceManager({"NOTIFY_SOCKET": listener.getsockname(), **more}, clock)


def test_ready_and_reloading_are_told(listener: socket.socket) -> None:
    manager = manager_of(listener, ManualClock(monotonic_s=12.5))
    manager.reloading()
    manager.ready()
    assert messages(listener) == ["RELOADING=1\nMONOTONIC_USEC=12500000", "READY=1"]


async def test_signs_of_life_come_in_time_and_stop_when_all_is_not_well(listener: socket.socket) -> None:
    clock, is_well = ManualClock(), [True]
    manager = manager_of(listener, clock, WATCHDOG_USEC="30000000", WATCHDOG_PID=str(os.getpid()))
    watching = asyncio.create_task(manager.watch(lambda: is_well[0]))
    for _ in range(3):
        await clock.until_asleep()
        clock.advance(12)
    await clock.until_asleep()
    assert messages(listener) == ["WATCHDOG=1"] * 4
    is_well[0] = False
    for _ in range(3):
        clock.advance(12)
        await clock.until_asleep()
    assert messages(listener) == []
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_without_a_manager_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}, {"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}):
        manager = ServiceManager(environment, ManualClock())
        manager.ready()
        assert await asyncio.wait_for(manager.watch(lambda: True), 10) is None
    assert not (tmp_path / "gone").exists()
