"""Whether the broker and every bus can be reached from here."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

from edge_agent.local.checks.finding import Finding, Patient, fail, ok, warn
from edge_agent.lock import LOCK_FILE
from edge_agent.site import GatewayBus, Jt808Bus, OnvifBus
from edge_agent.site_lines import DialInBus, SerialBus
from foundation.disk import holder
from foundation.errors import ConfigError, LinkError
from gateway.mqtt_link import open_link
from gateway.sparkplug.topics import state_topic

TIMEOUT_S = 3.0
ONVIF_PORT = 80


async def check_broker(patient: Patient) -> AsyncIterator[Finding]:
    """Address, login and a subscription, as the agent does it, under a name of its own."""
    broker = patient.site.broker
    if patient.site.acknowledgement == "none":
        yield warn("broker.lossy")
    where = f"{broker.host}:{broker.port}"
    if (reason := await _unreachable(broker.host, broker.port)) is not None:
        yield fail("broker.unreachable", where=where, reason=reason)
        return
    try:
        link = await open_link(broker.endpoint(), f"{patient.site.node}-doctor-{patient.rng.token(4).hex()}")
    except (LinkError, ConfigError) as error:
        yield fail("broker.login", where=where, reason=error)
        return
    try:
        await link.subscribe([(state_topic(patient.site.primary_host), 1)])
        yield ok("broker.good", where=where)
    except LinkError as error:
        yield fail("broker.subscribe", where=where, reason=error)
    finally:
        await link.close()


async def check_buses(patient: Patient) -> AsyncIterator[Finding]:
    """Each bus as far as it can be tried without disturbing a running agent."""
    for bus in patient.site.buses:
        if isinstance(bus, OnvifBus):
            for device in patient.site.devices:
                if device.bus == bus.id and device.address is not None:
                    host, _, port = device.address.partition(":")
                    yield await _dialled(f"{bus.id}/{device.id}", host, int(port or ONVIF_PORT))
        elif isinstance(bus, SerialBus):
            yield _serial(bus)
        elif isinstance(bus, DialInBus | Jt808Bus):
            if isinstance(bus, DialInBus) and bus.anyone:
                yield warn("bus.anyone", bus=bus.id, where=f"{bus.listen}:{bus.port}")
            yield _listened(bus.id, bus.listen, bus.port, is_agent_there=_runs(patient))
        elif not isinstance(bus, GatewayBus):
            yield await _dialled(bus.id, bus.host, bus.port)


async def _dialled(bus: str, host: str, port: int) -> Finding:
    reason = await _unreachable(host, port)
    where = f"{host}:{port}"
    return (
        ok("bus.good", bus=bus, where=where)
        if reason is None
        else fail("bus.unreachable", bus=bus, where=where, reason=reason)
    )


def _serial(bus: SerialBus) -> Finding:
    """The port is looked at, not opened: opening it would change the line of a running agent."""
    try:
        mode = Path(bus.port).stat().st_mode
    except OSError as error:
        return fail("bus.no_port", bus=bus.id, where=bus.port, reason=error.strerror)
    if not stat.S_ISCHR(mode):
        return fail("bus.no_port", bus=bus.id, where=bus.port, reason="not a character device")
    if not os.access(bus.port, os.R_OK | os.W_OK):
        return fail("bus.port_rights", bus=bus.id, where=bus.port)
    return ok("bus.good", bus=bus.id, where=bus.port)


def _listened(bus: str, host: str, port: int, *, is_agent_there: bool) -> Finding:
    """The agent holds the port; without an agent it must be free."""
    where = f"{host}:{port}"
    is_taken, reason = _is_taken(host, port)
    if reason is not None:
        return fail("bus.unreachable", bus=bus, where=where, reason=reason)
    if is_taken and not is_agent_there:
        return fail("bus.port_taken", bus=bus, where=where)
    if is_agent_there and not is_taken and port:
        return warn("bus.not_listening", bus=bus, where=where)
    return ok("bus.good", bus=bus, where=where)


def _is_taken(host: str, port: int) -> tuple[bool, str | None]:
    """Whether somebody listens on the port, or why we may not."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE, None if error.errno == errno.EADDRINUSE else error.strerror
    return False, None


def _runs(patient: Patient) -> bool:
    return holder(patient.site.data_dir / LOCK_FILE) is not None


async def _unreachable(host: str, port: int) -> str | None:
    """Why no TCP connection can be made; None when one can."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"no answer within {TIMEOUT_S:g} s"
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return None
