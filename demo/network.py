"""Ports of this machine: free ones for the demo's processes, and whether somebody answers on one."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from demo.plan import HOST


def free_ports(count: int, preferred: int = 0) -> list[int]:
    """Different free TCP ports; the first one is `preferred` if nobody has it."""
    with contextlib.ExitStack() as probes:
        first = probes.enter_context(_bound(preferred) or _bind(0))
        others = [probes.enter_context(_bind(0)) for _ in range(count - 1)]
        return [probe.getsockname()[1] for probe in (first, *others)]


def _bound(port: int) -> socket.socket | None:
    try:
        return _bind(port)
    except OSError:
        return None


def _bind(port: int) -> socket.socket:
    probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # As servers do: a port in TIME_WAIT of an earlier run counts as free.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
    except OSError:
        probe.close()
        raise
    return probe


async def is_open(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
