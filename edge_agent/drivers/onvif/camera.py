"""Follows one camera: subscribe, pull, renew, and again after every failure, with patience."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from edge_agent.drivers.driver import InstalledDevice
from edge_agent.drivers.onvif.camera_events import CameraEvents
from edge_agent.drivers.onvif.client import OnvifClient, PullPoint
from edge_agent.drivers.onvif.notification import Notification
from edge_agent.drivers.onvif.soap import CredentialsRefused, SoapFault
from edge_agent.drivers.report import Heard
from edge_agent.drivers.reporter import Reporter
from foundation.clock import Clock
from foundation.errors import ContractError, DeviceError, DeviceTimeout, LinkError
from gateway.messages import Reading

ONLINE_FIELD = "online"
LIFETIME_S, PULL_S, MOST_MESSAGES = 120, 20, 64
SHORTEST_PULL_S = 0.5
WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
LOCKED_WAIT_S = 300.0
"""Cameras lock out who tries a wrong password too often."""

LOST_AFTER = 2
"""Failures in a row, without a good answer between them, before a camera counts as lost."""

FAREWELL_S = 2.0

_log = logging.getLogger(__name__)


class Camera:
    """One installed camera or recorder; `events` tells what it left out."""

    def __init__(self, installed: InstalledDevice, client: OnvifClient, reporter: Reporter, clock: Clock) -> None:
        self._installed, self._client, self._reporter, self._clock = installed, client, reporter, clock
        self.events = CameraEvents(installed.id)
        self._failures = 0
        self.subscriptions = 0
        self.faults = 0

    async def follow(self) -> None:
        """Until cancelled; whatever the camera does raises nothing."""
        while True:
            try:
                await self._follow_one_subscription()
            except (DeviceError, LinkError, ContractError) as error:
                await self._clock.sleep(self._note_failure(error))

    async def _follow_one_subscription(self) -> None:
        await self._client.learn_time()
        point = await self._client.subscribe(await self._client.event_service(), LIFETIME_S)
        self.subscriptions += 1
        if self._failures == 0:
            self._hand_in([])
        try:
            await self._pull(point)
        finally:
            with contextlib.suppress(DeviceError, LinkError, ContractError, TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._client.unsubscribe(point)

    async def _pull(self, point: PullPoint) -> None:
        """Pull until a failure. A camera without Renew ends the subscription by itself, and another one begins."""
        renew_s = self._clock.monotonic() + LIFETIME_S / 2
        while True:
            asked_s = self._clock.monotonic()
            self._hand_in(await self._client.pull(point, PULL_S, MOST_MESSAGES))
            self._failures = 0
            if self._clock.monotonic() >= renew_s:
                renew_s = self._clock.monotonic() + LIFETIME_S / 2
                with contextlib.suppress(SoapFault):
                    await self._client.renew(point, LIFETIME_S)
            # Some cameras answer at once whether or not they have something to say.
            await self._clock.sleep(max(0.0, asked_s + SHORTEST_PULL_S - self._clock.monotonic()))

    def _hand_in(self, notifications: list[Notification]) -> None:
        now_ms = self._clock.now_ms()
        found = [self.events.event_of(one, now_ms, self._client.ahead_ms) for one in notifications]
        events = tuple(event for event in found if event is not None)
        self._reporter.hand_in(Heard(self._installed.id, self._online(1, now_ms), events, is_alive=True))

    def _note_failure(self, error: DeviceError | LinkError | ContractError) -> float:
        """Seconds to wait before the next attempt."""
        self._failures += 1
        self.faults += 1
        is_locked = isinstance(error, CredentialsRefused)
        if is_locked or self._failures >= LOST_AFTER:
            if self._failures in (1, LOST_AFTER):
                _log.warning("camera %s: %s", self._installed.id, error)
            offline = self._online(0, self._clock.now_ms())
            self._reporter.hand_in(Heard(self._installed.id, offline, is_alive=False, reason=_reason(error)))
        if is_locked:
            return LOCKED_WAIT_S
        return min(WAIT_S * (1 << min(self._failures - 1, 10)), LONGEST_WAIT_S)

    def _online(self, value: int, at_ms: int) -> tuple[Reading, ...]:
        points = [point for point in self._installed.profile.all_points if point.field == ONLINE_FIELD]
        return tuple(Reading(point.name, value, at_ms) for point in points)


def _reason(error: Exception) -> str:
    """The code of a loss."""
    if isinstance(error, CredentialsRefused):
        return "credentials"
    if isinstance(error, DeviceTimeout):
        return "timeout"
    return "link" if isinstance(error, LinkError) else "wrong_reply"
