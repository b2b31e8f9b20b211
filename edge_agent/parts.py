"""The parts of the running agent and how they fit together: first what outlives a start, then what runs on it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from device_profiles.catalogue import Catalogue
from edge_agent.acquisition.deadband import Deadband
from edge_agent.acquisition.intake import OutboxIntake
from edge_agent.acquisition.poller import Poller
from edge_agent.acquisition.process_image import ProcessImage
from edge_agent.acquisition.time_scale import TimeScale
from edge_agent.agent import Agent
from edge_agent.commands.journal import Journal
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.service import CommandService
from edge_agent.delivery.generation import Generation
from edge_agent.delivery.outbox import Outbox
from edge_agent.delivery.salvage import Salvage
from edge_agent.delivery.upkeep import Upkeep
from edge_agent.delivery.uplink import Uplink
from edge_agent.local.clock_watch import ClockWatch, Machine, read_kept
from edge_agent.local.device_settings import DeviceSettingsDesk
from edge_agent.local.fallback import FallbackRules
from edge_agent.local.health import BoxHealth
from edge_agent.local.places import CLOCK_FILE, JOURNAL_FILE, OUTBOX_FILE
from edge_agent.local.reload import LiveSite
from edge_agent.local.service_manager import ServiceManager
from edge_agent.local.stores import prepare_stores
from edge_agent.site import Site
from foundation.ballast import BYTES as BALLAST_BYTES
from foundation.disk import Disk, SystemDisk
from foundation.rng import Rng, SystemRng
from foundation.steady_clock import KeptTime, SteadyClock
from gateway.edge_node import EdgeNode
from gateway.keys import TrustedKey, read_trusted_keys
from gateway.messages import DeviceEvent


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part stands on: the site as it was read, time and chance, and the files that outlive a start.

    `kept` is what the last start knew of time; `found` is what the state of the files has the cloud be told.
    """

    site_file: Path
    site: Site
    catalogue: Catalogue
    trusted: Sequence[TrustedKey]
    rng: Rng
    kept: KeptTime | None
    clock: SteadyClock
    generation: Generation
    found: Sequence[DeviceEvent]
    outbox: Outbox
    journal: Journal
    image: ProcessImage
    nonce: str
    link_watch: LinkWatch

    def close(self) -> None:
        self.journal.shut()
        self.outbox.close()


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs, and what is told to whoever started it."""

    intake: OutboxIntake
    watch: ClockWatch
    uplink: Uplink
    upkeep: Upkeep
    salvage: Salvage
    node: EdgeNode
    commands: CommandService
    fallback: FallbackRules
    poller: Poller
    live: LiveSite
    manager: ServiceManager


def lay_ground(site: Site, site_file: Path, catalogue: Catalogue, machine: Machine) -> Ground:
    """Open the site's files, made fit before; ConfigError for a wrong key. Only the sole agent of the folder may."""
    trusted = read_trusted_keys(site.command_keys, site_file)
    rng, disk = SystemRng(), SystemDisk()
    kept = read_kept(site.data_dir / CLOCK_FILE)
    clock = SteadyClock(machine.clock, boot=machine.boot, kept=kept)
    generation = Generation(site.data_dir / OUTBOX_FILE)
    return Ground(
        site_file=site_file,
        site=site,
        catalogue=catalogue,
        trusted=trusted,
        rng=rng,
        kept=kept,
        clock=clock,
        generation=generation,
        found=prepare_stores(site.data_dir, generation, disk=disk, clock=clock, rng=rng),
        outbox=open_outbox(site, disk, rng, ballast_bytes=BALLAST_BYTES),
        journal=Journal(site.data_dir / JOURNAL_FILE, disk=disk, clock=clock),
        image=ProcessImage(),
        nonce=rng.token(16).hex(),
        link_watch=LinkWatch(clock, site.outage.link_lost_relinquish_s),
    )


def open_outbox(site: Site, disk: Disk, rng: Rng, *, ballast_bytes: int) -> Outbox:
    """The outbox of a site, within the site's bounds."""
    return Outbox(
        site.data_dir / OUTBOX_FILE,
        disk=disk,
        rng=rng,
        max_rows=site.outage.max_rows,
        max_bytes=site.outage.max_bytes,
        ballast_bytes=ballast_bytes,
    )


def build_parts(ground: Ground, machine: Machine, tasks: asyncio.TaskGroup) -> Parts:
    """Every part, in the order of their needs; nothing runs yet."""
    site, outbox, clock = ground.site, ground.outbox, ground.clock
    agent = _agent(ground, tasks)
    intake = _intake(ground, agent)
    watch = _watch(ground, machine, intake, agent)
    poller = _poller(ground, intake)
    commands = _commands(ground, intake, poller)
    node = _node(ground, agent)
    is_acknowledged = site.acknowledgement == "required"
    uplink = Uplink(outbox, node, clock, is_acknowledged=is_acknowledged, may_send=lambda: watch.may_send)
    agent.attach(node=node, uplink=uplink, intake=intake, commands=commands)
    fallback = _fallback(ground, intake, commands)
    live = _live(ground, agent, intake, poller, commands, fallback)
    commands.attach_settings(DeviceSettingsDesk(ground.site_file, site.data_dir, live, live.tell_refused))
    return Parts(
        intake=intake,
        watch=watch,
        uplink=uplink,
        upkeep=Upkeep(outbox, clock, max_age_days=site.outage.max_age_days, generation=ground.generation),
        salvage=Salvage(site.data_dir / OUTBOX_FILE, outbox, clock, agent.committed),
        node=node,
        commands=commands,
        fallback=fallback,
        poller=poller,
        live=live,
        manager=ServiceManager(os.environ, clock),
    )


def _agent(ground: Ground, tasks: asyncio.TaskGroup) -> Agent:
    return Agent(
        site=ground.site,
        catalogue=ground.catalogue,
        outbox=ground.outbox,
        image=ground.image,
        nonce=ground.nonce,
        link_watch=ground.link_watch,
        tasks=tasks,
    )


def _intake(ground: Ground, agent: Agent) -> OutboxIntake:
    site, catalogue, clock = ground.site, ground.catalogue, ground.clock
    intake = OutboxIntake(
        outbox=ground.outbox,
        image=ground.image,
        deadband=Deadband.of_site(site, catalogue),
        clock=clock,
        rng=ground.rng,
        scale=TimeScale(clock, site, catalogue),
        on_life=agent.life_changed,
        on_readings=agent.observed,
        on_commit=agent.committed,
    )
    for event in ground.found:
        intake.event(event)
    return intake


def _watch(ground: Ground, machine: Machine, intake: OutboxIntake, agent: Agent) -> ClockWatch:
    return ClockWatch(
        ground.clock,
        intake,
        file=ground.site.data_dir / CLOCK_FILE,
        kept=ground.kept,
        last_spool=ground.outbox.last_spool(),
        ask=machine.is_synchronised,
        on_shift=ground.journal.clock_moved,
        after_change=agent.rebirth,
        rng=ground.rng,
    )


def _poller(ground: Ground, intake: OutboxIntake) -> Poller:
    clock = ground.clock
    health = BoxHealth(
        folder=ground.site.data_dir,
        outbox=ground.outbox,
        link=ground.link_watch,
        clock=clock,
        quality=lambda: clock.quality,
    )
    poller = Poller(ground.site, ground.catalogue, intake, clock=clock, rng=ground.rng, health=health)
    health.attach(poller)
    return poller


def _commands(ground: Ground, intake: OutboxIntake, poller: Poller) -> CommandService:
    return CommandService(
        site=ground.site,
        catalogue=ground.catalogue,
        writer=poller,
        last_reading=ground.image.last,
        journal=ground.journal,
        receipts=intake.receipt,
        events=intake.event,
        link_watch=ground.link_watch,
        trusted=ground.trusted,
        nonce=ground.nonce,
        clock=ground.clock,
        rng=ground.rng,
    )


def _node(ground: Ground, agent: Agent) -> EdgeNode:
    site = ground.site
    return EdgeNode(
        group=site.group,
        node=site.node,
        endpoint=site.broker.endpoint(),
        primary_host=site.primary_host,
        handlers=agent,
        clock=ground.clock,
        rng=ground.rng,
    )


def _fallback(ground: Ground, intake: OutboxIntake, commands: CommandService) -> FallbackRules:
    return FallbackRules(
        ground.site,
        ground.catalogue,
        image=ground.image,
        orders=commands,
        link=ground.link_watch,
        trust=ground.clock,
        tell=intake.event,
        clock=ground.clock,
        rng=ground.rng,
    )


def _live(
    ground: Ground,
    agent: Agent,
    intake: OutboxIntake,
    poller: Poller,
    commands: CommandService,
    fallback: FallbackRules,
) -> LiveSite:
    return LiveSite(
        ground.site_file,
        ground.site,
        ground.catalogue,
        poller=poller,
        intake=intake,
        commands=commands,
        fallback=fallback,
        follow=agent.replace_site,
        rebirth=agent.rebirth,
        clock=ground.clock,
        rng=ground.rng,
    )
