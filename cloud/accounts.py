"""Accounts and tokens from the command line; every change leaves a row in the audit trail of each institution."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cloud.app import Cloud, open_cloud
from cloud.core.access import Principal, Role
from cloud.core.token import new_token
from cloud.desks.accounts import OPERATOR, AccountDraft, enter_account
from foundation.errors import ConfigError, DomainError
from foundation.settings import FrozenModel, read_model
from foundation.texts import load_texts

DAY_MS = 86_400_000

PASSWORD_BYTES = 12

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f/]{1,80}$")]


class AccountEntry(FrozenModel):
    """One person; without a password one is made, without institutions the account reaches all that are entered."""

    name: Name
    role: Role
    department: str | None = None
    institutions: tuple[str, ...] = ()
    password: str | None = None


class AccountsFile(FrozenModel):
    """The file with which an office begins."""

    schema_: Literal["xietong.accounts/1"] = Field(alias="schema")
    accounts: tuple[AccountEntry, ...] = Field(min_length=1)


def enter_accounts(settings_file: Path, accounts_file: Path) -> dict[str, str]:
    """Enter every account of the file; gives the password of each, made ones included, to be handed out once."""
    entries = read_model(AccountsFile, accounts_file).accounts
    cloud = open_cloud(settings_file)
    services, entered = cloud.door_services(), _entered(cloud)
    passwords: dict[str, str] = {}
    for place, entry in enumerate(entries):
        unknown = set(entry.institutions) - set(entered)
        if unknown:
            raise ConfigError(accounts_file, f"accounts.{place}.institutions", f"{min(unknown)!r} is not entered")
        password = entry.password or cloud.rng.token(PASSWORD_BYTES).hex()
        draft = AccountDraft(entry.name, entry.role, password, entry.department)
        try:
            enter_account(services, draft, frozenset(entry.institutions or entered), by=OPERATOR)
        except DomainError as error:
            reason = load_texts()(error.code, "en", **error.facts)
            raise ConfigError(accounts_file, f"accounts.{place}", reason) from error
        passwords[entry.name] = password
    return passwords


def grant_token(settings_file: Path, name: str, role: str, institutions: tuple[str, ...], days: float) -> str:
    """A new token for a person of this role, good for `days`; without institutions it reaches all that are entered."""
    cloud = open_cloud(settings_file)
    try:
        known_role = Role(role)
    except ValueError:
        raise ConfigError("command line", "role", f"{role!r} is not one of {', '.join(Role)}") from None
    if days <= 0:
        raise ConfigError("command line", "days", f"{days:g} is not a time to come")
    entered = _entered(cloud)
    unknown = set(institutions) - set(entered)
    if unknown:
        raise ConfigError("command line", "institution", f"{min(unknown)!r} is not entered")
    token, now = new_token(cloud.rng), cloud.clock.now_ms()
    reach = institutions or entered
    principal = Principal(name, frozenset({known_role}), frozenset(reach))
    _audit(cloud, reach, "token.grant", name, {"role": role, "days": days})
    cloud.sql.accounts.grant(token, principal, at_ms=now, expires_ms=now + round(days * DAY_MS))
    return token


def withdraw_tokens(settings_file: Path, name: str) -> None:
    """Every token of this person is worth nothing from now on, open pages included."""
    cloud = open_cloud(settings_file)
    _audit(cloud, _entered(cloud), "token.withdraw", name, {})
    cloud.sql.accounts.withdraw_all(name, cloud.clock.now_ms())


def _entered(cloud: Cloud) -> tuple[str, ...]:
    return tuple(one.institution_id for one in cloud.sql.institutions.institutions())


def _audit(cloud: Cloud, institutions: tuple[str, ...], action: str, name: str, detail: dict[str, object]) -> None:
    for institution in institutions:
        cloud.sql.audit.record(
            institution_id=institution, actor=OPERATOR, action=action, subject=f"person:{name}", detail=detail
        )
