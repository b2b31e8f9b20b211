"""A bare client: pymodbus, asyncio, one connection and one request per device and second, nothing kept or sent on.

Arguments: registers per request, then the ports.
"""

from __future__ import annotations

import asyncio
import sys
import time

from pymodbus.client import AsyncModbusTcpClient


async def poll(port: int, registers: int, start_s: float) -> None:
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()
    due_s = start_s
    while True:
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        reply = await client.read_holding_registers(0, count=registers, device_id=1)
        assert len(reply.registers) == registers
        due_s += 1.0


async def main(registers: int, ports: list[int]) -> None:
    begin_s = time.monotonic() + 1.0
    await asyncio.gather(*(poll(port, registers, begin_s + index / len(ports)) for index, port in enumerate(ports)))


if __name__ == "__main__":
    count, *given = map(int, sys.argv[1:])
    asyncio.run(main(count, given))
