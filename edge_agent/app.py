"""Composition root of the edge agent: starts and stops it, and does what people ask of its files."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.history import HistoryImport, ImportResult, Progress
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.poller import Poller
from edge_agent.delivery import backup
from edge_agent.delivery.outbox import Outbox
from edge_agent.local.checks.finding import Finding
from edge_agent.local.clock_watch import Machine
from edge_agent.local.doctor import examine
from edge_agent.local.notes import leave_note
from edge_agent.local.places import OUTBOX_FILE, POLLING
from edge_agent.local.reload import prove
from edge_agent.local.signals import ask_to_reload, obey_hangups
from edge_agent.local.stores import suspect_stores
from edge_agent.lock import LOCK_FILE
from edge_agent.parts import Parts, build_parts, lay_ground, open_outbox
from edge_agent.site import Site, open_site
from edge_agent.site_commissioned import read_commissioned
from foundation.clock import Clock, SystemClock
from foundation.damage import is_damage
from foundation.disk import SystemDisk, held
from foundation.rng import SystemRng

STILL_S = 30.0
"""A commit cycle that takes longer than this is a fault that a new start may cure."""


async def run(site_file: Path, machine: Machine | None = None) -> None:
    """Serve the site until cancelled. SIGUSR1 stops acquisition; the uplink goes on, so that the outbox drains.

    SIGHUP reads the site file again.

    A wrong file, or a second agent on the same folder, raises ConfigError before anything starts.
    """
    # Before anybody can find this process by its lock: its default would end it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)
    site, catalogue = open_site(site_file)
    with held(site.data_dir / LOCK_FILE, "edge agent"):
        try:
            await _serve(site, site_file, catalogue, machine or Machine())
        except Exception as error:
            if is_damage(error):
                suspect_stores(site.data_dir)
            raise


async def _serve(site: Site, site_file: Path, catalogue: Catalogue, machine: Machine) -> None:
    """Start: files, parts, a first look at the clock, tasks, "ready". Stop: all tasks end, then the files close."""
    ground = lay_ground(site, site_file, catalogue, machine)
    with closing(ground):
        async with asyncio.TaskGroup() as tasks:
            parts = build_parts(ground, machine, tasks)
            await parts.watch.look()
            for name, work in _works(parts, ground.clock, ground.outbox):
                tasks.create_task(work, name=name)
            parts.manager.ready()


def _works(parts: Parts, clock: Clock, outbox: Outbox) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    """What runs until cancelled, in the order of starting."""
    intake, manager = parts.intake, parts.manager
    return [
        ("intake", intake.run()),
        ("clock", parts.watch.run()),
        ("uplink", parts.uplink.run()),
        ("upkeep", parts.upkeep.run()),
        ("salvage", parts.salvage.run()),
        ("node", parts.node.run()),
        ("commands", parts.commands.run()),
        ("fallback", parts.fallback.run()),
        ("acquisition", _acquire(parts.poller, intake, outbox)),
        ("reload", obey_hangups(parts.live, outbox, manager)),
        ("watchdog", manager.watch(lambda: clock.monotonic() - intake.beat_s < STILL_S)),
    ]


async def _acquire(poller: Poller, intake: OutboxIntake, outbox: Outbox) -> None:
    """Run the poller until SIGUSR1, then leave a note that acquisition has stopped and everything is committed."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stop.set)
    await leave_note(outbox, POLLING, "yes")
    polling = asyncio.create_task(poller.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if polling.done():
            await polling
    finally:
        polling.cancel()
        stopping.cancel()
        await asyncio.gather(polling, stopping, return_exceptions=True)
    await intake.commit()
    await leave_note(outbox, POLLING, "no")


def import_history(file: Path, site_file: Path, progress: Progress) -> ImportResult:
    """Import a logger's file into the site's outbox; the agent may be running."""
    site, catalogue = open_site(site_file)
    outbox = open_outbox(site, SystemDisk(), SystemRng(), ballast_bytes=0)
    try:
        history = HistoryImport(file, site=site, catalogue=catalogue, outbox=outbox, clock=SystemClock())
        return history.run(progress)
    finally:
        outbox.close()


def back_up(site_file: Path, copy: Path) -> int:
    """Copy the site's outbox into the new file `copy`; how many bytes. The agent may be running."""
    site, _ = open_site(site_file)
    return backup.back_up(site.data_dir / OUTBOX_FILE, copy)


def restore(site_file: Path, copy: Path) -> int:
    """Bring a copy of an outbox back as a new stream; how many rows it holds. The agent must not be running."""
    site, _ = open_site(site_file)
    with held(site.data_dir / LOCK_FILE, "edge agent"):
        return backup.restore(
            copy, site.data_dir / OUTBOX_FILE, disk=SystemDisk(), clock=SystemClock(), rng=SystemRng()
        )


def open_outbox_file(file: Path) -> Outbox:
    """The outbox of a file, to look into it."""
    return Outbox(file, disk=SystemDisk(), rng=SystemRng(), max_rows=2**62)


async def reload(site_file: Path) -> str:
    """Prove the site file, then have the running agent read it; what became of it. ConfigError for any mistake."""
    site, catalogue = open_site(site_file)
    await prove(site, catalogue, SystemClock(), SystemRng())
    return await asyncio.to_thread(ask_to_reload, site_file, site)


async def doctor(site_file: Path) -> list[Finding]:
    """Everything that can be wrong with this edge node, agent running or not."""
    return await examine(site_file, SystemClock(), SystemRng())


def status(site_file: Path) -> dict[str, Any]:
    """Durable counters and what waits, read from the outbox file."""
    site, _ = open_site(site_file)
    outbox = open_outbox_file(site.data_dir / OUTBOX_FILE)
    try:
        counts = outbox.counts()
        return {
            "stream": counts.stream,
            "acquired": counts.acquired,
            "dropped": sum(counts.dropped.values()),
            "dropped_by_reason": dict(counts.dropped),
            "dropped_by_kind": {kind: dict(reasons) for kind, reasons in counts.dropped_by_kind.items()},
            "facts": dict(counts.facts),
            "outbox_rows": counts.rows,
            "outbox_readings": counts.readings,
            "history_rows": counts.history_rows,
            "acknowledgement": site.acknowledgement,
            "is_lossy": site.acknowledgement == "none",
            "polling": outbox.notes().get(POLLING) == "yes",
            "commissioned": read_commissioned(site.data_dir).keys(),
        }
    finally:
        outbox.close()
