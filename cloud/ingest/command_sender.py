"""Signs approved commands and sends them to their edge: from the command ledger to the wire."""

from __future__ import annotations

import asyncio
import logging

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.core.command_record import CommandRequest
from cloud.core.ports import CommandLedger
from foundation.clock import Clock
from foundation.errors import DomainError, LinkError
from gateway.envelope import EnvelopeError, seal
from gateway.host_application import HostApplication
from gateway.messages import Command, CommandAction

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.3
CLOCK_SLACK_MS = 5_000


class CommandSender:
    """Claims APPROVED commands; each is booked as SENT before it leaves, so that none leaves unbooked."""

    def __init__(
        self, *, issuer: str, key: Ed25519PrivateKey, ledger: CommandLedger, host: HostApplication, clock: Clock
    ) -> None:
        self._issuer, self._key, self._ledger = issuer, key, ledger
        self._host, self._clock = host, clock
        self._is_waiting = False

    async def run(self) -> None:
        """Send what is approved until cancelled."""
        while True:
            if self._host.is_online:
                await self._send_approved()
            await self._clock.sleep(LOOK_EVERY_S)

    async def _send_approved(self) -> None:
        """One command that cannot be sent, or a database that is away, must not end the ingest."""
        try:
            approved = await asyncio.to_thread(self._ledger.approved, self._clock.now_ms())
            for request, nonce, valid_until_ms in approved:
                try:
                    await self._send(request, nonce, valid_until_ms)
                except DomainError as error:
                    log.info("command %s was decided otherwise: %s", request.command_id, error)
                except EnvelopeError as error:
                    log.error("command %s cannot be signed: %s", request.command_id, error)
            self._is_waiting = False
        except LinkError as error:
            if not self._is_waiting:
                log.error("commands wait: %s", error)
            self._is_waiting = True

    async def _send(self, request: CommandRequest, nonce: str, valid_until_ms: int) -> None:
        counter = await asyncio.to_thread(self._ledger.next_counter, self._issuer)
        now = self._clock.now_ms()
        command = Command(
            command_id=request.command_id,
            issuer=self._issuer,
            counter=counter,
            group=request.group,
            node=request.node,
            device=request.device,
            point=request.point,
            action=_action(request),
            value=request.value,
            priority=request.priority,
            lease_s=request.lease_s,
            not_before_ms=now - CLOCK_SLACK_MS,
            # Counted from the decision: what waited in the ledger has less time left, never more.
            expires_ms=valid_until_ms,
            nonce=nonce,
            reason=request.reason,
            settings=request.settings,
        )
        envelope = seal(command, self._key)
        await asyncio.to_thread(self._ledger.sent, command, now)
        if not self._host.send_envelope(request.group, request.node, request.device, envelope):
            log.warning("command %s was booked but the link is down; it will expire", request.command_id)


def _action(request: CommandRequest) -> CommandAction:
    if request.settings:
        return CommandAction.CONFIGURE
    return CommandAction.RELINQUISH if request.value is None else CommandAction.WRITE
