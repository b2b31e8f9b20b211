"""The migrations and the tables are the same schema, and every business row says whose it is."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cloud.adapters.influx.tables import ledger
from cloud.adapters.sql.database import current_revision, migrate, open_database, reading, writing
from cloud.adapters.sql.institution_tables import institution
from cloud.adapters.sql.tables import METADATA, WITHOUT_INSTITUTION, setting
from foundation.errors import LinkError
from tests.support.tree import ROOT


def test_migrated_schema_is_exactly_the_metadata(engine: sa.Engine) -> None:
    assert {institution.metadata, ledger.metadata} == {METADATA}
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_migrations_go_up_down_and_up_again(empty_engine: sa.Engine) -> None:
    migrate(empty_engine)
    head = current_revision(empty_engine)
    migrate(empty_engine, "base")
    assert set(sa.inspect(empty_engine).get_table_names()) <= {"alembic_version"}
    assert current_revision(empty_engine) is None
    migrate(empty_engine)
    assert current_revision(empty_engine) == head


def test_migrating_twice_changes_nothing(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        connection.execute(sa.insert(setting).values(institution_id="a", name="b", value=1))
    migrate(engine)
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(setting)).scalar() == 1


def test_several_programs_may_migrate_at_the_same_time(empty_engine: sa.Engine) -> None:
    url = empty_engine.url.render_as_string(hide_password=False)
    code = "import sys; from cloud.adapters.sql.database import *; migrate(open_database(sys.argv[1]))"
    programs = [subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT) for _ in range(3)]
    assert [program.wait(timeout=60) for program in programs] == [0, 0, 0]
    assert current_revision(empty_engine) is not None


def test_threads_of_one_program_may_migrate_at_the_same_time(empty_engine: sa.Engine) -> None:
    with ThreadPoolExecutor(3) as threads:
        for done in [threads.submit(migrate, empty_engine) for _ in range(3)]:
            done.result(timeout=60)
    assert current_revision(empty_engine) is not None


def test_every_business_table_carries_the_institution() -> None:
    without = {table.name for table in METADATA.tables.values() if "institution_id" not in table.c}
    assert without == WITHOUT_INSTITUTION


def test_sqlite_commits_survive_a_power_cut(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new' / 'cloud.db'}")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert (connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0) >= 10_000
    engine.dispose()


def test_failed_transaction_leaves_nothing(engine: sa.Engine) -> None:
    row = sa.insert(setting).values(institution_id="a", name="b", value=1)
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as connection:
        [connection.execute(row) for _ in range(2)]
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(setting)).scalar() == 0


def test_database_that_cannot_be_opened_is_a_link_error(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}")
    with pytest.raises(LinkError), reading(engine):
        pass


def test_database_that_another_program_holds_is_a_link_error_and_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "cloud.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    engine.dispose()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LinkError), writing(engine):
        pass
    holder.close()
    engine.dispose()


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_value_that_is_not_json_is_refused_by_every_engine(engine: sa.Engine, value: object) -> None:
    with pytest.raises(ValueError, match="JSON"), writing(engine) as connection:
        connection.execute(sa.insert(setting).values(institution_id="a", name="b", value=value))
