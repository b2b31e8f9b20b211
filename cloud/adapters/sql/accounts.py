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
        values = {
            "digest": token_digest(token),
            "principal": principal.name,
            "roles": sorted(principal.roles),
            "institution_ids": sorted(principal.institution_ids),
            "department": principal.department,
            "granted_ms": at_ms,
            "expires_ms": expires_ms,
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(account_token).values(**values))
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

    def check_password(self, name: str, password: str, now_ms: int) -> Principal | None:
        # The attempt is counted before it is checked, so that attempts side by side cannot outrun the count.
        with writing(self._engine) as connection:
            lock(connection, "account")
            mine = sa.and_(account.c.name == name, account.c.removed_ms.is_(None))
            row = connection.execute(sa.select(account).where(mine)).one_or_none()
            if row is not None and (row.wrong < MOST_WRONG or now_ms - row.wrong_ms >= REST_MS):
                connection.execute(sa.update(account).where(mine).values(wrong=row.wrong + 1, wrong_ms=now_ms))
            elif row is not None:
                return None
        # An unknown name costs as much time as a wrong password.
        if not fits_password(password, row.digest if row else NOBODYS_DIGEST) or row is None:
            return None
        with writing(self._engine) as connection:
            connection.execute(sa.update(account).where(mine).values(wrong=0))
        return _principal(row.name, row)

    def accounts(self) -> list[Principal]:
        query = sa.select(account).where(account.c.removed_ms.is_(None)).order_by(account.c.name)
        with reading(self._engine) as connection:
            return [_principal(row.name, row) for row in connection.execute(query)]

    def remove_account(self, name: str, at_ms: int) -> None:
        with writing(self._engine) as connection:
            mine = sa.and_(account.c.name == name, account.c.removed_ms.is_(None))
            connection.execute(sa.update(account).where(mine).values(removed_ms=at_ms))
        self.withdraw_all(name, at_ms)

    def principal_of(self, token: str, now_ms: int) -> Principal | None:
        query = sa.select(account_token).where(
            account_token.c.digest == token_digest(token),
            account_token.c.withdrawn_ms.is_(None),
            sa.or_(account_token.c.expires_ms.is_(None), account_token.c.expires_ms > now_ms),
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _principal(row.principal, row)

    def withdraw(self, token: str, at_ms: int) -> None:
        self._withdraw(account_token.c.digest == token_digest(token), at_ms)

    def withdraw_all(self, principal_name: str, at_ms: int) -> None:
        self._withdraw(account_token.c.principal == principal_name, at_ms)

    def _withdraw(self, where: sa.ColumnElement[bool], at_ms: int) -> None:
        still_valid = sa.and_(where, account_token.c.withdrawn_ms.is_(None))
        with writing(self._engine) as connection:
            connection.execute(sa.update(account_token).where(still_valid).values(withdrawn_ms=at_ms))


def _principal(name: str, row: sa.Row[Any]) -> Principal:
    # A role that this version no longer knows permits nothing.
    roles = frozenset(Role(role) for role in row.roles if role in set(Role))
    return Principal(name, roles, frozenset(row.institution_ids), row.department)
