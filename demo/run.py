"""The entry of `xietong demo`: prepares the folder, tells the story, and ends every process whatever happens."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

from demo.layout import Layout, claim
from demo.screen import Screen, language_of_environment
from demo.story import Story
from demo.summary import Summary
from demo.supervisor import ChildFailed, Supervisor
from foundation.clock import Clock, SystemClock
from foundation.errors import ConfigError, XietongError

END_FIRST = ("edge",)
"""The pollers go first, so that nothing is measured that nobody can take."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for: a folder to continue, an unattended count after `seconds`, where to write it."""

    data: Path | None = None
    seconds: float | None = None
    summary: Path | None = None


def run_demo(options: Options) -> int:
    """Run until Ctrl-C, or `seconds` from ready; returns the exit code."""
    return asyncio.run(_run(options, SystemClock()))


async def _run(options: Options, clock: Clock) -> int:
    screen = Screen(language_of_environment())
    try:
        with claim(options.data) as layout:
            return await _run_in(layout, screen, options, clock)
    except ConfigError as error:
        screen.error(str(error))
        return 2


async def _run_in(layout: Layout, screen: Screen, options: Options, clock: Clock) -> int:
    failures: list[ChildFailed] = []
    supervisor = Supervisor(clock, lambda error: _give_up(error, failures, story))
    story = asyncio.create_task(Story(layout, screen, supervisor, clock).tell(options.seconds), name="story")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, story.cancel)
    try:
        return _conclude(screen, await story, options.summary)
    except asyncio.CancelledError:
        return _cut_short(screen, failures, is_unattended=options.seconds is not None)
    except XietongError as error:
        screen.error(str(error))
        return 1
    finally:
        screen.note("demo.stopping")
        await supervisor.end(END_FIRST)
        screen.restarts(supervisor.restarts())
        screen.note("demo.stopped")


def _give_up(error: ChildFailed, failures: list[ChildFailed], story: asyncio.Task[Summary | None]) -> None:
    failures.append(error)
    story.cancel()


def _conclude(screen: Screen, summary: Summary | None, file: Path | None) -> int:
    if summary is None:
        return 0
    screen.summary(summary)
    if file is not None:
        summary.write(file)
    return 0 if summary.is_balanced else 1


def _cut_short(screen: Screen, failures: list[ChildFailed], *, is_unattended: bool) -> int:
    """Ctrl-C is the proper end of an attended demo, and too early for an unattended one."""
    for failure in failures:
        screen.error(str(failure))
    if is_unattended and not failures:
        screen.error(screen.say("demo.error.interrupted"))
    return 1 if failures or is_unattended else 0
