"""Carries out orders about a device's settings: proved as a whole with the site file, kept, then in force at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from edge_agent.commands.guard import Reason
from edge_agent.local.reload import LiveSite
from edge_agent.site import open_site
from edge_agent.site_commissioned import Commissioned, keep_commissioned, read_commissioned
from foundation.errors import ConfigError
from gateway.messages import Command

log = logging.getLogger(__name__)

Refused = Callable[[str, str], None]
"""Tells people which setting was refused, and why."""


class DeviceSettingsDesk:
    """One order at a time; what an order would break is refused and changes nothing."""

    def __init__(self, file: Path, data_dir: Path, live: LiveSite, tell_refused: Refused) -> None:
        self._file, self._data_dir, self._live = file, data_dir, live
        self._tell_refused = tell_refused
        self._lock = asyncio.Lock()

    async def apply(self, command: Command) -> Reason:
        """Carry out a CONFIGURE command: APPLIED, or SETTING_REFUSED with the site as it was."""
        async with self._lock:
            try:
                before = await asyncio.to_thread(read_commissioned, self._data_dir)
                wanted = before.with_order(command.command_id, command.device, command.settings)
                await asyncio.to_thread(open_site, self._file, commissioned=wanted)
            except ConfigError as error:
                log.warning("settings of %s are refused: %s", command.device, error)
                self._tell_refused(error.key, error.reason)
                return Reason.SETTING_REFUSED
            return await self._put_in_force(before, wanted)

    def was_applied(self, command_id: str) -> bool:
        """Whether a CONFIGURE command of this id, cut off by a crash, is in force."""
        try:
            return command_id in read_commissioned(self._data_dir).orders
        except ConfigError:
            return False

    async def _put_in_force(self, before: Commissioned, wanted: Commissioned) -> Reason:
        try:
            await asyncio.to_thread(keep_commissioned, self._data_dir, wanted)
        except OSError as error:
            self._tell_refused("disk", str(error))
            return Reason.SETTING_REFUSED
        answer = await self._live.reload()
        if answer == LiveSite.APPLIED:
            return Reason.APPLIED
        # The site file itself has changed to something that cannot serve: the order is not to blame, but not in force.
        try:
            await asyncio.to_thread(keep_commissioned, self._data_dir, before)
        except OSError as error:
            log.error("settings of a refused order stay in %s: %s", self._data_dir, error)
            self._tell_refused("disk", str(error))
        return Reason.SETTING_REFUSED
