"""Orders about a device's settings: the same door, journal and receipts as writes, but nothing touches the device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from edge_agent.commands.guard import Moment, Reason, Refusal, check_times
from edge_agent.commands.journal import Journal
from edge_agent.commands.receipts import ReceiptDesk
from foundation.clock import Clock
from gateway.messages import Command, CommandAction, Outcome


class SettingsDesk(Protocol):
    """Who can change what this node holds of its devices."""

    async def apply(self, command: Command) -> Reason:
        """APPLIED, or why not; afterwards the settings are in force and kept."""
        ...

    def was_applied(self, command_id: str) -> bool: ...


class Configuration:
    """Carries out CONFIGURE commands that are in the journal already."""

    def __init__(self, journal: Journal, desk: ReceiptDesk, clock: Clock) -> None:
        self._journal, self._desk, self._clock = journal, desk, clock
        self._settings: SettingsDesk | None = None

    def attach(self, settings: SettingsDesk, devices: Iterable[str]) -> None:
        """Obey from now on; what the last process left open is told as done or not."""
        self._settings = settings
        for left_open in (one for device in devices for one in self._journal.open_commands(device)):
            if left_open.command.action is CommandAction.CONFIGURE:
                is_done = settings.was_applied(left_open.command.command_id)
                self._close(left_open.command, Reason.APPLIED if is_done else Reason.RESTARTED)

    async def carry_out(self, command: Command, deadline_s: float) -> None:
        """Up to the receipt; `deadline_s` is the monotonic time of the command's expiry."""
        late = check_times(command, Moment(self._clock.now_ms(), self._clock.monotonic()), deadline_s)
        if late is not None:
            self._close(command, late)
        elif self._settings is None:
            self._close(command, Reason.NOT_WRITABLE)
        else:
            self._close(command, await self._settings.apply(command))

    def _close(self, command: Command, reason: Reason) -> None:
        with self._journal.transaction():
            self._journal.close(command.command_id)
            self._desk.write(command.command_id, command.device, command.point, _outcome(reason), reason)


def _outcome(reason: Reason) -> Outcome:
    if reason is Reason.APPLIED:
        return Outcome.VERIFIED
    return Outcome.FAILED if reason is Reason.RESTARTED else Refusal(reason).outcome
