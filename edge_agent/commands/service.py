"""The door for orders from the cloud: who signed it, for whom, in which session, never twice; then to its device.

A command reaches its device only from here, and only after the journal has it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any

from device_profiles.catalogue import Catalogue
from edge_agent.commands.actuator import DeviceActuator
from edge_agent.commands.arbiter import LOWEST
from edge_agent.commands.controlled_point import as_number
from edge_agent.commands.device_access import DeviceAccess, TellEvent
from edge_agent.commands.guard import Reason
from edge_agent.commands.journal import Journal
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.receipts import PutReceipt, ReceiptDesk
from edge_agent.drivers.driver import PointWriter
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.rng import Rng
from gateway.envelope import MAX_TEXT, EnvelopeError, open_envelope
from gateway.keys import TrustedKey
from gateway.messages import Command, CommandAction, DeviceEvent, Outcome, Reading
from gateway.sparkplug.codec import Metric

log = logging.getLogger(__name__)

SCAN_S = 1.0
PRUNE_EVERY_S = 86_400.0
MAX_WAITING = 16

UNSIGNED_ISSUER = "unsigned"
UNSIGNED_LEASE_S = 900.0
UNSIGNED_VALID_MS = 10_000


def log_event(event: DeviceEvent) -> None:
    """Where facts about commands go when nobody takes them."""
    log.warning("%s of %s: %s", event.kind, event.device, dict(event.data))


class CommandService:
    """All command handling of one edge node: `run` keeps leases, `handle` and `refuse_plain` take one order each.

    A receipt carries the command's id only if that command can no longer be carried out anywhere: otherwise a stranger
    could make the cloud book an end by sending a good envelope to the wrong node first.
    """

    def __init__(
        self,
        *,
        site: Site,
        catalogue: Catalogue,
        writer: PointWriter,
        journal: Journal,
        receipts: PutReceipt,
        link_watch: LinkWatch,
        trusted: Sequence[TrustedKey],
        nonce: str,
        clock: Clock,
        rng: Rng,
        events: TellEvent = log_event,
    ) -> None:
        self._group, self._node, self._nonce = site.group, site.node, nonce
        self._trusted, self._accept_unsigned = tuple(trusted), site.accept_unsigned
        self._journal, self._clock, self._rng = journal, clock, rng
        self._desk = ReceiptDesk(journal, receipts, clock=clock, rng=rng)
        self._actuators: dict[str, DeviceActuator] = {}
        for device in site.devices:
            access = DeviceAccess(device.id, writer, journal, self._desk, clock, rng, events)
            self._actuators[device.id] = DeviceActuator(catalogue.get(device.profile), access, link_watch)
        self._waiting: Counter[str] = Counter()

    @property
    def unanswered(self) -> int:
        """Worthless orders (unreadable, replayed) that got no receipt because there were too many."""
        return self._desk.unanswered

    async def handle(self, device: str, data: bytes) -> None:
        """Carry out an envelope that came for `device`; returns when its receipt is in the outbox.

        Everything up to the journal happens at once, so tasks started in order are taken in order; devices do not wait
        for each other.
        """
        await _without_disk_errors(self._handle(device, data))

    async def refuse_plain(self, device: str, metrics: Sequence[Metric]) -> None:
        """Refuse a DCMD without an envelope; if the site accepts unsigned orders, its points pass the guard instead."""
        await _without_disk_errors(self._refuse_plain(device, metrics))

    def observe(self, device: str, readings: Sequence[Reading]) -> None:
        """Polled readings, so that a hand at the panel is noticed; quick and never blocks."""
        if actuator := self._actuators.get(device):
            actuator.observe(readings)

    async def scan(self, device: str) -> None:
        """One look at the leases, releases and unknown commands of one device."""
        await self._actuators[device].scan()
        await self._desk.hand_over()

    async def run(self) -> None:
        """Keep leases and resolve unknown commands, those of the last process first, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._prune())
            for device, actuator in self._actuators.items():
                if actuator.has_points:
                    tasks.create_task(self._keep(device))

    async def _keep(self, device: str) -> None:
        while True:
            await _without_disk_errors(self.scan(device))
            await self._clock.sleep(SCAN_S)

    async def _prune(self) -> None:
        async def prune() -> None:
            self._journal.prune()

        while True:
            await _without_disk_errors(prune())
            await self._clock.sleep(PRUNE_EVERY_S)

    async def _handle(self, device: str, data: bytes) -> None:
        try:
            command = open_envelope(data, self._trusted)
        except EnvelopeError as error:
            log.warning("command for %.60s refused: %s", device, error)
            self._desk.refuse(data, error.fault, command_id="", device=device, point="")
            await self._desk.hand_over()
            return
        if self._journal.is_known(command.command_id):
            await self._desk.repeat(command.command_id)
            return
        reason = self._admission_fault(device, command)
        if reason is not None:
            log.warning("command %s for %.60s refused: %s", command.command_id, device, reason)
            command_id = "" if reason is Reason.WRONG_TARGET else command.command_id
            self._desk.refuse(data, reason, command_id=command_id, device=device, point=command.point)
            await self._desk.hand_over()
            return
        self._journal.receive(command, counts=True)
        await self._carry_out(command)

    async def _refuse_plain(self, device: str, metrics: Sequence[Metric]) -> None:
        for metric in metrics:
            number = as_number(metric.value)
            reason = self._plain_fault(device, number)
            if reason is not None or number is None:
                token = self._rng.token(16)
                self._desk.refuse(token, reason or Reason.NOT_A_NUMBER, command_id="", device=device, point=metric.name)
                continue
            command = self._unsigned_command(device, metric.name[:MAX_TEXT], number)
            self._journal.receive(command, counts=False)
            await self._carry_out(command)
        await self._desk.hand_over()

    def _admission_fault(self, device: str, command: Command) -> Reason | None:
        if (command.group, command.node, command.device) != (self._group, self._node, device):
            return Reason.WRONG_TARGET
        if command.nonce != self._nonce:
            return Reason.WRONG_SESSION
        if command.counter <= self._journal.last_counter(command.issuer):
            return Reason.REPLAYED
        return None if device in self._actuators else Reason.UNKNOWN_DEVICE

    def _plain_fault(self, device: str, number: float | None) -> Reason | None:
        if not self._accept_unsigned:
            return Reason.UNSIGNED
        if device not in self._actuators:
            return Reason.UNKNOWN_DEVICE
        return Reason.NOT_A_NUMBER if number is None else None

    async def _carry_out(self, command: Command) -> None:
        valid_s = (command.expires_ms - self._clock.now_ms()) / 1000
        deadline_s = self._clock.monotonic() + valid_s
        if self._waiting[command.device] >= MAX_WAITING:
            self._refuse_busy(command)
        else:
            self._waiting[command.device] += 1
            try:
                await self._actuators[command.device].execute(command, deadline_s)
            finally:
                self._waiting[command.device] -= 1
        await self._desk.hand_over()

    def _refuse_busy(self, command: Command) -> None:
        with self._journal.transaction():
            self._journal.close(command.command_id)
            self._desk.write(command.command_id, command.device, command.point, Outcome.REFUSED, Reason.BUSY)

    def _unsigned_command(self, device: str, point: str, value: float) -> Command:
        """A foreign host's order as a command at the lowest level, with the lease that such an order lacks."""
        now_ms = self._clock.now_ms()
        return Command(
            command_id=self._rng.uuid(),
            issuer=UNSIGNED_ISSUER,
            counter=0,
            group=self._group,
            node=self._node,
            device=device,
            point=point,
            action=CommandAction.WRITE,
            value=value,
            priority=LOWEST,
            lease_s=UNSIGNED_LEASE_S,
            not_before_ms=now_ms,
            expires_ms=now_ms + UNSIGNED_VALID_MS,
            nonce=self._nonce,
            reason="plain_command",
        )


async def _without_disk_errors(work: Coroutine[Any, Any, None]) -> None:
    """A full disk stops commands, for nothing is written that was not journalled; it must not stop the agent."""
    try:
        await work
    except sqlite3.Error:
        log.exception("command journal or outbox failed")
