"""What a primary does: hears its groups as their Sparkplug host, keeps, acknowledges, and sends what was approved."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.ingest.command_sender import CommandSender
from cloud.ingest.host import Ingest
from cloud.ingest.keeper import IngestPorts
from cloud.ingest.standing import Primacy
from foundation.clock import Clock
from foundation.rng import Rng
from gateway.host_application import HostApplication
from gateway.mqtt_link import Endpoint


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """As whom a primary speaks, where, and to which groups (none: to all)."""

    host_id: str
    groups: tuple[str, ...]
    endpoint: Endpoint
    key: Ed25519PrivateKey


async def receive(ports: IngestPorts, identity: HostIdentity, primacy: Primacy, clock: Clock, rng: Rng) -> None:
    """Serve until cancelled, or until the lease is lost: then the group of errors holds LeaseLost."""
    ingest = Ingest(ports, clock, rng)
    host = HostApplication(
        host_id=identity.host_id,
        endpoint=identity.endpoint,
        deliver=ingest.deliver,
        last_state_ms=primacy.lease.state_ms,
        remember_state_ms=primacy.note_state,
        groups=identity.groups,
        check=primacy.check,
        clock=clock,
        rng=rng,
    )
    ingest.attach(host)
    sender = CommandSender(issuer=identity.host_id, key=identity.key, ledger=ports.commands, host=host, clock=clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ingest.run(), name="keeper")
        tasks.create_task(host.run(), name="host")
        tasks.create_task(sender.run(), name="command sender")
