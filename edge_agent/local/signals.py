"""What people and systemd tell a running agent by signals: SIGHUP, to read its site file again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from edge_agent.delivery.outbox import Outbox
from edge_agent.local.notes import leave_note
from edge_agent.local.places import OUTBOX_FILE, RELOADED
from edge_agent.local.reload import LiveSite
from edge_agent.local.service_manager import ServiceManager
from edge_agent.lock import LOCK_FILE
from edge_agent.site import Site
from foundation.disk import SystemDisk, holder
from foundation.errors import ConfigError
from foundation.rng import SystemRng

ANSWER_WITHIN_S = 30.0


async def obey_hangups(live: LiveSite, outbox: Outbox, manager: ServiceManager) -> None:
    """Reload at every SIGHUP, one after the other, until cancelled; what became of it is noted in the outbox."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    number = 0
    while True:
        await asked.wait()
        asked.clear()
        manager.reloading()
        answer = await live.reload()
        number += 1
        await leave_note(outbox, RELOADED, f"{os.getpid()}.{number} {answer}")
        manager.ready()


def ask_to_reload(site_file: Path, site: Site, wait: Callable[[float], None] = time.sleep) -> str:
    """Signal the agent that runs by `site` and wait for what becomes of it; ConfigError when none runs."""
    process = holder(site.data_dir / LOCK_FILE)
    if process is None:
        raise ConfigError(site_file, "data_dir", "no agent runs on this folder")
    outbox = Outbox(site.data_dir / OUTBOX_FILE, disk=SystemDisk(), rng=SystemRng(), max_rows=2**62)
    try:
        before = outbox.notes().get(RELOADED)
        os.kill(process, signal.SIGHUP)
        for _ in range(round(ANSWER_WITHIN_S / 0.1)):
            if (note := outbox.notes().get(RELOADED)) != before and note is not None:
                return note.partition(" ")[2]
            wait(0.1)
    finally:
        outbox.close()
    return "signalled, no answer yet"
