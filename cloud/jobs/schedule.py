"""Runs jobs side by side, each at its own pace; one that fails is logged, counted and tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.jobs.job import Job
from foundation.clock import Clock
from foundation.errors import LinkError

log = logging.getLogger(__name__)

PAUSE_S = 0.05
"""Rest between rounds of a job that has more to do, so that ingest gets its turn."""


@dataclass(frozen=True, slots=True)
class JobHealth:
    """How a job is doing; `failures` in all, `failing` in a row."""

    rounds: int = 0
    failures: int = 0
    failing: int = 0


class Schedule:
    """`run` keeps all jobs going until cancelled; `wake` ends the rest of those that wait for news."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._jobs, self._clock = tuple(jobs), clock
        self._health = {job.name: JobHealth() for job in jobs}
        self._news = {job.name: asyncio.Event() for job in jobs}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def health(self) -> Mapping[str, JobHealth]:
        """By job name."""
        return self._health

    def wake(self) -> None:
        """There is something new in SQL. Returns at once; may be called from any thread, before and after `run`."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._tell)

    async def run(self) -> None:
        """All jobs until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                for job in self._jobs:
                    tasks.create_task(self._keep_running(job), name=f"job {job.name}")
        finally:
            self._loop = None

    def _tell(self) -> None:
        for job in self._jobs:
            if job.is_woken:
                self._news[job.name].set()

    async def _keep_running(self, job: Job) -> None:
        while True:
            self._news[job.name].clear()
            has_more = await self._round(job)
            if has_more:
                await self._clock.sleep(PAUSE_S)
            else:
                await self._rest(job)

    async def _round(self, job: Job) -> bool:
        health = self._health[job.name]
        try:
            has_more = await asyncio.to_thread(job.run)
        except Exception as error:
            # Whatever is wrong with one job, the others watch over equipment and must go on.
            self._health[job.name] = replace(health, failures=health.failures + 1, failing=health.failing + 1)
            if not health.failing:
                # Where a server is away, its name says more than where in the code it was missed.
                is_fault = not isinstance(error, LinkError)
                log.error("job %s failed and will be tried again: %s", job.name, error, exc_info=is_fault)
            return False
        if health.failing:
            log.warning("job %s works again after %d failed rounds", job.name, health.failing)
        self._health[job.name] = replace(health, rounds=health.rounds + 1, failing=0)
        return has_more

    async def _rest(self, job: Job) -> None:
        """Until the period is over, or until there is news."""
        waits = [
            asyncio.ensure_future(self._clock.sleep(job.period_s)),
            asyncio.ensure_future(self._news[job.name].wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


async def run_jobs(jobs: Sequence[Job], clock: Clock) -> None:
    """All jobs at their own pace until cancelled, for a process that nothing wakes."""
    await Schedule(jobs, clock).run()
