"""The two ends of a copy as settings name them, held so that no ingest writes to either meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from cloud.adapters.embedded.transfer import embedded_end
from cloud.adapters.sql.database import migrate, open_database, writing
from cloud.adapters.sql.lease_book import SqlLeaseBook, lock_file
from cloud.adapters.sql.sql_ports import sql_ports
from cloud.adapters.sql.tables import event_cursor
from cloud.adapters.stores import STORE_FILE, TagsOfBirths, influx_server
from cloud.app import INGEST_LOCK
from cloud.backup.mark import refuse_unfinished
from cloud.core.store_transfer import StoreTarget, TransferRefused
from cloud.jobs.feed_boards import CONSUMER
from cloud.settings import CloudSettings
from foundation.clock import Clock
from foundation.disk import SystemDisk, held


@contextmanager
def both_held(source: CloudSettings, target: CloudSettings) -> Iterator[None]:
    """No ingest process of either is running, and none starts; ConfigError or TransferRefused when one is."""
    with ExitStack() as locks:
        files: set[Path] = set()
        for settings in (source, target):
            refuse_unfinished(settings.data_dir)
            engine = open_database(settings.database_url)
            locks.callback(engine.dispose)
            migrate(engine)
            files.add(settings.data_dir / INGEST_LOCK)
            if (file := lock_file(engine)) is not None:
                files.add(file)
            elif running := _primaries(engine):
                raise TransferRefused("running", processes=", ".join(running))
        for file in sorted(files):
            locks.enter_context(held(file, "ingest, restore or copy"))
        yield


@contextmanager
def opened(settings: CloudSettings, clock: Clock) -> Iterator[StoreTarget]:
    """The store of these settings as an end of a copy; LinkError when its server does not answer."""
    if settings.store.kind == "embedded":
        with embedded_end(settings.data_dir / STORE_FILE, SystemDisk()) as end:
            yield end
        return
    from cloud.adapters.influx.transfer import InfluxTransfer

    engine = open_database(settings.database_url)
    try:
        tags = TagsOfBirths(sql_ports(engine, clock).registry)
        yield InfluxTransfer(influx_server(settings.store, "raw"), engine, tags)
    finally:
        engine.dispose()


def feed_boards_anew(settings: CloudSettings) -> None:
    """The buckets of the boards are not copied: events are published once more, and all else with every start."""
    engine = open_database(settings.database_url)
    try:
        with writing(engine) as connection:
            connection.execute(sa.delete(event_cursor).where(event_cursor.c.consumer == CONSUMER))
    finally:
        engine.dispose()


def _primaries(engine: sa.Engine) -> list[str]:
    return [host.primary for host in SqlLeaseBook(engine).hosts() if host.primary is not None]
