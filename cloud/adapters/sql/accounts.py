"""Accounts in SQL: tokens by their digest."""

from __future__ import annotations

import sqlalchemy as sa

from cloud.adapters.sql.database import reading, writing
from cloud.adapters.sql.tables import account_token
from cloud.core.access import Principal, Role
from cloud.core.token import token_digest


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

    def principal_of(self, token: str, now_ms: int) -> Principal | None:
        query = sa.select(account_token).where(
            account_token.c.digest == token_digest(token),
            account_token.c.withdrawn_ms.is_(None),
            sa.or_(account_token.c.expires_ms.is_(None), account_token.c.expires_ms > now_ms),
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        # A role that this version no longer knows permits nothing.
        roles = frozenset(Role(role) for role in row.roles if role in set(Role))
        return Principal(row.principal, roles, frozenset(row.institution_ids), row.department)

    def withdraw(self, token: str, at_ms: int) -> None:
        self._withdraw(account_token.c.digest == token_digest(token), at_ms)

    def withdraw_all(self, principal_name: str, at_ms: int) -> None:
        self._withdraw(account_token.c.principal == principal_name, at_ms)

    def _withdraw(self, where: sa.ColumnElement[bool], at_ms: int) -> None:
        still_valid = sa.and_(where, account_token.c.withdrawn_ms.is_(None))
        with writing(self._engine) as connection:
            connection.execute(sa.update(account_token).where(still_valid).values(withdrawn_ms=at_ms))
