"""Brings an archive back into an empty home, all or nothing: until it is whole nothing else may use it.

The relational database comes last and in one transaction; a mark lies in the data folder from before the first write
until after the last. A restore that was broken off is run again with the same archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from cloud.adapters.sql.database import open_database, reading, revisions, writing
from cloud.adapters.stores import STORE_FILE
from cloud.app import INGEST_LOCK, REPORTS
from cloud.backup import mark
from cloud.backup.after import catch_up
from cloud.backup.archive import Archive, open_archive
from cloud.backup.database import drop_tables, enter_tables, first_table
from cloud.backup.embedded_copy import MEMBER, place_file, remove_file
from cloud.backup.home import check_home, place_home
from cloud.backup.refusal import BackupRefused
from cloud.desks.accounts import OPERATOR
from cloud.settings import CloudSettings, read_settings
from foundation.clock import Clock, from_ms
from foundation.disk import held


@dataclass(frozen=True, slots=True)
class Restored:
    """When the backup was made, and how many tables and rows of the relational database it brought back."""

    made_ms: int
    tables: int
    rows: int


def restore(settings_file: Path, file: Path, clock: Clock, *, keep_tokens: bool = False) -> Restored:
    """Bring the archive `file` back into what the settings name, which must be empty; no cloud may be running there.

    Raises BackupRefused, with nothing changed, for a damaged archive, one of a newer program or a target that is not
    empty. Tokens end unless they are to be kept, because some may have been withdrawn since the backup.
    """
    settings = read_settings(settings_file)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with held(settings.data_dir / INGEST_LOCK, "cloud or restore"), open_archive(file) as archive:
        engine = open_database(settings.database_url)
        try:
            _check(archive, settings, engine, clock)
            _bring_back(archive, settings, engine, clock, keep_tokens=keep_tokens)
        finally:
            engine.dispose()
        tables = archive.manifest.tables.values()
        return Restored(archive.manifest.made_ms, len(tables), sum(one.rows for one in tables))


def _check(archive: Archive, settings: CloudSettings, engine: sa.Engine, clock: Clock) -> None:
    """Everything that can be known before the first write."""
    manifest, is_embedded = archive.manifest, settings.store.kind == "embedded"
    known = revisions()
    if manifest.revision not in known:
        raise BackupRefused("newer", archive=archive.name, found=manifest.revision, known=known[-1])
    if clock.now_ms() < manifest.made_ms:
        raise BackupRefused("clock", made=_moment(manifest.made_ms), now=_moment(clock.now_ms()))
    if is_embedded != (manifest.store == "embedded"):
        raise BackupRefused("other_store", found=manifest.store, wanted=settings.store.kind)
    begun = mark.begun(settings.data_dir)
    if begun is not None:
        # What lies there is that restore's own, and is written once more.
        if begun != archive.digest:
            raise BackupRefused("other_archive", mark=str(settings.data_dir / mark.MARK))
        return
    with reading(engine) as connection:
        if (table := first_table(connection)) is not None:
            raise BackupRefused("not_empty", what=f"{engine.url.render_as_string()}, {table}")
    if is_embedded and (settings.data_dir / STORE_FILE).exists():
        raise BackupRefused("not_empty", what=str(settings.data_dir / STORE_FILE))
    if not is_embedded:
        from cloud.backup.influx_copy import filled_bucket

        if (bucket := filled_bucket(settings.store)) is not None:
            raise BackupRefused("not_empty", what=bucket)
    check_home(archive, settings, settings.data_dir / REPORTS)


def _bring_back(
    archive: Archive, settings: CloudSettings, engine: sa.Engine, clock: Clock, *, keep_tokens: bool
) -> None:
    mark.begin(settings.data_dir, archive.digest)
    series = settings.data_dir / STORE_FILE
    if settings.store.kind != "embedded":
        from cloud.backup.influx_copy import write_all_points

        write_all_points(archive, settings.store)
    elif MEMBER in archive.manifest.members:
        remove_file(series)
        place_file(archive, series)
    place_home(archive, settings, settings.data_dir / REPORTS)
    with writing(engine) as connection:
        drop_tables(connection)
        enter_tables(archive, connection)
        made_ms = archive.manifest.made_ms
        catch_up(connection, clock.now_ms(), made_ms, OPERATOR, keep_tokens=keep_tokens)
    mark.end(settings.data_dir)


def _moment(ms: int) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M:%S} UTC"
