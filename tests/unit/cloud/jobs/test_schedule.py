"""Jobs side by side: pace, news, failure, and the real set of jobs."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud.jobs.job import Job
from cloud.jobs.plan import build_jobs
from cloud.jobs.schedule import Schedule, run_jobs
from foundation.clock import SystemClock
from foundation.errors import LinkError
from tests.support.cloud_world import cloud_world
from tests.support.manual_clock import ManualClock
from tests.support.tree import ROOT

AGES_S = 3_600.0


@asynccontextmanager
async def running(schedule: Schedule) -> AsyncIterator[None]:
    task = asyncio.create_task(schedule.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def reached(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.002)


class Counted:
    """A round that counts, and does what `then` says."""

    def __init__(self, then: Callable[[int], bool] = lambda count: False) -> None:
        self.count, self._then = 0, then

    def __call__(self) -> bool:
        self.count += 1
        return self._then(self.count)


def _fail_first_three(count: int) -> bool:
    if count <= 3:
        raise ValueError("broken")
    return False


async def test_a_failing_job_is_counted_logged_once_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    bad, good = Counted(_fail_first_three), Counted()
    jobs = [Job("bad", 1, False, bad), Job("good", 1, False, good)]
    schedule = Schedule(jobs, ManualClock(is_eager=True))
    with caplog.at_level(logging.WARNING):
        async with running(schedule):
            await reached(lambda: bad.count > 6 and good.count > 6)
    assert (schedule.health["bad"].failures, schedule.health["bad"].failing) == (3, 0)
    assert schedule.health["good"].failures == 0
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


@pytest.mark.parametrize(("error", "has_traceback"), [(ValueError("broken"), True), (LinkError("away"), False)])
async def test_only_a_fault_of_ours_is_logged_with_its_place_in_the_code(
    caplog: pytest.LogCaptureFixture, error: Exception, has_traceback: bool
) -> None:
    def fail() -> bool:
        raise error

    schedule = Schedule([Job("bad", 1, False, fail)], ManualClock(is_eager=True))
    async with running(schedule):
        await reached(lambda: schedule.health["bad"].failures > 2)
    [record] = caplog.records
    assert bool(record.exc_info) is has_traceback


async def test_a_job_with_more_to_do_does_not_wait_for_its_period() -> None:
    busy = Counted(lambda count: count < 5)
    async with running(Schedule([Job("busy", AGES_S, False, busy)], SystemClock())):
        await reached(lambda: busy.count == 5)
    assert busy.count == 5


async def test_news_end_the_rest_of_those_that_wait_for_them() -> None:
    woken, asleep = Counted(), Counted()
    schedule = Schedule([Job("woken", AGES_S, True, woken), Job("asleep", AGES_S, False, asleep)], SystemClock())
    schedule.wake()
    async with running(schedule):
        await reached(lambda: woken.count == 1 and asleep.count == 1)
        thread = threading.Thread(target=schedule.wake)
        thread.start()
        thread.join()
        await reached(lambda: woken.count == 2)
    schedule.wake()
    assert asleep.count == 1


async def test_news_during_a_round_are_not_lost() -> None:
    schedule: Schedule
    first = threading.Event()

    def wake_once(count: int) -> bool:
        if count == 1:
            schedule.wake()
            first.set()
        return False

    job = Counted(wake_once)
    schedule = Schedule([Job("job", AGES_S, True, job)], SystemClock())
    async with running(schedule):
        await reached(lambda: job.count == 2)
    assert first.is_set()


async def test_a_slow_job_holds_up_no_other() -> None:
    release = threading.Event()
    slow, quick = Counted(lambda count: release.wait(5) and False), Counted()
    try:
        async with running(
            Schedule([Job("slow", 1, False, slow), Job("quick", 1, False, quick)], ManualClock(is_eager=True))
        ):
            await reached(lambda: quick.count >= 5)
            assert slow.count == 1
            release.set()
    finally:
        release.set()


async def test_every_job_of_the_package_is_built_and_runs(tmp_path: Path) -> None:
    with cloud_world(tmp_path) as world:
        jobs = build_jobs(world.services)
        files = {path.stem for path in (ROOT / "cloud" / "jobs").glob("*.py")}
        assert [job.name for job in jobs] == sorted(files - {"__init__", "job", "plan", "schedule"})
        schedule = Schedule(jobs, ManualClock(is_eager=True))
        async with running(schedule):
            await reached(lambda: all(one.rounds or one.failures for one in schedule.health.values()))
        assert not {name for name, one in schedule.health.items() if one.failures}


async def test_run_jobs_runs_until_cancelled() -> None:
    job = Counted()
    task = asyncio.create_task(run_jobs([Job("job", 1, False, job)], ManualClock(is_eager=True)))
    await reached(lambda: job.count > 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
