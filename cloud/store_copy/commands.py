"""`xietong store copy` from the command line: what was done, or why not, in the language of the settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cloud.backup.commands import SettingsFile, Spoken, language_of
from cloud.core.store_transfer import TransferRefused
from cloud.settings import read_settings
from cloud.store_copy.copy import Copied, copy_store
from cloud.store_copy.ends import both_held, feed_boards_anew, opened
from cloud.store_copy.journal import JOURNAL, Journal, place_of
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from foundation.texts import Language, load_texts

_EVERY = 500
"""Series between two lines of progress."""

store_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@store_app.callback()
def store() -> None:
    """Stores of readings."""


@store_app.command("copy")
def store_copy(
    settings: SettingsFile,
    to: Annotated[Path, typer.Option(help="A settings file that names the store to copy into, which must be empty.")],
    lang: Spoken = None,
) -> None:
    """Copy all readings with quality, means and ledger into another store; the cloud must be stopped.

    A copy that was broken off goes on when it is run again.
    """
    language, texts = language_of(settings, lang), load_texts()
    try:
        copied = run_copy(settings, to, language)
    except TransferRefused as refused:
        print(texts(refused.code, language, **refused.facts), file=sys.stderr)
        raise typer.Exit(1) from refused
    facts = {"series": copied.series, "readings": copied.readings, "means": copied.means, "rows": copied.rows}
    print(texts("store_copy.done", language, **facts))


def run_copy(settings: Path, to: Path, language: Language) -> Copied:
    """Copy the store of one settings file into that of another one, telling on the way how far it is."""
    source, target = read_settings(settings), read_settings(to)
    if place_of(source) == place_of(target):
        raise ConfigError(to, "store", "is the store that is to be copied")

    def tell(step: str, done: int, of: int) -> None:
        if done % _EVERY == 0 or done == of:
            print(load_texts()(f"store_copy.step.{step}", language, done=done, of=of), file=sys.stderr, flush=True)

    clock = SystemClock()
    with both_held(source, target), opened(source, clock) as one, opened(target, clock) as other:
        journal = Journal(target.data_dir / JOURNAL, place_of(source), place_of(target))
        copied = copy_store(one, other, journal, tell)
        if target.store.kind != "embedded":
            feed_boards_anew(target)
    return copied
