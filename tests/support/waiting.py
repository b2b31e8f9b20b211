"""Waiting for a state instead of sleeping for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

PAUSE_S = 0.02


async def until(condition: Callable[[], bool], *, within_s: float = 20.0, what: str = "") -> None:
    """Return as soon as `condition` holds; AssertionError after `within_s`."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what or condition}"
        await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run coroutines for the length of the block, then cancel them and wait for their end."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield tasks
        for task in tasks:
            if task.done():
                await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
