"""What every step of a command needs of its device: read, write, journal, receipts, events, time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.commands.controlled_point import ControlledPoint, as_number
from edge_agent.commands.guard import HOUR_S, Moment, Reason
from edge_agent.commands.interlocks import Interlocks
from edge_agent.commands.journal import Journal
from edge_agent.commands.receipts import ReceiptDesk
from edge_agent.drivers.driver import PointWriter, TooLate
from foundation.clock import Clock
from foundation.errors import DeviceError, DeviceRefused, DeviceReplyWrong, DeviceTimeout, LinkError
from foundation.rng import Rng
from gateway.messages import Command, DeviceEvent, Outcome

TellEvent = Callable[[DeviceEvent], None]
"""Accepts a device event for the cloud; quick and never blocks."""


class NoValue(DeviceError):
    """The device answered, but with nothing that can be compared."""


class Interlocked(DeviceError):
    """The point may not take the value that it shall be given back to, as long as another point is not in range."""


_REASON_OF: tuple[tuple[type[Exception], Reason], ...] = (
    (NoValue, Reason.NO_VALUE),
    (TooLate, Reason.EXPIRED),
    (Interlocked, Reason.INTERLOCKED),
    (DeviceTimeout, Reason.DEVICE_TIMEOUT),
    (DeviceRefused, Reason.DEVICE_REFUSED),
    (DeviceReplyWrong, Reason.REPLY_WRONG),
    (DeviceError, Reason.DEVICE_ERROR),
    (LinkError, Reason.LINK_DOWN),
)


def reason_of(error: DeviceError | LinkError) -> Reason:
    """The receipt's code for a device or link that failed."""
    return next(reason for kind, reason in _REASON_OF if isinstance(error, kind))


@dataclass(frozen=True, slots=True)
class DeviceAccess:
    """One device with the journal and the ways to the cloud. I/O raises DeviceError or LinkError."""

    device: str
    writer: PointWriter
    journal: Journal
    desk: ReceiptDesk
    interlocks: Interlocks
    clock: Clock
    rng: Rng
    tell_event: TellEvent

    async def read(self, point: ControlledPoint) -> float:
        """The value now in the device, in the base unit."""
        value = as_number(await self.writer.read_back(self.device, point.name))
        if value is None:
            raise NoValue(f"{self.device}: {point.name} has no number to compare")
        point.note_read(value, self.clock.monotonic())
        return value

    async def is_interlocked(self, point: ControlledPoint, value: float) -> bool:
        """Whether an interlock of profile or site keeps the point from that value now."""
        return await self.interlocks.forbid(self.device, point.name, value)

    def count_write(self, point: ControlledPoint, moved: float) -> None:
        """Count a write that is about to be made and how far it moves; inside a transaction of the journal."""
        self.journal.note_write(self.device, point.name, moved, keep_s=HOUR_S)
        point.note_write(self.clock.monotonic(), moved)

    async def write(self, point: ControlledPoint, value: float, *, until_s: float | None = None) -> None:
        """Write once, before `until_s` (monotonic) or not at all; counted and journalled before by the caller."""
        await self.writer.write(self.device, point.name, value, until_s=until_s)

    async def wait_for_effect(self, point: ControlledPoint, *, at_least_s: float = 0) -> None:
        """Until the profile says that the written value can be read."""
        await self.clock.sleep(max(point.point.verify.after_ms / 1000, at_least_s))

    def close(self, command: Command, outcome: Outcome, reason: Reason, read_back: float | None = None) -> None:
        """The command's end and its receipt; inside a transaction of the journal."""
        self.journal.close(command.command_id)
        self.desk.write(command.command_id, self.device, command.point, outcome, reason, read_back)

    def tell(
        self, command_id: str, point: ControlledPoint, outcome: Outcome, reason: str, read_back: float | None = None
    ) -> None:
        """A receipt about a command that held or ordered something earlier."""
        self.desk.write(command_id, self.device, point.name, outcome, reason, read_back)

    def event(self, kind: str, **data: object) -> None:
        """Tell the cloud a fact about this device."""
        self.tell_event(DeviceEvent(self.rng.uuid(), kind, self.device, self.clock.now_ms(), data))

    def now(self) -> Moment:
        return Moment(self.clock.now_ms(), self.clock.monotonic())
