"""Backup and restore, on SQLite with the embedded store and on PostgreSQL with InfluxDB: nothing is missing."""

from __future__ import annotations

import io
import json
import struct
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import migrate, reading, snapshot, writing
from cloud.adapters.sql.tables import audit_trail
from cloud.app import Cloud
from cloud.backup.archive import MANIFEST, new_archive, open_archive
from cloud.backup.database import add_tables, enter_tables
from cloud.backup.gaps import ledger_gaps
from cloud.backup.make import back_up
from cloud.backup.manifest import Manifest
from cloud.backup.refusal import BackupRefused
from cloud.backup.restore import restore
from cloud.core.command_record import CommandRequest, CommandState
from foundation.clock import SystemClock
from foundation.errors import ConfigError
from tests.support.cloud_home import (
    DEVICE,
    GROUP,
    KEY,
    NODE,
    OFFICE,
    READINGS,
    STREAM,
    T0,
    CloudHome,
    lay_ground,
    loaded,
    take,
)
from tests.support.influx import running_influxdb
from tests.support.servers import require
from tests.support.sql_database import empty_schema, empty_sqlite
from tests.support.table_content import fill, fingerprint

CLOCK = SystemClock()
NewHome = Callable[[], CloudHome]
EARLIER = 40
BARE = {"whole": "1", "share": "0.30000000000000004", "big": str(2**60), "null": "null", "text": '"1.0"'}
"""JSON that is no object."""


@pytest.fixture(scope="session")
def influx_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_influxdb(require("influxdb"), tmp_path_factory.mktemp("influxdb")) as url:
        yield url


@pytest.fixture(params=["files", "servers"])
def new_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewHome]:
    """Makes empty homes, each with databases of its own."""
    with ExitStack() as opened:

        def make() -> CloudHome:
            home = made()
            opened.callback(home.close)
            return home

        def made() -> CloudHome:
            folder = tmp_path / uuid.uuid4().hex
            if request.param == "files":
                return CloudHome(folder)
            engine = opened.enter_context(empty_schema(request.getfixturevalue("postgres_url")))
            url = engine.url.render_as_string(hide_password=False)
            store = {"kind": "influx1", "url": request.getfixturevalue("influx_url"), "bucket": f"b{folder.name}"}
            return CloudHome(folder, database=url, store=store)

        yield make


def spools(cloud: Cloud) -> list[tuple[int, int]]:
    return list(cloud.store.position(STREAM))


def events(cloud: Cloud) -> set[str]:
    return {one.event.event_id for one in cloud.sql.event_log.after(0, limit=100_000)}


def test_what_was_committed_before_a_backup_under_load_comes_back_whole(new_home: NewHome, tmp_path: Path) -> None:
    home = new_home()
    cloud = home.open()
    lay_ground(cloud)
    for spool in range(1, EARLIER):
        take(cloud, spool)
    with loaded(cloud, EARLIER) as load:
        load.wait_for(EARLIER + 5)
        before, audit = load.committed, cloud.sql.audit.recent([OFFICE])
        made = back_up(home.settings, tmp_path / "copies", CLOCK)
        load.wait_for(before + 5)
    target = new_home()
    restore(target.settings, made.archive, CLOCK)
    restored = target.open()
    [(first, last)] = spools(restored)
    assert first == 1
    assert before <= last <= load.committed
    # Conservation: every booked row has its event and its readings, and no reading stands beside the ledger.
    counts = restored.store.counts()
    assert (counts.stored, counts.duplicates, counts.rows) == (last * READINGS, 0, last)
    assert {f"event-{spool}" for spool in range(1, last + 1)} <= events(restored)
    samples = restored.store.series(KEY, T0, T0 + 10_000_000)
    assert [(one.measured_ms, one.value) for one in samples] == [
        (T0 + spool * 1_000, spool * 10) for spool in range(1, last + 1)
    ]
    assert restored.store.last(GROUP)[KEY].value == last * 10
    assert restored.sql.audit.recent([OFFICE])[1:] == audit
    # What comes again is known, what is new goes on.
    take(restored, last)
    take(restored, last + 1)
    assert spools(restored) == [(1, last + 1)]
    assert restored.store.counts().stored == (last + 1) * READINGS
    assert target.data_dir.joinpath("reports", "report.zip").read_bytes() == b"sealed"
    for key in ("command-key.pem", "sealing-key.pem", "storage-secret"):
        kept, found = home.data_dir / key, target.data_dir / key
        assert found.exists() == kept.exists()
        if kept.exists():
            assert (found.read_bytes(), found.stat().st_mode & 0o777) == (kept.read_bytes(), 0o600)
    assert made.archive.stat().st_mode & 0o777 == 0o600


def archived(source: sa.Engine, target: sa.Engine, path: Path) -> None:
    """Carry all tables from one database into an empty one, through an archive."""
    with snapshot(source) as connection:
        revision = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        with new_archive(path) as archive:
            tables = add_tables(archive, connection)
            archive.finish(
                Manifest(
                    schema_="xietong.backup/1",
                    made_ms=0,
                    revision=revision,
                    store="embedded",
                    institution_files=(),
                    tables=tables,
                    members=archive.members,
                )
            )
    with open_archive(path) as archive, writing(target) as connection:
        enter_tables(archive, connection)


@pytest.mark.parametrize("way", ["sqlite to postgresql", "postgresql to sqlite"])
@pytest.mark.parametrize("revision", ["0003", "head"])
def test_tables_are_the_same_on_the_other_engine(way: str, revision: str, postgres_url: str, tmp_path: Path) -> None:
    with empty_sqlite(tmp_path) as files, empty_schema(postgres_url) as server:
        source, target = (files, server) if way.startswith("sqlite") else (server, files)
        migrate(source, revision)
        with writing(source) as connection:
            fill(connection, 7)
            for name, value in {
                "whole": "1",
                "share": "0.30000000000000004",
                "big": str(2**60),
                "null": "null",
            }.items():
                text = "INSERT INTO setting (institution_id, name, value) VALUES ('', :name, :value)"
                typed = text if source is files else text.replace(":value", "CAST(:value AS JSON)")
                connection.execute(sa.text(typed), {"name": name, "value": value})
        archived(source, target, tmp_path / "tables.zip")
        migrate(source)
        with reading(source) as one, reading(target) as other:
            assert fingerprint(one) == fingerprint(other)


def test_rows_are_numbered_on_after_a_restore(postgres_url: str, tmp_path: Path) -> None:
    with empty_sqlite(tmp_path) as files, empty_schema(postgres_url) as server:
        migrate(files)
        with writing(files) as connection:
            fill(connection, 1)
        archived(files, server, tmp_path / "tables.zip")
        with writing(server) as connection:
            values = {"institution_id": "a", "actor": "a", "action": "a", "subject": "a", "detail": {}, "at_ms": 1}
            connection.execute(sa.insert(audit_trail).values(values))
            assert connection.execute(sa.text("SELECT max(row_id) FROM audit_trail")).scalar() == 7


@pytest.fixture
def backed_up(tmp_path: Path) -> tuple[CloudHome, Path]:
    """A home with 20 rows, and its archive."""
    home = CloudHome(tmp_path / "home")
    cloud = home.open()
    lay_ground(cloud)
    for spool in range(1, 21):
        take(cloud, spool)
    return home, back_up(home.settings, tmp_path / "copies", CLOCK).archive


def refused(target: CloudHome, archive: Path) -> BackupRefused:
    """Why a restore is refused; nothing may have been changed by it."""
    with pytest.raises(BackupRefused) as told:
        restore(target.settings, archive, CLOCK)
    for language in ("zh-CN", "en"):
        assert "?" not in told.value.sentence(language)
    return told.value


def middles(archive: Path) -> Iterator[tuple[str, int]]:
    """Every member, and where the middle of its packed content lies in the file."""
    content = archive.read_bytes()
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            lengths = struct.unpack_from("<HH", content, info.header_offset + 26)
            yield info.filename, info.header_offset + 30 + sum(lengths) + info.compress_size // 2


def without(archive: Path, member: str) -> bytes:
    """The archive with other content under the name of a member."""
    content = io.BytesIO()
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(content, "w") as changed:
        for name in whole.namelist():
            changed.writestr(name, whole.read(name) if name != member else whole.read(name)[:-1] + b"?")
    return content.getvalue()


def test_damaged_archive_is_refused_by_name_and_changes_nothing(
    backed_up: tuple[CloudHome, Path], tmp_path: Path
) -> None:
    _, archive = backed_up
    whole, bad = archive.read_bytes(), tmp_path / "bad.zip"
    for name, place in middles(archive):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(BackupRefused) as told, open_archive(bad):
            pass
        assert told.value.facts.get("member", name) == name
    with open_archive(archive) as read:
        manifest = read.manifest
    for member in ("series/series.db", "tables/event_log.jsonl", "keys/sealing-key.pem"):
        bad.write_bytes(without(archive, member))
        told = refused(CloudHome(tmp_path / member.replace("/", "-")), bad)
        assert (told.code, told.facts["member"], member in manifest.members) == ("backup.refused.damaged", member, True)
        assert not (tmp_path / member.replace("/", "-") / "cloud" / "series.db").exists()
    for cut in (0, 10, len(whole) // 2, len(whole) - 30):
        bad.write_bytes(whole[:cut])
        assert refused(CloudHome(tmp_path / f"cut-{cut}"), bad).code == "backup.refused.no_archive"


def test_target_that_is_not_empty_is_refused(backed_up: tuple[CloudHome, Path], tmp_path: Path) -> None:
    home, archive = backed_up
    assert "cloud.db" in str(refused(home, archive).facts["what"])
    for place in ("series.db", "reports/other.zip", "sealing-key.pem"):
        target = CloudHome(tmp_path / place.replace("/", "-"))
        path = target.data_dir / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"something")
        told = refused(target, archive)
        assert (told.code, place.split("/")[0] in str(told.facts["what"])) == ("backup.refused.not_empty", True)
        assert path.read_bytes() == b"something"


def test_command_counters_and_commands_are_brought_into_the_present(
    backed_up: tuple[CloudHome, Path], tmp_path: Path
) -> None:
    home, _ = backed_up
    cloud = home.open()
    now_ms = CLOCK.now_ms()
    used = [cloud.sql.commands.next_counter("xietong") for _ in range(5)]
    for name, state in (("waits", CommandState.PROPOSED), ("leaves", CommandState.APPROVED)):
        request = CommandRequest(name, OFFICE, GROUP, NODE, DEVICE, "Switch", 1.0, 10, 600, 600, "test", "officer")
        cloud.sql.commands.propose(request, state, now_ms)
    archive = back_up(home.settings, tmp_path / "later", CLOCK).archive
    used += [cloud.sql.commands.next_counter("xietong") for _ in range(1_000)]
    target = CloudHome(tmp_path / "target")
    restore(target.settings, archive, CLOCK)
    restored = target.open()
    assert restored.sql.commands.next_counter("xietong") > max(used)
    # Sent twice is worse than not known: an edge may have obeyed it after the backup.
    assert restored.sql.commands.approved(CLOCK.now_ms()) == []
    states = {one.request.command_id: one.state for one in restored.sql.commands.recent([OFFICE])}
    assert states == {"waits": CommandState.PROPOSED, "leaves": CommandState.UNKNOWN}
    assert restored.sql.audit.recent([OFFICE])[0].action == "backup.restore"


def test_tokens_end_with_a_restore_unless_nobody_can_have_withdrawn_one(
    backed_up: tuple[CloudHome, Path], tmp_path: Path
) -> None:
    from cloud.accounts import grant_token

    home, _ = backed_up
    token = grant_token(home.settings, "officer", "energy_officer", (), 1)
    archive = back_up(home.settings, tmp_path / "later", CLOCK).archive
    for keep in (False, True):
        target = CloudHome(tmp_path / f"target-{keep}")
        restore(target.settings, archive, CLOCK, keep_tokens=keep)
        found = target.open().sql.accounts.principal_of(token, CLOCK.now_ms())
        assert (found is not None) == keep


def test_rows_acknowledged_after_the_backup_are_seen_as_gaps(backed_up: tuple[CloudHome, Path], tmp_path: Path) -> None:
    _, archive = backed_up
    target = CloudHome(tmp_path / "target")
    restore(target.settings, archive, CLOCK)
    restored = target.open()
    assert ledger_gaps(restored.store) == []
    take(restored, 26)
    [gap] = ledger_gaps(restored.store)
    assert (gap.stream, gap.source, gap.rows.text()) == (STREAM, GROUP, "21-25")


def test_home_whose_restore_is_unfinished_cannot_be_used(backed_up: tuple[CloudHome, Path], tmp_path: Path) -> None:
    home, archive = backed_up
    (home.data_dir / "restore.unfinished").write_text("0" * 64)
    for use in (home.open, lambda: back_up(home.settings, tmp_path / "none", CLOCK)):
        with pytest.raises(ConfigError, match="not finished"):
            use()
    assert refused(home, archive).code == "backup.refused.other_archive"


def rewritten(archive: Path, to: Path, **changes: object) -> Path:
    """The archive with another manifest."""
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(to, "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            changed.writestr(name, json.dumps(json.loads(content) | changes) if name == MANIFEST else content)
    return to


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schema": "xietong.backup/2"}, "newer"),
        ({"revision": "9999"}, "newer"),
        ({"schema": "something"}, "damaged"),
        ({"members": {}}, "damaged"),
        ({"store": "influx"}, "other_store"),
        ({"made_ms": 4_000_000_000_000}, "clock"),
        ({"institution_files": []}, "institution_files"),
    ],
)
def test_archive_that_cannot_be_brought_back_here_is_refused(
    backed_up: tuple[CloudHome, Path], tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    _, archive = backed_up
    target = CloudHome(tmp_path / "target")
    told = refused(target, rewritten(archive, tmp_path / "changed.zip", **changes))
    assert told.code == f"backup.refused.{code}"
    assert not (target.data_dir / "series.db").exists()
