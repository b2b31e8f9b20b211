"""What the demo shows on the terminal: steps done, one progress bar at a time, where to look."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo.summary import Summary
from foundation.texts import Language, Texts, load_texts

LOOK = (
    "demo.look.breach",
    "demo.look.threshold",
    "demo.look.risks",
    "demo.look.requests",
    "demo.look.reports",
    "demo.look.evaluation",
)

EQUATION = ("acquired", "stored", "pending", "dropped", "quarantined")


def language_of_environment(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of the user's terminal, by the POSIX variables in their order."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh-CN" if locale.startswith("zh") else "en"


class Bar:
    """One progress bar: what is done of what there is in all; with None for all it only moves."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._task = progress.add_task(escape(label), total=None)

    def show(self, done: int, total: int | None) -> None:
        self._progress.update(self._task, completed=done if total is None else min(done, total), total=total)

    def remove(self) -> None:
        self._progress.remove_task(self._task)


Bars = Callable[[str], Bar]
"""Adds a progress bar; its label is the text of that key."""


class Screen:
    """Sentences in the user's language; the terminal may be a file or a pipe."""

    def __init__(self, language: Language, console: Console | None = None, texts: Texts | None = None) -> None:
        self.language = language
        self._texts = texts or load_texts()
        self._console = console or Console(highlight=False)

    def say(self, key: str, **values: object) -> str:
        return self._texts(key, self.language, **values)

    def _line(self, text: str) -> None:
        # The terminal breaks long lines, so that addresses and paths can be copied whole.
        self._console.print(text, soft_wrap=True)

    def title(self) -> None:
        self._line(f"\n[bold]{escape(self.say('demo.title'))}[/bold]")

    def done(self, key: str, **values: object) -> None:
        """A step is done."""
        self._line(f"  [green]✓[/green] {escape(self.say(key, **values))}")

    def note(self, key: str, **values: object) -> None:
        self._line(f"  {escape(self.say(key, **values))}")

    def error(self, text: str) -> None:
        self._line(f"[red]{escape(text)}[/red]")

    @contextmanager
    def bars(self) -> Iterator[Bars]:
        """Gives a function that adds a progress bar; all of them are gone after the block."""
        columns = (TextColumn("    {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        # Without a terminal a bar that moves would be a column of lines.
        is_terminal = self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=not is_terminal) as progress:
            yield lambda key: Bar(progress, self.say(key))

    def welcome(self, address: str, folder: str) -> None:
        """Where to go and what to look at."""
        self._line(f"\n  {escape(self.say('demo.open'))}: [bold cyan]{escape(address)}[/bold cyan]\n")
        self._line(f"  [bold]{escape(self.say('demo.look.title'))}[/bold]")
        for key in LOOK:
            self._line(f"   • {escape(self.say(key))}")
        self._line(f"  {escape(self.say('demo.look.honest'))}")
        self._line(f"  {escape(self.say('demo.files', folder=folder))}")
        self._line(f"  {escape(self.say('demo.stop'))}\n")

    def accounts(self, address: str, names: str, password: str) -> None:
        """How to look through other people's eyes."""
        self._line(
            f"  {escape(self.say('demo.accounts', address=f'{address}/sign-in', names=names, password=password))}"
        )
        self._line(f"  {escape(self.say('demo.public', address=f'{address}/public'))}\n")

    def summary(self, summary: Summary) -> None:
        """The equation in words."""
        figures = {name: getattr(summary, name) for name in EQUATION}
        if summary.is_balanced:
            self.done("demo.summary.balanced", **figures)
        else:
            self.error(self.say("demo.summary.unbalanced", **figures))

    def restarts(self, restarts: Mapping[str, int]) -> None:
        """Children that died and came back."""
        for name, times in restarts.items():
            if times:
                self.note("demo.restarted", name=name, times=times)
