"""All cameras of one bus, each followed by itself, so that one that hangs holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from edge_agent.drivers.driver import InstalledDevice, Intake
from edge_agent.drivers.onvif.camera import Camera
from edge_agent.drivers.onvif.client import OnvifClient
from edge_agent.drivers.onvif.http import SoapPost, open_client
from edge_agent.drivers.onvif.soap import Credentials
from edge_agent.drivers.reporter import Reporter
from foundation.clock import Clock
from foundation.rng import Rng


class OnvifSource:
    """DeviceSource of cameras; a device's address is `host` or `host:port`."""

    def __init__(
        self,
        devices: Sequence[InstalledDevice],
        credentials: Credentials | None,
        intake: Intake,
        clock: Clock,
        rng: Rng,
    ) -> None:
        reporter = Reporter([one.id for one in devices], intake, clock)
        self._http = open_client()
        posts = [SoapPost(self._http, one.device.address or "", credentials) for one in devices]
        self._cameras = [
            Camera(one, OnvifClient(post, credentials, clock, rng), reporter, clock)
            for one, post in zip(devices, posts, strict=True)
        ]

    @property
    def counters(self) -> Mapping[str, int]:
        """Subscriptions begun, failures, and events of babbling cameras left out, since the start."""
        return {
            "subscriptions": sum(camera.subscriptions for camera in self._cameras),
            "faults": sum(camera.faults for camera in self._cameras),
            "suppressed": sum(camera.events.suppressed for camera in self._cameras),
        }

    async def run(self) -> None:
        """As DeviceSource.run."""
        async with asyncio.TaskGroup() as cameras:
            for camera in self._cameras:
                cameras.create_task(camera.follow())

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()
