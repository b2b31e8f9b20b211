"""The door for orders from the cloud: who signed it, for whom, in which session, never twice; then to its device.

A command reaches its device only from here, and only after the journal has it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from device_profiles.profile import Profile
from edge_agent.actuator import DeviceActuator
from edge_agent.arbiter import LOWEST
from edge_agent.controlled_point import as_number
from edge_agent.device_access import DeviceAccess, TellEvent
from edge_agent.drivers.driver import PointWriter
from edge_agent.fallback import LinkWatch
from edge_agent.guard import Reason
from edge_agent.journal import Journal
from edge_agent.receipts import PutReceipt, ReceiptDesk
from foundation.clock import Clock
from foundation.rng import Rng
from gateway.envelope import MAX_TEXT, EnvelopeError, open_envelope
from gateway.keys import TrustedKey
from gateway.messages import Command, CommandAction, Outcome, Reading, Value

log = logging.getLogger(__name__)

SCAN_S = 1.0
PRUNE_EVERY_S = 86_400.0
MAX_WAITING = 16
MAX_SUBMITTED = 1_000

UNSIGNED_ISSUER = "unsigned"
UNSIGNED_LEASE_S = 900.0
UNSIGNED_VALID_MS = 10_000


class CommandService:
    """All command handling of one edge node. `run` keeps leases; `submit` and `submit_plain` take orders from the link.

    A receipt carries the command's id only if that command can no longer be carried out anywhere: otherwise a stranger
    could make the cloud book an end by sending a good envelope to the wrong node first.
    """

    def __init__(
        self,
        *,
        group: str,
        node: str,
        profiles: Mapping[str, Profile],
        writer: PointWriter,
        journal: Journal,
        receipts: PutReceipt,
        events: TellEvent,
        link: LinkWatch,
        clock: Clock,
        rng: Rng,
        trusted: Sequence[TrustedKey],
        nonce: str,
        accept_unsigned: bool = False,
    ) -> None:
        self._group, self._node, self._nonce = group, node, nonce
        self._journal, self._clock, self._rng = journal, clock, rng
        self._trusted, self._accept_unsigned = tuple(trusted), accept_unsigned
        self._desk = ReceiptDesk(journal, receipts, clock=clock, rng=rng)
        self._actuators = {
            device: DeviceActuator(profile, DeviceAccess(device, writer, journal, self._desk, clock, rng, events), link)
            for device, profile in profiles.items()
        }
        self._waiting: Counter[str] = Counter()
        self._submitted: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(MAX_SUBMITTED)

    @property
    def unanswered(self) -> int:
        """Worthless orders (unreadable, replayed) that got no receipt because there were too many."""
        return self._desk.unanswered

    def submit(self, device: str, data: bytes) -> None:
        """Take an envelope from the link; quick, the work is done by `run`."""
        self._enqueue(lambda: self.handle(device, data))

    def submit_plain(self, device: str, values: Mapping[str, Value]) -> None:
        """Take a DCMD without an envelope (point -> value in the base unit); quick, the work is done by `run`."""
        self._enqueue(lambda: self.handle_plain(device, values))

    async def handle(self, device: str, data: bytes) -> None:
        """Open, check and carry out an envelope that came for `device`; returns when its receipt is in the outbox."""
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

    async def handle_plain(self, device: str, values: Mapping[str, Value]) -> None:
        """Refuse each value of a plain DCMD; a site that accepts unsigned orders has it pass the same guard instead."""
        for point, value in values.items():
            number = as_number(value)
            if not self._accept_unsigned or device not in self._actuators or number is None:
                reason = Reason.NOT_A_NUMBER if self._accept_unsigned and number is None else Reason.UNSIGNED
                self._desk.refuse(self._rng.token(16), reason, command_id="", device=device, point=point)
                continue
            command = self._unsigned_command(device, point[:MAX_TEXT], number)
            self._journal.receive(command, counts=False)
            await self._carry_out(command)
        await self._desk.hand_over()

    def observe(self, device: str, readings: Sequence[Reading]) -> None:
        """Polled readings, so that a hand at the panel is noticed; quick and never blocks."""
        if actuator := self._actuators.get(device):
            actuator.observe(readings)

    async def scan(self, device: str) -> None:
        """One look at the leases, releases and unknown commands of one device."""
        await self._actuators[device].scan()
        await self._desk.hand_over()

    async def run(self) -> None:
        """Work until cancelled: submitted orders, leases, unknown commands of the last process first."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._prune())
            for device in self._actuators:
                tasks.create_task(self._keep(device))
            while True:
                work = await self._submitted.get()
                tasks.create_task(_without_disk_errors(work))

    async def _keep(self, device: str) -> None:
        while True:
            await _without_disk_errors(lambda: self.scan(device))
            await self._clock.sleep(SCAN_S)

    async def _prune(self) -> None:
        while True:
            self._journal.prune()
            await self._clock.sleep(PRUNE_EVERY_S)

    def _enqueue(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            self._submitted.put_nowait(work)
        except asyncio.QueueFull:
            self._desk.unanswered += 1

    def _admission_fault(self, device: str, command: Command) -> Reason | None:
        if (command.group, command.node, command.device) != (self._group, self._node, device):
            return Reason.WRONG_TARGET
        if command.nonce != self._nonce:
            return Reason.WRONG_SESSION
        if command.counter <= self._journal.last_counter(command.issuer):
            return Reason.REPLAYED
        return None if device in self._actuators else Reason.UNKNOWN_DEVICE

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


async def _without_disk_errors(work: Callable[[], Awaitable[None]]) -> None:
    """A full disk stops commands, for nothing is written that was not journalled; it must not stop the agent."""
    try:
        await work()
    except sqlite3.Error:
        log.exception("command journal or outbox failed")
