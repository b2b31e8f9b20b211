"""Carries out what control decides: enters commands of a breach in the ledger and gives them back at its end.

The breach names a command before the ledger holds it, so that after a crash in between the same command is entered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from cloud.core.command_record import CommandState
from cloud.core.ports import CommandLedger, RegisteredDevice
from cloud.core.threshold import Breach, Threshold, ThresholdAction
from cloud.energy.control import (
    command_id,
    give_back,
    may_command,
    request_command,
    state_of_proposal,
    turns_taken,
)
from foundation.errors import DomainError

log = logging.getLogger(__name__)

Devices = Mapping[tuple[str, str], RegisteredDevice]
"""Registered devices by (group, device)."""


class BreachAnswer:
    """Both ends of the commands of breaches; `save` keeps a breach that names more commands than before."""

    def __init__(self, ledger: CommandLedger, save: Callable[[Breach], None]) -> None:
        self._ledger, self._save = ledger, save

    def act(self, threshold: Threshold, breach: Breach, devices: Devices, now_ms: int) -> Breach:
        """Command what may be commanded while the limit is exceeded; gives the breach with all its command ids.

        An action whose device is unknown or offline waits for a later call.
        """
        for action in threshold.actions:
            device = devices.get((threshold.group, action.device))
            if device is not None and device.is_online:
                breach = self._act_on(threshold, breach, action, device.node, now_ms)
        return breach

    def give_back(self, breach: Breach, now_ms: int) -> int:
        """Withdraw what waits for an officer and relinquish what holds; gives how many were relinquished."""
        relinquished = 0
        for identity in breach.command_ids:
            self._withdraw(identity, now_ms)
            record = self._ledger.find(identity)
            request = give_back(record, now_ms) if record is not None else None
            if request is not None:
                self._ledger.propose(request, CommandState.APPROVED, now_ms)
                relinquished += 1
        return relinquished

    def _act_on(self, threshold: Threshold, breach: Breach, action: ThresholdAction, node: str, now_ms: int) -> Breach:
        turns = turns_taken(breach, action)
        newest = self._ledger.find(command_id(breach, action, turns - 1)) if turns else None
        if not may_command(breach, newest, now_ms):
            return breach
        turn = turns - 1 if turns and newest is None else turns
        request = request_command(threshold, breach, action, node=node, turn=turn)
        if request.command_id not in breach.command_ids:
            breach = replace(breach, command_ids=(*breach.command_ids, request.command_id))
            self._save(breach)
        self._ledger.propose(request, state_of_proposal(threshold), now_ms)
        return breach

    def _withdraw(self, identity: str, now_ms: int) -> None:
        record = self._ledger.find(identity)
        if record is None or record.state is not CommandState.PROPOSED:
            return
        try:
            self._ledger.decide(identity, approve=False, by=record.request.proposed_by, at_ms=now_ms)
        except DomainError as error:
            log.info("command %s was decided in the meantime: %s", identity, error)
