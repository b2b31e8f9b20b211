"""Gives a point back: ended leases, relinquished levels, a lost link, and the hand at the panel that wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge_agent.commands.arbiter import LOCAL, MANUAL_OPERATOR, Entry
from edge_agent.commands.controlled_point import OVERRIDE_HOLD_S, ControlledPoint
from edge_agent.commands.device_access import DeviceAccess, Interlocked
from edge_agent.commands.guard import Reason
from edge_agent.commands.journal import EndedEntry
from edge_agent.commands.link_watch import LinkWatch
from foundation.errors import DeviceError
from gateway.messages import Command, Outcome


class LeaseKeeper:
    """Ends entries of the priority arrays of one device and brings the next winner, or the safe value, into it.

    An ended entry stays journalled until the device was read and holds what it shall; then its receipt is written.

    Giving back goes before limits of rate and change, for a point must not stay commanded because it was commanded
    often. It does not go before what protects the equipment: it waits for the end of a minimum on or off time, and an
    interlock that forbids the value keeps the point where it is until the interlock is met again.
    """

    def __init__(self, access: DeviceAccess, link: LinkWatch) -> None:
        self._access, self._link = access, link

    def end_entries(self, point: ControlledPoint) -> None:
        """Entries whose lease is over count no longer; nor automatic ones of the cloud once the link is lost, nor the
        box's own once it is not.
        """
        now_s = self._access.clock.monotonic()
        over = [entry for entry in point.array.entries() if entry.lease_ends_s <= now_s]
        left = [entry for entry in point.array.entries() if entry not in over]
        is_lost = self._link.is_lost
        idle = [entry for entry in left if entry.is_automatic and entry.is_local is not is_lost]
        if over or idle:
            reason = Reason.LINK_LOST if is_lost else Reason.FALLBACK_ENDED
            with self._access.journal.transaction():
                ended = [*self._end(over, Reason.LEASE_ENDED), *self._end(idle, reason)]
            self._forget(point, ended)

    def relinquish(self, point: ControlledPoint, order: Command) -> bool:
        """End the entry at the order's level; False when there is none. The order is closed once all is settled."""
        is_local = order.command_id.startswith(LOCAL)
        entries = [
            entry
            for entry in point.array.entries()
            # The cloud may have taken the level since: what is its own, the box leaves alone.
            if entry.priority == order.priority and (entry.is_local or not is_local)
        ]
        if not entries:
            return False
        with self._access.journal.transaction():
            self._access.journal.intend(order, before=None, lease_ends_s=self._access.clock.monotonic())
            ended = self._end(entries, Reason.RELINQUISHED, relinquished_by=order.command_id)
        self._forget(point, ended)
        return True

    def end_all(self, point: ControlledPoint) -> None:
        """Nobody holds the point any longer."""
        with self._access.journal.transaction():
            ended = self._end(point.array.entries(), Reason.RELINQUISHED)
        self._forget(point, ended)

    async def settle(self, point: ControlledPoint) -> bool:
        """Make the device hold what it shall, then tell whose time is over; raises DeviceError or LinkError.

        False while a minimum time lasts. Only after `end_entries`. The device is read before it is written, so that a
        repeated try changes nothing.
        """
        now_s = self._access.clock.monotonic()
        target = point.array.value(now_s)
        if point.needs_touch(now_s):
            current = await self._access.read(point)
            self.note_override(point, current)
            if point.is_held and point.differs(current, target):
                if self._must_wait(point, target):
                    return False
                await self._restore(point, current, target)
        self._released(point, target if point.is_held and point.array.entries() else None)
        return True

    def note_override(self, point: ControlledPoint, current: float) -> None:
        """A value that is not the one we wrote was set by hand: it beats every level from manual operator down."""
        expected = point.held
        if expected is None or not point.differs(current, expected):
            return
        beaten = [entry for entry in point.array.entries() if entry.priority >= MANUAL_OPERATOR]
        is_still_held = len(beaten) < len(point.array.entries())
        journal, device = self._access.journal, self._access.device
        with journal.transaction():
            ended = self._end(beaten, Reason.OVERRIDDEN)
            journal.override(device, point.name, hold_s=OVERRIDE_HOLD_S)
            if is_still_held:
                journal.hold(device, point.name, None)
            else:
                journal.release(device, point.name)
        self._forget(point, ended)
        point.overridden_until_s = self._access.clock.monotonic() + OVERRIDE_HOLD_S
        if is_still_held:
            point.hold(None)
        else:
            point.release()
        self._access.event("command.override", point=point.name, value=current, expected=expected)

    def _end(self, entries: Iterable[Entry], reason: Reason, relinquished_by: str | None = None) -> list[EndedEntry]:
        ended = [EndedEntry(entry, reason, relinquished_by) for entry in entries]
        for one in ended:
            self._access.journal.end_entry(one)
        return ended

    def _forget(self, point: ControlledPoint, ended: Sequence[EndedEntry]) -> None:
        entries = {one.entry for one in ended}
        point.array.remove(lambda entry: entry in entries)
        point.ended.extend(ended)
        point.retry_at_s = min(point.retry_at_s, self._access.clock.monotonic())

    def _must_wait(self, point: ControlledPoint, target: float) -> bool:
        point.retry_at_s = point.may_switch_at_s(target)
        return self._access.clock.monotonic() < point.retry_at_s

    async def _restore(self, point: ControlledPoint, current: float, target: float) -> None:
        if await self._access.is_interlocked(point, target):
            raise Interlocked(f"{self._access.device}: {point.name} must not become {target:g} now")
        with self._access.journal.transaction():
            # Until the read-back it is not sure what the device holds; a crash must not take our write for a hand's.
            self._access.journal.hold(self._access.device, point.name, None)
            self._access.count_write(point, abs(target - current))
        point.hold(None)
        await self._access.write(point, target)
        await self._access.wait_for_effect(point)
        current = await self._access.read(point)
        if point.differs(current, target):
            raise DeviceError(f"{self._access.device}: {point.name} holds {current:g} instead of {target:g}")

    def _released(self, point: ControlledPoint, held: float | None) -> None:
        """The device now holds the `held` value of a live entry, or nothing of ours."""
        journal, device = self._access.journal, self._access.device
        with journal.transaction():
            if held is None:
                journal.release(device, point.name)
            else:
                journal.hold(device, point.name, held)
            for one in point.ended:
                self._tell_end(point, one)
        point.ended.clear()
        point.is_suspect = False
        if held is None:
            point.release()
        else:
            point.hold(held)

    def _tell_end(self, point: ControlledPoint, ended: EndedEntry) -> None:
        command_id, order_id = ended.entry.command_id, ended.relinquished_by
        self._access.journal.remove_entry(command_id)
        self._access.tell(command_id, point, Outcome.RELINQUISHED, ended.reason, point.last_read)
        if order_id is not None:
            self._access.journal.close(order_id)
            self._access.tell(order_id, point, Outcome.VERIFIED, ended.reason, point.last_read)
