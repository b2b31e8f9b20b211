"""Composition root of the edge agent: builds the parts in the order of their needs and runs them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.history import HistoryImport, ImportResult, Progress
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.poller import Poller
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.acquisition.time_scale import TimeScale
from edge_agent.agent import Agent
from edge_agent.commands.journal import Journal
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.service import CommandService
from edge_agent.delivery import backup
from edge_agent.delivery.generation import Generation
from edge_agent.delivery.outbox import Outbox
from edge_agent.delivery.salvage import Salvage
from edge_agent.delivery.upkeep import Upkeep
from edge_agent.delivery.uplink import Uplink
from edge_agent.local.checks.finding import Finding
from edge_agent.local.clock_watch import ClockWatch, Machine, read_kept
from edge_agent.local.device_settings import DeviceSettingsDesk
from edge_agent.local.doctor import examine
from edge_agent.local.fallback import FallbackRules
from edge_agent.local.health import BoxHealth
from edge_agent.local.notes import leave_note
from edge_agent.local.places import CLOCK_FILE, JOURNAL_FILE, OUTBOX_FILE, POLLING
from edge_agent.local.reload import LiveSite, prove
from edge_agent.local.service_manager import ServiceManager
from edge_agent.local.signals import ask_to_reload, obey_hangups
from edge_agent.local.stores import prepare_stores, suspect_stores
from edge_agent.lock import LOCK_FILE
from edge_agent.site import Site, open_site
from edge_agent.site_commissioned import read_commissioned
from foundation.ballast import BYTES as BALLAST_BYTES
from foundation.clock import SystemClock
from foundation.damage import is_damage
from foundation.disk import Disk, SystemDisk, held
from foundation.rng import Rng, SystemRng
from foundation.steady_clock import SteadyClock
from gateway.edge_node import EdgeNode
from gateway.keys import read_trusted_keys

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
    trusted = read_trusted_keys(site.command_keys, site_file)
    rng, disk = SystemRng(), SystemDisk()
    kept = read_kept(site.data_dir / CLOCK_FILE)
    clock = SteadyClock(machine.clock, boot=machine.boot, kept=kept)
    generation = Generation(site.data_dir / OUTBOX_FILE)
    found = prepare_stores(site.data_dir, generation, disk=disk, clock=clock, rng=rng)
    outbox = _open_outbox(site, disk, rng, ballast_bytes=BALLAST_BYTES)
    journal = Journal(site.data_dir / JOURNAL_FILE, disk=disk, clock=clock)
    image = ProcessImage()
    nonce = rng.token(16).hex()
    link_watch = LinkWatch(clock, site.outage.link_lost_relinquish_s)
    async with _closing(outbox, journal), asyncio.TaskGroup() as tasks:
        agent = Agent(
            site=site, catalogue=catalogue, outbox=outbox, image=image, nonce=nonce, link_watch=link_watch, tasks=tasks
        )
        intake = OutboxIntake(
            outbox=outbox,
            image=image,
            deadband=Deadband.of_site(site, catalogue),
            clock=clock,
            rng=rng,
            scale=TimeScale(clock, site, catalogue),
            on_life=agent.life_changed,
            on_readings=agent.observed,
            on_commit=agent.committed,
        )
        for event in found:
            intake.event(event)
        watch = ClockWatch(
            clock,
            intake,
            file=site.data_dir / CLOCK_FILE,
            kept=kept,
            last_spool=outbox.last_spool(),
            ask=machine.is_synchronised,
            after_change=agent.rebirth,
            rng=rng,
        )
        health = BoxHealth(
            folder=site.data_dir, outbox=outbox, link=link_watch, clock=clock, quality=lambda: clock.quality
        )
        poller = Poller(site, catalogue, intake, clock=clock, rng=rng, health=health)
        health.attach(poller)
        commands = CommandService(
            site=site,
            catalogue=catalogue,
            writer=poller,
            last_reading=image.last,
            journal=journal,
            receipts=intake.receipt,
            events=intake.event,
            link_watch=link_watch,
            trusted=trusted,
            nonce=nonce,
            clock=clock,
            rng=rng,
        )
        node = EdgeNode(
            group=site.group,
            node=site.node,
            endpoint=site.broker.endpoint(),
            primary_host=site.primary_host,
            handlers=agent,
            clock=clock,
            rng=rng,
        )
        is_acknowledged = site.acknowledgement == "required"
        uplink = Uplink(outbox, node, clock, is_acknowledged=is_acknowledged, may_send=lambda: watch.may_send)
        agent.attach(node=node, uplink=uplink, intake=intake, commands=commands)
        fallback = FallbackRules(
            site,
            catalogue,
            image=image,
            orders=commands,
            link=link_watch,
            trust=clock,
            tell=intake.event,
            clock=clock,
            rng=rng,
        )
        live = LiveSite(
            site_file,
            site,
            catalogue,
            poller=poller,
            intake=intake,
            commands=commands,
            fallback=fallback,
            follow=agent.replace_site,
            rebirth=agent.rebirth,
            clock=clock,
            rng=rng,
        )
        commands.attach_settings(DeviceSettingsDesk(site_file, site.data_dir, live, live.tell_refused))
        manager = ServiceManager(os.environ, clock)
        await watch.look()
        tasks.create_task(intake.run(), name="intake")
        tasks.create_task(watch.run(), name="clock")
        tasks.create_task(uplink.run(), name="uplink")
        upkeep = Upkeep(outbox, clock, max_age_days=site.outage.max_age_days, generation=generation)
        tasks.create_task(upkeep.run(), name="upkeep")
        tasks.create_task(Salvage(site.data_dir / OUTBOX_FILE, outbox, clock, agent.committed).run(), name="salvage")
        tasks.create_task(node.run(), name="node")
        tasks.create_task(commands.run(), name="commands")
        tasks.create_task(fallback.run(), name="fallback")
        tasks.create_task(_acquire(poller, intake, outbox), name="acquisition")
        tasks.create_task(obey_hangups(live, outbox, manager), name="reload")
        tasks.create_task(manager.watch(lambda: clock.monotonic() - intake.beat_s < STILL_S), name="watchdog")
        manager.ready()


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


@asynccontextmanager
async def _closing(outbox: Outbox, journal: Journal) -> AsyncIterator[None]:
    try:
        yield
    finally:
        journal.shut()
        outbox.close()


def import_history(file: Path, site_file: Path, progress: Progress) -> ImportResult:
    """Import a logger's file into the site's outbox; the agent may be running."""
    site, catalogue = open_site(site_file)
    outbox = _open_outbox(site, SystemDisk(), SystemRng(), ballast_bytes=0)
    try:
        history = HistoryImport(file, site=site, catalogue=catalogue, outbox=outbox, clock=SystemClock())
        return history.run(progress)
    finally:
        outbox.close()


def _open_outbox(site: Site, disk: Disk, rng: Rng, *, ballast_bytes: int) -> Outbox:
    return Outbox(
        site.data_dir / OUTBOX_FILE,
        disk=disk,
        rng=rng,
        max_rows=site.outage.max_rows,
        max_bytes=site.outage.max_bytes,
        ballast_bytes=ballast_bytes,
    )


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
