import asyncio

import pytest

from edge_agent.drivers.line.priority_lock import PATIENCE, PriorityLock


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def pass_through(lock: PriorityLock) -> None:
    async with lock.turn(1):
        pass


async def served(*waiters: tuple[str, int]) -> list[str]:
    """Names in the order in which the lock let them in, all having asked with their urgency one after the other."""
    lock, entered = PriorityLock(), list[str]()

    async def worker(name: str, urgency: int) -> None:
        async with lock.turn(urgency):
            entered.append(name)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for name, urgency in waiters:
            group.create_task(worker(name, urgency))
    return entered


async def test_waiters_are_served_by_urgency_and_then_in_order() -> None:
    order = await served(("first", 2), ("slow", 3), ("poll a", 2), ("poll b", 2), ("command", 0))
    assert order == ["first", "command", "poll a", "poll b", "slow"]


async def test_a_slow_waiter_is_not_passed_for_ever() -> None:
    order = await served(("first", 1), ("slow", 3), *[("fast", 1)] * 100)
    assert order.index("slow") == 2 * PATIENCE


async def test_only_one_holds_the_lock() -> None:
    lock, inside, most = PriorityLock(), 0, 0

    async def worker() -> None:
        nonlocal inside, most
        async with lock.turn(1):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(worker() for _ in range(20)))
    assert most == 1


async def test_a_cancelled_waiter_gives_its_turn_away() -> None:
    lock = PriorityLock()
    async with lock.turn(1):
        cancelled, patient = asyncio.create_task(pass_through(lock)), asyncio.create_task(pass_through(lock))
        await settle()
        cancelled.cancel()
    async with asyncio.timeout(1):
        await patient
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_a_waiter_cancelled_in_the_moment_of_its_turn_does_not_block_the_others() -> None:
    lock = PriorityLock()
    async with lock.turn(1):
        granted, patient = asyncio.create_task(pass_through(lock)), asyncio.create_task(pass_through(lock))
        await settle()
    granted.cancel()
    async with asyncio.timeout(1):
        await patient
    await asyncio.gather(granted, return_exceptions=True)


async def test_an_error_inside_frees_the_lock() -> None:
    lock = PriorityLock()
    with pytest.raises(RuntimeError):
        async with lock.turn(1):
            raise RuntimeError
    async with asyncio.timeout(1), lock.turn(1):
        pass
