"""Backup and restore from the command line: what was done, or why not, in the language of the settings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cloud.backup.make import back_up
from cloud.backup.refusal import BackupRefused
from cloud.backup.restore import restore
from cloud.settings import read_settings
from foundation.clock import SystemClock, from_ms
from foundation.errors import ConfigError
from foundation.texts import LANGUAGES, Language, load_texts

SettingsFile = Annotated[Path, typer.Option("--settings", help="The settings file of the cloud program.")]
Spoken = Annotated[str | None, typer.Option(help="zh-CN or en; the language of the settings if none.")]

_MEGABYTE = 1_000_000

backup_app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
restore_app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@backup_app.command()
def cloud_backup(
    settings: SettingsFile,
    to: Annotated[Path, typer.Option(help="Folder that takes the archive.")],
    lang: Spoken = None,
) -> None:
    """Copy databases, readings, keys, institution files and reports into one archive; the cloud may be running."""
    _tell(settings, lang, lambda language: _backup(settings, to, language))


@restore_app.command()
def cloud_restore(
    archive: Path,
    settings: SettingsFile,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="For a move: nobody withdrew a token since the backup.")
    ] = False,
    lang: Spoken = None,
) -> None:
    """Bring an archive back into what the settings name, which must be empty: SQLite and PostgreSQL alike."""
    _tell(settings, lang, lambda language: _restore(settings, archive, language, keep_tokens=keep_tokens))


def _backup(settings: Path, folder: Path, language: Language) -> list[str]:
    made = back_up(settings, folder, SystemClock())
    facts = {"archive": made.archive, "megabytes": made.size / _MEGABYTE, "tables": made.tables, "rows": made.rows}
    return [load_texts()("backup.made", language, **facts)]


def _restore(settings: Path, archive: Path, language: Language, *, keep_tokens: bool) -> list[str]:
    texts, done = load_texts(), restore(settings, archive, SystemClock(), keep_tokens=keep_tokens)
    made = f"{from_ms(done.made_ms):%Y-%m-%d %H:%M:%S} UTC"
    said = [texts("backup.restored", language, made=made, tables=done.tables, rows=done.rows)]
    return said if keep_tokens else [*said, texts("backup.tokens_ended", language)]


def _tell(settings: Path, asked: str | None, work: Callable[[Language], list[str]]) -> None:
    language = language_of(settings, asked)
    try:
        print(*work(language), sep="\n")
    except BackupRefused as refused:
        print(refused.sentence(language), file=sys.stderr)
        raise typer.Exit(1) from refused


def language_of(settings: Path, asked: str | None) -> Language:
    """The language that was asked for, else that of the settings; ConfigError for one that is not spoken."""
    if asked is None:
        return read_settings(settings).language
    for known in LANGUAGES:
        if asked == known:
            return known
    raise ConfigError("command line", "lang", f"{asked!r} is not one of {', '.join(LANGUAGES)}")
