"""One primary per host id: the lease by the database's clock, the fence under every write, claims that contradict."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.adapters.sql.database import migrate, reading, writing
from cloud.adapters.sql.fence import IDLE_WITHIN_MS, fenced
from cloud.adapters.sql.ingest_tables import ingest_lease
from cloud.adapters.sql.lease_book import SqlLeaseBook, lock_file
from cloud.adapters.sql.setting_book import SqlSettingBook
from cloud.core.ingest_lease import Claim, ClaimRefused, Held, Lease, LeaseLost, unserved
from foundation.disk import held
from foundation.errors import LinkError
from tests.support.sql_database import empty_schema, empty_sqlite
from tests.support.waiting import until

pytestmark = pytest.mark.server

TERM_MS = 60_000
A = Claim("xietong", (), "token-a", "a:1", "influx1/iot", "ed25519:k")
B = replace(A, holder="token-b", process="b:1")
SOUTH = replace(A, host_id="south", groups=("east", "south"), holder="token-s", process="s:1")


@pytest.fixture
def server(postgres_url: str) -> Iterator[sa.Engine]:
    with empty_schema(postgres_url) as engine:
        migrate(engine)
        yield engine


@pytest.fixture
def book(server: sa.Engine) -> SqlLeaseBook:
    return SqlLeaseBook(server)


def taken(book: SqlLeaseBook, claim: Claim) -> Lease:
    found = book.take(claim, TERM_MS)
    assert isinstance(found, Lease)
    return found


def expire(engine: sa.Engine) -> None:
    """As if a term had passed without a renewal."""
    with writing(engine) as connection:
        connection.execute(sa.update(ingest_lease).values(until_ms=1))


def test_one_has_the_lease_the_other_stands_by_and_takes_over_at_its_end(server: sa.Engine, book: SqlLeaseBook) -> None:
    lease = taken(book, A)
    assert book.take(B, TERM_MS) == Held("a:1")
    [host] = book.hosts()
    assert (host.primary, host.standbys, host.groups) == ("a:1", ("b:1",), ())
    book.note_state(lease, 17)
    expire(server)
    assert [one.primary for one in book.hosts()] == [None]
    after = taken(book, B)
    assert after.fence > lease.fence
    assert after.state_ms == 17
    [host] = book.hosts()
    assert (host.primary, host.standbys) == ("b:1", ())
    for late in (lambda: book.renew(lease, TERM_MS), lambda: book.note_state(lease, 99)):
        with pytest.raises(LeaseLost):
            late()
    book.leave(A, lease)
    book.renew(after, TERM_MS)
    assert [one.primary for one in book.hosts()] == ["b:1"]


def test_a_lease_that_is_left_is_free_at_once(book: SqlLeaseBook) -> None:
    book.leave(A, taken(book, A))
    assert isinstance(book.take(B, TERM_MS), Lease)


def test_of_many_that_ask_at_once_one_gets_it(server: sa.Engine) -> None:
    claims = [replace(A, holder=f"token-{n}", process=f"p:{n}") for n in range(8)]
    found: list[Lease | Held] = []
    asking = [
        threading.Thread(target=lambda one=one: found.append(SqlLeaseBook(server).take(one, TERM_MS))) for one in claims
    ]
    [one.start() for one in asking]
    [one.join() for one in asking]
    assert len(found) == len(claims)
    assert sum(isinstance(one, Lease) for one in found) == 1


def test_who_lost_the_lease_writes_nothing_more(engine: sa.Engine) -> None:
    book = SqlLeaseBook(engine)
    old = SqlSettingBook(fenced(engine, taken(book, A)))
    old.write("", "x", 1)
    expire(engine)
    new = SqlSettingBook(fenced(engine, taken(book, B)))
    with pytest.raises(LeaseLost):
        old.write("", "x", 2)
    new.write("", "x", 3)
    assert old.read("", "x") == 3


async def test_who_takes_over_waits_for_the_write_that_is_under_way(server: sa.Engine, book: SqlLeaseBook) -> None:
    engine = fenced(server, taken(book, A))
    expire(server)
    found: list[Lease | Held] = []
    taker = threading.Thread(target=lambda: found.append(book.take(B, TERM_MS)))
    with writing(engine) as connection:
        connection.execute(sa.text("CREATE TABLE late (n int)"))
        taker.start()
        await until(lambda: waiting(server) == 1, what="the taker waits")
        assert found == []
    taker.join()
    assert isinstance(found[0], Lease)
    with pytest.raises(LeaseLost), writing(engine):
        pass


async def test_a_transaction_that_froze_is_ended_and_its_write_is_gone(
    server: sa.Engine, book: SqlLeaseBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.adapters.sql.fence.IDLE_WITHIN_MS", 300)
    assert IDLE_WITHIN_MS > 300
    engine = fenced(server, taken(book, A))
    expire(server)

    def freeze_and_go_on() -> None:
        with writing(engine) as frozen:
            frozen.execute(sa.text("CREATE TABLE late (n int)"))
            assert isinstance(book.take(B, TERM_MS), Lease)
            frozen.execute(sa.text("INSERT INTO late VALUES (1)"))

    with pytest.raises(LinkError):
        freeze_and_go_on()
    assert "late" not in sa.inspect(server).get_table_names()


def waiting(server: sa.Engine) -> int:
    """Transactions that wait for a lock in this test's schema."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%ingest_lease%'"
    with reading(server) as connection:
        return int(connection.execute(sa.text(query)).scalar_one())


@pytest.mark.parametrize(
    ("claim", "key", "reason"),
    [
        (SOUTH, "ingest.groups", "east, south: served by process a:1"),
        (replace(SOUTH, groups=()), "ingest.groups", "all groups: served by process a:1"),
        (replace(B, groups=("east",)), "ingest.groups", "serves all groups; other groups need a host_id"),
        (replace(B, store="influx1/other"), "store", "keeps into influx1/iot"),
        (replace(B, store="embedded"), "store.kind", "only one process"),
        (replace(B, key="ed25519:other"), "signing_key_file", "refuse every command"),
    ],
)
def test_a_claim_that_contradicts_a_living_one_is_refused(
    server: sa.Engine, book: SqlLeaseBook, claim: Claim, key: str, reason: str
) -> None:
    taken(book, A)
    with pytest.raises(ClaimRefused, match=reason) as refused:
        book.take(claim, TERM_MS)
    assert refused.value.key == key
    expire(server)
    assert isinstance(book.take(claim, TERM_MS), Lease)


def test_groups_are_split_among_hosts_and_none_serves_the_rest(book: SqlLeaseBook) -> None:
    taken(book, SOUTH)
    taken(book, replace(A, host_id="north", groups=("north",)))
    assert unserved(["north", "south", "west"], book.hosts()) == ["west"]


def test_on_sqlite_the_lock_file_says_who_is_alive(tmp_path: Path) -> None:
    with empty_sqlite(tmp_path) as engine:
        migrate(engine)
        file, book = lock_file(engine), SqlLeaseBook(engine)
        assert file is not None
        with held(file, "ingest"):
            taken(book, A)
            book.renew(taken(book, B), TERM_MS)
            assert [one.primary for one in book.hosts()] == ["b:1"]
        assert [one.primary for one in book.hosts()] == [None]
