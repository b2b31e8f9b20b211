"""A changed site file takes effect while the agent runs: proved as a whole first, then only what differs is touched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.poller import Poller
from edge_agent.acquisition.site_change import change_between
from edge_agent.commands.service import CommandService
from edge_agent.local.fallback import FallbackRules
from edge_agent.site import Site, open_site
from foundation.clock import Clock
from foundation.errors import ConfigError
from foundation.rng import Rng
from gateway.messages import NODE_SUBJECT, DeviceEvent

log = logging.getLogger(__name__)

FIXED = (
    "group", "node", "broker", "primary_host", "acknowledgement", "data_dir", "command_keys", "accept_unsigned",
    "outage",
)  # fmt: skip
"""Keys that take effect at the start only."""

Follow = Callable[[Site, Catalogue], None]
"""Who makes births of the site: the devices of the new one are about to be asked."""


class LiveSite:
    """The site in service, and the way to its file's next state. One reload at a time."""

    APPLIED = "applied"

    def __init__(
        self,
        file: Path,
        site: Site,
        catalogue: Catalogue,
        *,
        poller: Poller,
        intake: OutboxIntake,
        commands: CommandService,
        fallback: FallbackRules,
        follow: Follow,
        rebirth: Callable[[], None],
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._file, self._site, self._catalogue = file, site, catalogue
        self._poller, self._intake, self._commands, self._fallback = poller, intake, commands, fallback
        self._follow, self._rebirth = follow, rebirth
        self._clock, self._rng = clock, rng
        self._lock = asyncio.Lock()

    async def reload(self) -> str:
        """Serve what the file says now; a mistake in it changes nothing. What became of it, for the log and `notes`."""
        async with self._lock:
            return await self._reload()

    async def _reload(self) -> str:
        try:
            site, catalogue = await checked_site(self._file, self._site, self._clock, self._rng)
        except ConfigError as error:
            log.error("the new site file is refused, the old one stays in force: %s", error)
            self.tell_refused(error.key, error.reason)
            return f"refused: {error}"
        await self._change(site, catalogue)
        self._rebirth()
        return self.APPLIED

    def tell_refused(self, setting: str, reason: str) -> None:
        """Let people know that something was not taken over."""
        self._tell("edge.config_refused", setting=setting, reason=reason)

    async def _change(self, site: Site, catalogue: Catalogue) -> None:
        change = change_between((self._site, self._catalogue), (site, catalogue))
        stay = {device.id for device in site.devices}
        await self._fallback.replace(site, catalogue)
        await self._commands.remove(change.removed - stay, is_for_good=True)
        await self._commands.remove(change.removed & stay, is_for_good=False)

        def between() -> None:
            self._intake.replace_site(site, catalogue, changed=change.removed)
            self._follow(site, catalogue)

        await self._poller.replace(site, catalogue, change, between=between)
        self._commands.add(site, catalogue, change.added)
        self._site, self._catalogue = site, catalogue
        added, removed = sorted(change.added), sorted(change.removed)
        log.info("a new site file is in force; asked anew: %s; gone: %s", added, sorted(set(removed) - stay))
        self._tell("edge.config_changed", added=added[:50], removed=removed[:50])

    def _tell(self, kind: str, **data: object) -> None:
        self._intake.event(DeviceEvent(self._rng.uuid(), kind, NODE_SUBJECT, self._clock.now_ms(), data))


async def checked_site(file: Path, before: Site, clock: Clock, rng: Rng) -> tuple[Site, Catalogue]:
    """A site that a running agent can change to; ConfigError else."""
    # In a thread: reading the profiles takes longer than a fast poll may be late.
    site, catalogue = await asyncio.to_thread(open_site, file)
    for key in FIXED:
        if getattr(site, key) != getattr(before, key):
            raise ConfigError(file, key, "takes effect only when the agent is started anew")
    await prove(site, catalogue, clock, rng)
    return site, catalogue


async def prove(site: Site, catalogue: Catalogue, clock: Clock, rng: Rng) -> None:
    """Build every bus once and throw it away, unasked; ConfigError for a device that its bus cannot carry."""
    await Poller(site, catalogue, _Nowhere(), clock, rng).check()


class _Nowhere:
    """An Intake for buses that are never asked."""

    left_out = 0

    def readings(self, *_: object) -> None: ...
    def event(self, *_: object) -> None: ...
    def device_found(self, *_: object) -> None: ...
    def device_lost(self, *_: object) -> None: ...
    def malformed(self, *_: object) -> None: ...
    async def committed(self) -> bool:
        return True
