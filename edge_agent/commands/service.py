"""The door for orders from the cloud: who signed it, for whom, in which session, never twice; then to its device.

A command reaches its device only from here, and only after the journal has it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from device_profiles.catalogue import Catalogue
from edge_agent.commands.actuator import DeviceActuator
from edge_agent.commands.arbiter import LOCAL, LOWEST
from edge_agent.commands.configuration import Configuration, SettingsDesk
from edge_agent.commands.controlled_point import as_number
from edge_agent.commands.device_access import DeviceAccess, TellEvent
from edge_agent.commands.guard import Reason
from edge_agent.commands.interlocks import Interlocks, LastReading, rules_of
from edge_agent.commands.journal import Journal
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.commands.local_order import LocalOrder
from edge_agent.commands.receipts import PutReceipt, ReceiptDesk
from edge_agent.drivers.driver import PointWriter
from edge_agent.site import Site
from foundation.clock import Clock
from foundation.damage import is_damage
from foundation.errors import DeviceError, LinkError
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
        last_reading: LastReading,
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
        self._configuration = Configuration(journal, self._desk, clock)
        self._writer, self._link_watch, self._events = writer, link_watch, events
        self._interlocks = Interlocks(last_reading, writer, clock)
        self._actuators: dict[str, DeviceActuator] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._waiting: Counter[str] = Counter()
        self._add(site, catalogue, [device.id for device in site.devices])

    @property
    def unanswered(self) -> int:
        """Worthless orders (unreadable, replayed) that got no receipt because there were too many."""
        return self._desk.unanswered

    def attach_settings(self, settings: SettingsDesk) -> None:
        """Who carries out orders about settings; without one they are refused."""
        self._configuration.attach(settings, list(self._actuators))

    async def handle(self, device: str, data: bytes) -> None:
        """Carry out an envelope that came for `device`; returns when its receipt is in the outbox.

        Everything up to the journal happens at once, so tasks started in order are taken in order; devices do not wait
        for each other.
        """
        await _without_disk_errors(self._handle(device, data))

    async def refuse_plain(self, device: str, metrics: Sequence[Metric]) -> None:
        """Refuse a DCMD without an envelope; if the site accepts unsigned orders, its points pass the guard instead."""
        await _without_disk_errors(self._refuse_plain(device, metrics))

    async def order_locally(self, order: LocalOrder) -> str | None:
        """Carry out an order of the box itself; the id of its command while that holds its point, else None."""
        if order.device not in self._actuators:
            return None
        command = self._command(order, LOCAL)
        await _without_disk_errors(self._take(command))
        return command.command_id if self.holds(order.device, command.command_id) else None

    def holds(self, device: str, command_id: str) -> bool:
        """Whether the command still has its level of a point of the device."""
        actuator = self._actuators.get(device)
        return actuator is not None and actuator.holds(command_id)

    async def remove(self, devices: Iterable[str], *, is_for_good: bool) -> None:
        """Take no more orders for these devices; `is_for_good` gives back what is held of them, if they still answer.

        Call while they can still be asked.
        """
        for device in devices:
            actuator = self._actuators.pop(device, None)
            if actuator is None:
                continue
            try:
                await (actuator.give_back() if is_for_good else actuator.rest())
            except (DeviceError, LinkError, sqlite3.Error) as error:
                log.warning("%s leaves the site without being given back: %s", device, error)
        await _without_disk_errors(self._desk.hand_over())

    def add(self, site: Site, catalogue: Catalogue, devices: Iterable[str]) -> None:
        """Take orders for these devices of the site, from where the journal left them."""
        for device in self._add(site, catalogue, devices):
            self._start(device)

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
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._prune())
            for device in self._actuators:
                self._start(device)

    def _add(self, site: Site, catalogue: Catalogue, devices: Iterable[str]) -> list[str]:
        profiles = {device.id: device.profile for device in site.devices}
        added = [device for device in devices if device in profiles]
        self._interlocks.replace(rules_of(site, catalogue))
        for device in added:
            access = DeviceAccess(
                device,
                self._writer,
                self._journal,
                self._desk,
                self._interlocks,
                self._clock,
                self._rng,
                self._events,
            )
            self._actuators[device] = DeviceActuator(catalogue.get(profiles[device]), access, self._link_watch)
        return added

    def _start(self, device: str) -> None:
        if self._tasks is not None and self._actuators[device].has_points:
            self._tasks.create_task(self._keep(device, self._actuators[device]))

    async def _keep(self, device: str, actuator: DeviceActuator) -> None:
        while self._actuators.get(device) is actuator:
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
            point = metric.name[:MAX_TEXT]
            order = LocalOrder(device, point, number, LOWEST, UNSIGNED_LEASE_S, "plain_command", UNSIGNED_ISSUER)
            await self._take(self._command(order, ""))
        await self._desk.hand_over()

    def _admission_fault(self, device: str, command: Command) -> Reason | None:
        if (command.group, command.node, command.device) != (self._group, self._node, device):
            return Reason.WRONG_TARGET
        if command.nonce != self._nonce:
            return Reason.WRONG_SESSION
        if command.counter <= self._journal.last_counter(command.issuer):
            return Reason.REPLAYED
        if command.command_id.startswith(LOCAL):
            return Reason.WRONG_TARGET
        return None if device in self._actuators else Reason.UNKNOWN_DEVICE

    def _plain_fault(self, device: str, number: float | None) -> Reason | None:
        if not self._accept_unsigned:
            return Reason.UNSIGNED
        if device not in self._actuators:
            return Reason.UNKNOWN_DEVICE
        return Reason.NOT_A_NUMBER if number is None else None

    async def _take(self, command: Command) -> None:
        self._journal.receive(command, counts=False)
        await self._carry_out(command)

    async def _carry_out(self, command: Command) -> None:
        valid_s = (command.expires_ms - self._clock.now_ms()) / 1000
        deadline_s = self._clock.monotonic() + valid_s
        if self._waiting[command.device] >= MAX_WAITING:
            self._refuse_busy(command)
        else:
            self._waiting[command.device] += 1
            try:
                if command.action is CommandAction.CONFIGURE:
                    await self._configuration.carry_out(command, deadline_s)
                else:
                    await self._actuators[command.device].execute(command, deadline_s)
            finally:
                self._waiting[command.device] -= 1
        await self._desk.hand_over()

    def _refuse_busy(self, command: Command) -> None:
        with self._journal.transaction():
            self._journal.close(command.command_id)
            self._desk.write(command.command_id, command.device, command.point, Outcome.REFUSED, Reason.BUSY)

    def _command(self, order: LocalOrder, prefix: str) -> Command:
        """An order that no envelope brought, with a lease and an end of its validity."""
        now_ms = self._clock.now_ms()
        return Command(
            command_id=prefix + self._rng.uuid(),
            issuer=order.issuer,
            counter=0,
            group=self._group,
            node=self._node,
            device=order.device,
            point=order.point,
            action=CommandAction.RELINQUISH if order.value is None else CommandAction.WRITE,
            value=order.value,
            priority=order.priority,
            lease_s=order.lease_s,
            not_before_ms=now_ms,
            expires_ms=now_ms + round(order.valid_s * 1000),
            nonce=self._nonce,
            reason=order.reason,
        )


async def _without_disk_errors(work: Coroutine[Any, Any, None]) -> None:
    """A full disk stops commands, for nothing is written that was not journalled; it must not stop the agent.

    A damaged file does: the next start sets it aside.
    """
    try:
        await work
    except sqlite3.Error as error:
        if is_damage(error):
            raise
        log.exception("command journal or outbox failed")
