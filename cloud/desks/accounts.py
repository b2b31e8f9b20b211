"""Local accounts: signing in with name and password, and what an administrator does with accounts."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.access import ANONYMOUS, Permission, Principal, Role, can
from cloud.core.password import check_new_password
from cloud.core.token import new_token
from cloud.desks.door import DoorServices
from cloud.services.rate_limit import visitor_of
from cloud.services.request_life import PUBLIC, SYSTEM
from foundation.errors import DomainError

SESSION_MS = 12 * 3_600_000
"""A working day: whoever signed in with a password does so again tomorrow."""

OPERATOR = "operator"
"""Whoever has the command line of the server."""

RESERVED_NAMES = frozenset({ANONYMOUS.name, OPERATOR, PUBLIC, SYSTEM})
"""By these, and by names with a colon, the trail and the steps of a request tell what no account has done."""


@dataclass(frozen=True, slots=True)
class AccountDraft:
    """What an account is to be. Without institutions it reaches the administrator's own scope."""

    name: str
    role: Role
    password: str
    department: str | None = None
    institution_ids: frozenset[str] = frozenset()


def sign_in(services: DoorServices, name: str, password: str, address: str) -> str:
    """A token for one working day, for somebody who asks from this network address.

    Raises DomainError: 401, the same for an unknown name and a wrong password; 429 after too many wrong ones from
    one address, whatever the names.
    """
    now_ms, visitor = services.clock.now_ms(), visitor_of(address)
    if not services.sign_ins.admits(visitor, now_ms):
        raise DomainError("error.too_many_requests", 429)
    token = new_token(services.rng)
    expires_ms = now_ms + SESSION_MS
    principal = services.accounts.sign_in(name, password, token, now_ms=now_ms, expires_ms=expires_ms)
    if principal is None:
        raise DomainError("error.sign_in_wrong", 401)
    services.sign_ins.forgive(visitor)
    _audit(services, principal.institution_ids, name, "account.sign_in", name)
    return token


def accounts_in_reach(services: DoorServices, principal: Principal) -> list[Principal]:
    """Accounts that share an institution with the administrator."""
    _require(principal)
    return [one for one in services.accounts.accounts() if one.institution_ids & principal.institution_ids]


def save_account(services: DoorServices, principal: Principal, draft: AccountDraft) -> Principal:
    """Enter or change an account; open sessions of it end. Raises DomainError (403, 404, 422)."""
    _require(principal)
    if draft.name == principal.name:
        raise DomainError("error.own_account", 403)
    _refuse_strangers(services, principal, draft.name)
    scope = draft.institution_ids or principal.institution_ids
    if not scope <= principal.institution_ids:
        raise DomainError("error.not_found", 404)
    account = enter_account(services, draft, scope, by=principal.name)
    services.wake()
    return account


def enter_account(services: DoorServices, draft: AccountDraft, scope: frozenset[str], *, by: str) -> Principal:
    """Enter an account whose right to exist has been decided; raises DomainError 422 for the rest of it."""
    if not draft.name.strip():
        raise DomainError("error.name_missing")
    if draft.name.strip().lower() in RESERVED_NAMES or ":" in draft.name:
        raise DomainError("error.name_reserved", name=draft.name)
    if draft.department is not None and draft.department not in {one.id for one in services.departments.all()}:
        raise DomainError("error.department_unknown", department=draft.department)
    if draft.role is Role.DEPARTMENT_HEAD and draft.department is None:
        raise DomainError("error.department_missing")
    check_new_password(draft.password, draft.name)
    account = Principal(draft.name, frozenset({draft.role}), scope, draft.department)
    _audit(services, scope, by, "account.save", draft.name, {"role": draft.role.value, "department": draft.department})
    now_ms = services.clock.now_ms()
    services.accounts.set_password(draft.name, draft.password, account, at_ms=now_ms)
    services.accounts.withdraw_all(draft.name, now_ms)
    return account


def remove_account(services: DoorServices, principal: Principal, name: str) -> Principal:
    """Take an account away with all its sessions and return it; raises DomainError (403, 404)."""
    _require(principal)
    if name == principal.name:
        raise DomainError("error.own_account", 403)
    account = next((one for one in accounts_in_reach(services, principal) if one.name == name), None)
    if account is None:
        raise DomainError("error.not_found", 404)
    _refuse_strangers(services, principal, name)
    _audit(services, principal.institution_ids, principal.name, "account.remove", name)
    services.accounts.remove_account(name, services.clock.now_ms())
    services.wake()
    return account


def _require(principal: Principal) -> None:
    if not can(principal, Permission.MANAGE_ACCOUNTS):
        raise DomainError("error.forbidden", 403)


def _refuse_strangers(services: DoorServices, principal: Principal, name: str) -> None:
    """Nobody changes an account that reaches further than he does, nor takes the name of such a token's bearer."""
    if not services.accounts.reach_of(name, services.clock.now_ms()) <= principal.institution_ids:
        raise DomainError("error.not_found", 404)


def _audit(
    services: DoorServices,
    institution_ids: frozenset[str],
    actor: str,
    action: str,
    name: str,
    detail: dict[str, object] | None = None,
) -> None:
    for institution_id in sorted(institution_ids):
        services.audit.record(
            institution_id=institution_id, actor=actor, action=action, subject=f"person:{name}", detail=detail or {}
        )
