"""Migrations over data: nothing is lost on the way up and down, and a killed one is as if it had never begun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from cloud.adapters.influx.tables import ledger
from cloud.adapters.sql.database import current_revision, migrate, reading, writing
from foundation.errors import ConfigError
from tests.support.table_content import Fingerprint, clear, fill, fingerprint
from tests.support.tree import ROOT
from tests.support.victims import killed_migrations

KILLS = 5


def revisions() -> list[str]:
    """Oldest first."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "cloud/adapters/sql/migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return [one.revision for one in scripts][::-1]


def content(engine: sa.Engine) -> Fingerprint:
    with reading(engine) as connection:
        return fingerprint(connection)


def filled(engine: sa.Engine) -> Iterator[tuple[str, Fingerprint]]:
    """A database of every revision with rows in all its tables, one after the other."""
    for seed, revision in enumerate(revisions()):
        clear(engine)
        migrate(engine, revision)
        with writing(engine) as connection:
            fill(connection, seed)
        yield revision, content(engine)


def test_every_revision_keeps_its_rows_on_the_way_up_down_and_up_again(empty_engine: sa.Engine) -> None:
    for revision, before in filled(empty_engine):
        migrate(empty_engine)
        newest = content(empty_engine)
        assert {name for name in before if name not in newest} == set()
        if revision != revisions()[-1]:
            migrate(empty_engine, revision)
        assert (current_revision(empty_engine), content(empty_engine)) == (revision, before)
        migrate(empty_engine)
        assert content(empty_engine) == newest
        with reading(empty_engine) as connection:
            assert compare_metadata(MigrationContext.configure(connection), ledger.metadata) == []


def test_way_down_that_would_lose_rows_is_refused_and_changes_nothing(empty_engine: sa.Engine) -> None:
    # What the newest one drops is entered again by whoever ingests.
    older, _, newest = revisions()[-3:]
    migrate(empty_engine)
    with writing(empty_engine) as connection:
        fill(connection, 1)
    before = content(empty_engine)
    for revision in (older, "0001", "base"):
        with pytest.raises(ConfigError, match="would be lost"):
            migrate(empty_engine, revision)
    assert (current_revision(empty_engine), content(empty_engine)) == (newest, before)


def test_database_of_a_newer_program_is_refused(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999 was made by a newer program"):
        migrate(engine)


def test_killed_migration_is_whole_and_can_be_started_again(empty_engine: sa.Engine) -> None:
    kills = killed_migrations(empty_engine.url.render_as_string(hide_password=False), seed=1, kills=KILLS)
    assert len(kills) == KILLS
    assert [one for one in kills if not (one["whole"] and one["restartable"])] == []
