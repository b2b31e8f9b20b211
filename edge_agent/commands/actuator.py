"""Carries out commands on one device: guard, journal, write, read back; resolves what is unknown.

One thing at a time: every step that touches the device runs under one lock. What is in the device is decided by
reading it, so a crash or a lost reply at any moment leads to a read, never to a second write of the same command.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from device_profiles.profile import Profile
from edge_agent.commands.controlled_point import ControlledPoint, Intent
from edge_agent.commands.device_access import DeviceAccess, reason_of
from edge_agent.commands.guard import Reason, check
from edge_agent.commands.journal import OpenCommand, State
from edge_agent.commands.lease_keeper import LeaseKeeper
from edge_agent.commands.link_watch import LinkWatch
from edge_agent.drivers.driver import TooLate
from foundation.errors import DeviceError, DeviceRefused, LinkError
from gateway.messages import Command, CommandAction, Outcome, Reading

log = logging.getLogger(__name__)

# A slow gateway may still deliver a write whose reply was lost; judge only after it has had the time.
UNCERTAIN_WAIT_S = 3.0
ALARM_AFTER_FAILURES = 3
STRAY_S = 60.0
"""How long a write that failed may still arrive."""


class DeviceActuator:
    """All writable points of one device, taken up where the journal says the last process left them."""

    def __init__(self, profile: Profile, access: DeviceAccess, link: LinkWatch) -> None:
        self._profile, self._access = profile, access
        self._journal = access.journal
        self._keeper = LeaseKeeper(access, link)
        self._lock = asyncio.Lock()
        self._points = {
            point.name: ControlledPoint(point, self._journal.recall(access.device, point.name))
            for point in profile.writable
        }
        for left_open in self._journal.open_commands(access.device):
            self._take_up(left_open)

    @property
    def has_points(self) -> bool:
        return bool(self._points)

    def holds(self, command_id: str) -> bool:
        """Whether the command has a level of some point."""
        return any(entry.command_id == command_id for one in self._points.values() for entry in one.array.entries())

    async def give_back(self) -> None:
        """End all entries and bring the safe values into the device, which is about to leave the site.

        Raises as reading and writing do; what stays open is in the journal should the device ever return.
        """
        async with self._lock:
            for point in self._points.values():
                await self._resolve(point)
                self._keeper.end_all(point)
                await self._settle(point)

    async def rest(self) -> None:
        """Until no step is under way."""
        async with self._lock:
            return

    async def execute(self, command: Command, deadline_s: float) -> None:
        """Carry out one received command up to its receipt; `deadline_s` is the monotonic time of its expiry."""
        async with self._lock:
            refusal = check(command, self._profile, None, self._access.now(), deadline_s=deadline_s)
            if refusal is not None:
                self._close(command, refusal.outcome, refusal.reason)
                return
            point = self._points[command.point]
            self._keeper.end_entries(point)
            try:
                await self._resolve(point)
                before = None if command.value is None else await self._access.read(point)
            except (DeviceError, LinkError) as error:
                self._close(command, Outcome.FAILED, reason_of(error))
                return
            if command.value is None or before is None:
                await self._relinquish(point, command)
            else:
                await self._write(point, command, command.value, before, deadline_s)

    async def scan(self) -> None:
        """End leases, release points, resolve the unknown; a device that does not answer is tried less and less."""
        async with self._lock:
            for point in self._points.values():
                self._keeper.end_entries(point)
                now_s = self._access.clock.monotonic()
                if not point.needs_attention(now_s) or now_s < point.retry_at_s:
                    continue
                try:
                    await self._resolve(point)
                    await self._look_for_stray(point)
                    await self._settle(point)
                except (DeviceError, LinkError) as error:
                    self._not_settled(point, error)

    def observe(self, readings: Sequence[Reading]) -> None:
        """Polled readings of this device: one that is not ours is looked at in the next scan."""
        if self._lock.locked():
            return
        for reading in readings:
            if point := self._points.get(reading.point):
                point.observe(reading, self._access.now())

    def _take_up(self, left_open: OpenCommand) -> None:
        command, point = left_open.command, self._points.get(left_open.command.point)
        if command.action is CommandAction.CONFIGURE:
            return  # no business of the device's hands
        if left_open.state is State.RECEIVED or point is None:
            self._close(command, Outcome.FAILED, Reason.RESTARTED)
        elif command.value is not None and left_open.lease_ends_s is not None:
            is_confirmed = left_open.state is State.WRITTEN
            point.pending = Intent(command, command.value, left_open.before, left_open.lease_ends_s, is_confirmed)

    async def _write(
        self, point: ControlledPoint, command: Command, value: float, before: float, deadline_s: float
    ) -> None:
        self._keeper.note_override(point, before)
        is_interlocked = await self._access.is_interlocked(point, value)
        now = self._access.now()
        state = point.state(before, value, command.priority, now.monotonic_s, is_interlocked=is_interlocked)
        refusal = check(command, self._profile, state, now, deadline_s=deadline_s)
        if refusal is not None:
            self._close(command, refusal.outcome, refusal.reason)
            return
        intent = Intent(command, value, before, now.monotonic_s + command.lease_s)
        if not state.needs_write:
            self._verified(point, intent, before, Reason.ALREADY)
            return
        with self._journal.transaction():
            self._journal.intend(command, before=before, lease_ends_s=intent.lease_ends_s)
            self._access.count_write(point, abs(value - before))
        point.pending = intent
        await self._send(point, intent, deadline_s)
        try:
            await self._resolve(point)
        except (DeviceError, LinkError) as error:
            self._not_settled(point, error)

    async def _send(self, point: ControlledPoint, intent: Intent, deadline_s: float) -> None:
        """The one write of a command, in time or not at all, and the wait until its effect can be read."""
        wait_s = 0.0
        try:
            await self._access.write(point, intent.value, until_s=deadline_s)
        except (DeviceError, LinkError) as error:
            # Even a refusal (exceptions 4, 5, 11) leaves open whether the value was taken: the read-back decides.
            point.pending = replace(intent, cause=reason_of(error))
            wait_s = 0.0 if isinstance(error, DeviceRefused | TooLate) else UNCERTAIN_WAIT_S
        else:
            self._journal.written(intent.command.command_id)
            point.pending = replace(intent, is_confirmed=True)
        await self._access.wait_for_effect(point, at_least_s=wait_s)

    async def _resolve(self, point: ControlledPoint) -> None:
        """Read the device to learn what became of a pending write; raises as reading does."""
        intent = point.pending
        if intent is None:
            return
        current = await self._access.read(point)
        if point.differs(current, intent.value) or not point.array.allows(intent.entry):
            self._failed(point, intent, current)
        else:
            self._verified(point, intent, current, Reason.WRITTEN if intent.is_confirmed else Reason.RESOLVED)

    def _verified(self, point: ControlledPoint, intent: Intent, current: float, reason: Reason) -> None:
        entry, command = intent.entry, intent.command
        superseded = [one for one in point.array.entries() if one.priority == entry.priority]
        with self._journal.transaction():
            for one in superseded:
                self._journal.remove_entry(one.command_id)
                self._access.tell(one.command_id, point, Outcome.RELINQUISHED, Reason.SUPERSEDED, current)
            self._journal.place_entry(self._access.device, point.name, entry, command.lease_s)
            self._journal.hold(self._access.device, point.name, intent.value)
            self._access.close(command, Outcome.VERIFIED, reason, current)
        point.array.place(entry)
        point.hold(intent.value)
        point.pending = None

    def _failed(self, point: ControlledPoint, intent: Intent, current: float) -> None:
        """The value is not in the device. If the write changed something, the point goes back to its next winner."""
        is_changed = point.differs(current, intent.before)
        reason = Reason.MISMATCH if is_changed or intent.is_confirmed else intent.cause
        outcome = Outcome.EXPIRED if reason is Reason.EXPIRED else Outcome.FAILED
        with self._journal.transaction():
            self._access.close(intent.command, outcome, reason, current)
            if is_changed:
                self._journal.hold(self._access.device, point.name, None)
        if is_changed:
            point.hold(None)
        else:
            point.stray = intent.value
            point.stray_until_s = self._access.clock.monotonic() + STRAY_S
        point.pending = None

    async def _look_for_stray(self, point: ControlledPoint) -> None:
        """A write that failed and took after all has no lease behind it: it is given back."""
        if point.stray is None:
            return
        is_there = not point.is_held and not point.differs(await self._access.read(point), point.stray)
        if is_there:
            self._journal.hold(self._access.device, point.name, None)
            point.hold(None)
        if is_there or self._access.clock.monotonic() >= point.stray_until_s:
            point.stray = None

    async def _relinquish(self, point: ControlledPoint, order: Command) -> None:
        if not self._keeper.relinquish(point, order):
            self._close(order, Outcome.VERIFIED, Reason.NOTHING_HELD)
            return
        try:
            await self._settle(point)
        except (DeviceError, LinkError) as error:
            self._not_settled(point, error)

    async def _settle(self, point: ControlledPoint) -> None:
        if not await self._keeper.settle(point):
            return
        if point.failures:
            log.info("%s %s is settled again", self._access.device, point.name)
        point.answered()

    def _not_settled(self, point: ControlledPoint, error: DeviceError | LinkError) -> None:
        """The device leaves something open: say so once, try again later."""
        waiting = [one.relinquished_by for one in point.ended if one.relinquished_by is not None]
        if point.pending is not None:
            waiting.append(point.pending.command.command_id)
        for command_id in waiting:
            if not self._journal.receipts_of(command_id):
                self._access.tell(command_id, point, Outcome.UNKNOWN, reason_of(error))
        point.back_off(self._access.clock.monotonic())
        if point.failures == 1:
            log.warning("%s %s is not settled: %s", self._access.device, point.name, error)
        if point.failures == ALARM_AFTER_FAILURES and point.is_held:
            self._access.event("command.release_failed", point=point.name, reason=str(reason_of(error)))

    def _close(self, command: Command, outcome: Outcome, reason: Reason) -> None:
        with self._journal.transaction():
            self._access.close(command, outcome, reason)
