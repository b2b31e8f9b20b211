"""Accounts in SQL: tokens by their digest, local accounts with a salted scrypt digest of their password."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.rows import lock, upsert
from cloud.adapters.sql.tables import account, account_token
from cloud.core.access import Principal, Role
from cloud.core.password import fits_password, password_digest
from cloud.core.token import token_digest

MOST_WRONG, REST_MS = 5, 60_000

NOBODYS_DIGEST = password_digest("nobody")


class SqlAccounts:
    """Fits the port Accounts."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def grant(self, token: str, principal: Principal, *, at_ms: int, expires_ms: int | None = None) -> None:
        try:
            with writing(self._engine) as connection:
                _insert_token(connection, token, principal, at_ms, expires_ms)
        except sa.exc.IntegrityError as error:
            raise ValueError("this token is already granted") from error

    def set_password(self, name: str, password: str, principal: Principal, *, at_ms: int) -> None:
        values = {
            "digest": password_digest(password),
            "roles": sorted(principal.roles),
            "institution_ids": sorted(principal.institution_ids),
            "department": principal.department,
            "wrong": 0,
            "wrong_ms": 0,
            "changed_ms": at_ms,
            "removed_ms": None,
        }
        with writing(self._engine) as connection:
            upsert(connection, account, {"name": name}, values)

    def sign_in(
        self, name: str, password: str, token: str, *, now_ms: int, expires_ms: int | None = None
    ) -> Principal | None:
        row, may_try = self._attempt(name, now_ms)
        # An unknown name and a resting account cost as much time as a wrong password.
        is_right = fits_password(password, row.digest if row is not None else NOBODYS_DIGEST)
        if row is None or not may_try or not is_right:
            return None
        principal = _principal(row.name, row)
        with writing(self._engine) as connection:
            unchanged = sa.and_(_account_of(name), account.c.digest == row.digest)
            if not connection.execute(sa.update(account).where(unchanged).values(wrong=0)).rowcount:
                return None
            _insert_token(connection, token, principal, now_ms, expires_ms)
        return principal

    def reach_of(self, name: str, now_ms: int) -> frozenset[str]:
        queries = (
            sa.select(account.c.institution_ids).where(_account_of(name)),
            sa.select(account_token.c.institution_ids).where(account_token.c.principal == name, _holds(now_ms)),
        )
        with reading(self._engine) as connection:
            return frozenset(one for query in queries for ids in connection.scalars(query) for one in ids)

    def accounts(self) -> list[Principal]:
        query = sa.select(account).where(account.c.removed_ms.is_(None)).order_by(account.c.name)
        with reading(self._engine) as connection:
            return [_principal(row.name, row) for row in connection.execute(query)]

    def remove_account(self, name: str, at_ms: int) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.update(account).where(_account_of(name)).values(removed_ms=at_ms))
        self.withdraw_all(name, at_ms)

    def principal_of(self, token: str, now_ms: int) -> Principal | None:
        query = sa.select(account_token).where(account_token.c.digest == token_digest(token), _holds(now_ms))
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _principal(row.principal, row)

    def withdraw(self, token: str, at_ms: int) -> None:
        self._withdraw(account_token.c.digest == token_digest(token), at_ms)

    def withdraw_all(self, principal_name: str, at_ms: int) -> None:
        self._withdraw(account_token.c.principal == principal_name, at_ms)

    def _attempt(self, name: str, now_ms: int) -> tuple[sa.Row[Any] | None, bool]:
        """The account of a name, and whether it may be tried now."""
        # Counted before it is checked, so that attempts side by side cannot outrun the count.
        with writing(self._engine) as connection:
            lock(connection, "account")
            row = connection.execute(sa.select(account).where(_account_of(name))).one_or_none()
            may_try = row is not None and (row.wrong < MOST_WRONG or now_ms - row.wrong_ms >= REST_MS)
            if row is not None and may_try:
                counted = {"wrong": row.wrong + 1, "wrong_ms": now_ms}
                connection.execute(sa.update(account).where(_account_of(name)).values(**counted))
        return row, may_try

    def _withdraw(self, where: sa.ColumnElement[bool], at_ms: int) -> None:
        still_valid = sa.and_(where, account_token.c.withdrawn_ms.is_(None))
        with writing(self._engine) as connection:
            connection.execute(sa.update(account_token).where(still_valid).values(withdrawn_ms=at_ms))


def _account_of(name: str) -> sa.ColumnElement[bool]:
    return sa.and_(account.c.name == name, account.c.removed_ms.is_(None))


def _holds(now_ms: int) -> sa.ColumnElement[bool]:
    """Tokens that are neither expired nor withdrawn."""
    is_in_time = sa.or_(account_token.c.expires_ms.is_(None), account_token.c.expires_ms > now_ms)
    return sa.and_(account_token.c.withdrawn_ms.is_(None), is_in_time)


def _insert_token(
    connection: sa.Connection, token: str, principal: Principal, at_ms: int, expires_ms: int | None
) -> None:
    values = {
        "digest": token_digest(token),
        "principal": principal.name,
        "roles": sorted(principal.roles),
        "institution_ids": sorted(principal.institution_ids),
        "department": principal.department,
        "granted_ms": at_ms,
        "expires_ms": expires_ms,
    }
    connection.execute(sa.insert(account_token).values(**values))


def _principal(name: str, row: sa.Row[Any]) -> Principal:
    # A role that this version no longer knows permits nothing.
    roles = frozenset(Role(role) for role in row.roles if role in set(Role))
    return Principal(name, roles, frozenset(row.institution_ids), row.department)
