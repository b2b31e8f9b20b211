"""Makes a backup of a running cloud: nothing that was committed before it began is missing from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from cloud.adapters.sql.database import open_database, revision_within
from cloud.adapters.stores import STORE_FILE
from cloud.app import REPORTS
from cloud.backup import mark
from cloud.backup.after import audit_backup
from cloud.backup.archive import PART, ArchiveWriter, new_archive
from cloud.backup.database import add_tables
from cloud.backup.embedded_copy import add_file, one_moment
from cloud.backup.home import add_home
from cloud.backup.manifest import Manifest
from cloud.backup.refusal import BackupRefused
from cloud.desks.accounts import OPERATOR
from cloud.settings import CloudSettings, read_settings
from foundation.clock import Clock, from_ms
from foundation.disk import held

_PREFIX, _LOCK = "xietong-cloud-", ".backup.lock"


@dataclass(frozen=True, slots=True)
class BackupMade:
    """The archive, its size in bytes, and how many tables and rows of the relational database are in it."""

    archive: Path
    size: int
    tables: int
    rows: int


def back_up(settings_file: Path, folder: Path, clock: Clock) -> BackupMade:
    """A new archive in `folder`, mode 0600, of everything as it is now; the cloud may be running.

    Raises BackupRefused when there is nothing to back up, ConfigError when another backup is running there.
    """
    settings = read_settings(settings_file)
    mark.refuse_unfinished(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / _LOCK, "backup"):
        for broken_off in folder.glob(f".*{PART}"):
            broken_off.unlink()
        path = folder / f"{_PREFIX}{from_ms(clock.now_ms()):%Y%m%dT%H%M%S}Z.zip"
        if path.exists():
            raise BackupRefused("exists", archive=str(path))
        engine = open_database(settings.database_url)
        try:
            manifest = _write(path, settings, settings_file, engine, clock)
            audit_backup(engine, clock.now_ms(), OPERATOR, path.name)
        finally:
            engine.dispose()
        rows = sum(one.rows for one in manifest.tables.values())
        return BackupMade(path, path.stat().st_size, len(manifest.tables), rows)


def _write(path: Path, settings: CloudSettings, settings_file: Path, engine: sa.Engine, clock: Clock) -> Manifest:
    made_ms, is_embedded = clock.now_ms(), settings.store.kind == "embedded"
    series = settings.data_dir / STORE_FILE if is_embedded else None
    with one_moment(engine, series) as (connection, reader), new_archive(path) as archive:
        revision = revision_within(connection)
        if revision is None:
            raise BackupRefused("nothing", database=engine.url.render_as_string())
        tables = add_tables(archive, connection)
        if reader is not None:
            add_file(archive, reader, path.parent)
        if not is_embedded:
            _add_points(archive, settings, connection)
        institution_files = add_home(archive, settings, settings_file, settings.data_dir / REPORTS)
        manifest = Manifest(
            schema_="xietong.backup/1",
            made_ms=made_ms,
            revision=revision,
            store="embedded" if is_embedded else "influx",
            institution_files=institution_files,
            tables=tables,
            members=archive.members,
        )
        archive.finish(manifest)
    return manifest


def _add_points(archive: ArchiveWriter, settings: CloudSettings, connection: sa.Connection) -> None:
    # A site on one machine need not load the client of a server that it does not have.
    from cloud.backup.influx_copy import add_all_points

    add_all_points(archive, settings.store, connection)
