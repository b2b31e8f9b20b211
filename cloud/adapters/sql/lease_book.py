"""LeaseBook in SQL, by the database's clock.

On SQLite nobody counts time: its one ingest process holds a lock file beside the database, which the system frees
when the process ends, however it ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.fence import bound_idle
from cloud.adapters.sql.ingest_tables import ingest_lease, ingest_standby
from cloud.adapters.sql.rows import advance, lock, upsert
from cloud.core.ingest_lease import Claim, ClaimRefused, Held, IngestHost, Lease, LeaseLost, shared_groups
from foundation.disk import holder

_TAKING, _FENCE = "ingest", "ingest:fence"
_EMBEDDED = "embedded"
_UNIX_EPOCH = 2_440_587.5
_MS_A_DAY = 86_400_000


class SqlLeaseBook:
    """Fits the ports LeaseBook and IngestHosts."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def hosts(self) -> list[IngestHost]:
        with reading(self.engine) as connection:
            now = _now_ms(connection)
            leases = connection.execute(sa.select(ingest_lease).order_by(ingest_lease.c.host_id)).all()
            waiting = connection.execute(sa.select(ingest_standby).where(ingest_standby.c.until_ms > now)).all()
        return [
            IngestHost(
                host_id=row.host_id,
                groups=tuple(row.groups),
                primary=row.process if self._is_alive(row, now) else None,
                since_ms=row.since_ms,
                standbys=tuple(sorted(one.process for one in waiting if one.host_id == row.host_id)),
            )
            for row in leases
        ]

    def take(self, claim: Claim, term_ms: int) -> Lease | Held:
        found = self._look(claim)
        if found is None:
            with writing(self.engine) as connection:
                bound_idle(connection)
                # One taker at a time; who waited here sees what the one before has done.
                lock(connection, _TAKING)
                found = self._alive(connection, claim)
                if found is None:
                    return self._enter(connection, claim, term_ms)
        with writing(self.engine) as connection:
            until_ms = _now_ms(connection) + 2 * term_ms
            values = {"host_id": claim.host_id, "process": claim.process, "until_ms": until_ms}
            upsert(connection, ingest_standby, {"holder": claim.holder}, values)
        return Held(found)

    def renew(self, lease: Lease, term_ms: int) -> None:
        if not _is_sqlite(self.engine):
            self._change(lease, until_ms=_now_ms_sql(self.engine) + term_ms)

    def note_state(self, lease: Lease, state_ms: int) -> None:
        self._change(lease, state_ms=state_ms)

    def leave(self, claim: Claim, lease: Lease | None) -> None:
        with writing(self.engine) as connection:
            bound_idle(connection)
            connection.execute(sa.delete(ingest_standby).where(ingest_standby.c.holder == claim.holder))
            if lease is not None:
                connection.execute(sa.update(ingest_lease).where(_is_mine(lease)).values(until_ms=0))

    def _look(self, claim: Claim) -> str | None:
        with reading(self.engine) as connection:
            return self._alive(connection, claim)

    def _alive(self, connection: sa.Connection, claim: Claim) -> str | None:
        """The process that is this host already; ClaimRefused where no order of things would let this one work."""
        now, found = _now_ms(connection), None
        for row in connection.execute(sa.select(ingest_lease)):
            if row.until_ms > now and row.holder != claim.holder:
                _compare(claim, row)
                if row.host_id == claim.host_id:
                    found = str(row.process)
        return found

    def _enter(self, connection: sa.Connection, claim: Claim, term_ms: int) -> Lease:
        now, fence = _now_ms(connection), advance(connection, _FENCE)
        known = sa.select(ingest_lease.c.state_ms).where(ingest_lease.c.host_id == claim.host_id)
        state_ms = connection.execute(known).scalar() or 0
        values = {
            "fence": fence,
            "groups": list(claim.groups),
            "holder": claim.holder,
            "process": claim.process,
            "store": claim.store,
            "key": claim.key,
            "since_ms": now,
            "until_ms": 0,
            "state_ms": state_ms,
        }
        upsert(connection, ingest_lease, {"host_id": claim.host_id}, values)
        lease = Lease(claim.host_id, fence, state_ms)
        if not _is_sqlite(connection):
            # The term begins now: the statement before has waited for what the last primary had under way.
            until_ms = _now_ms_sql(connection) + term_ms
            connection.execute(sa.update(ingest_lease).where(_is_mine(lease)).values(until_ms=until_ms))
        gone = sa.or_(ingest_standby.c.holder == claim.holder, ingest_standby.c.until_ms <= now)
        connection.execute(sa.delete(ingest_standby).where(gone))
        return lease

    def _change(self, lease: Lease, **values: Any) -> None:
        with writing(self.engine) as connection:
            bound_idle(connection)
            if not connection.execute(sa.update(ingest_lease).where(_is_mine(lease)).values(**values)).rowcount:
                raise LeaseLost(f"another process is host {lease.host_id} now")

    def _is_alive(self, row: sa.Row[Any], now_ms: int) -> bool:
        file = lock_file(self.engine)
        return bool(row.until_ms > now_ms) if file is None else holder(file) is not None


def lock_file(engine: sa.Engine) -> Path | None:
    """What the one ingest process of a SQLite database holds; None for a server."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(f"{engine.url.database}.ingest")


def _compare(claim: Claim, row: sa.Row[Any]) -> None:
    """Raise ClaimRefused where `claim` and a living process cannot both be."""
    other = f"process {row.process} (host {row.host_id})"
    if _EMBEDDED in (claim.store, row.store):
        reason = f"{other} ingests already, and with the embedded store only one process can; several need InfluxDB"
        raise ClaimRefused("store.kind", reason)
    if row.store != claim.store:
        raise ClaimRefused("store", f"{other} keeps into {row.store}, not {claim.store}: they share one ledger")
    if row.host_id != claim.host_id:
        shared = shared_groups(claim.groups, row.groups)
        if shared is None or shared:
            which = ", ".join(sorted(shared)) if shared else "all groups"
            raise ClaimRefused("ingest.groups", f"{which}: served by {other} already")
    elif set(row.groups) != set(claim.groups):
        reason = f"{other} serves {', '.join(row.groups) or 'all groups'}; other groups need a host_id of their own"
        raise ClaimRefused("ingest.groups", reason)
    elif row.key != claim.key:
        reason = f"not the key of {other}: edges would refuse every command after a change of hands"
        raise ClaimRefused("signing_key_file", reason)


def _is_mine(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(ingest_lease.c.host_id == lease.host_id, ingest_lease.c.fence == lease.fence)


def _is_sqlite(of: sa.Engine | sa.Connection) -> bool:
    return of.dialect.name == "sqlite"


def _now_ms(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(_now_ms_sql(connection))).scalar_one())


def _now_ms_sql(of: sa.Engine | sa.Connection) -> sa.ColumnElement[int]:
    """The database's clock as it is when the statement runs, not when its transaction began."""
    if _is_sqlite(of):
        days = sa.func.julianday("now") - _UNIX_EPOCH
        return sa.cast(days * _MS_A_DAY, sa.BigInteger)
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)
