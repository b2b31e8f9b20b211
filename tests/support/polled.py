"""A Poller at work, and what it finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.poller import Poller
from edge_agent.site import Site
from foundation.clock import Clock, SystemClock
from foundation.rng import SeededRng
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import running


@asynccontextmanager
async def polled(
    site: Site, catalogue: Catalogue, clock: Clock | None = None, **parts: Any
) -> AsyncIterator[tuple[Poller, RecordingIntake]]:
    """Poll the site for the length of the block; `parts` are further ones of the Poller."""
    intake = RecordingIntake()
    poller = Poller(site, catalogue, intake, clock or SystemClock(), SeededRng(1), **parts)
    async with running(poller.run()):
        yield poller, intake
