"""Local accounts: signing in for a token, and what an administrator does with accounts."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.context import Services, Word, address_of
from cloud.api.problems import documented
from cloud.api.security import require
from cloud.core.access import Permission, Principal, Role
from cloud.desks.accounts import AccountDraft, accounts_in_reach, remove_account, save_account, sign_in

router = APIRouter(tags=["accounts"])
Administrator = Annotated[Principal, Depends(require(Permission.MANAGE_ACCOUNTS))]


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Word
    password: str = Field(min_length=1, max_length=200)


class Token(BaseModel):
    """Good for one working day."""

    token: str


class AccountIn(BaseModel):
    """Without institutions the account reaches the administrator's own scope."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    password: str = Field(min_length=1, max_length=200)
    department: Word | None = None
    institution_ids: list[Word] = Field([], max_length=1000)


class AccountOut(BaseModel):
    name: str
    roles: list[Role]
    department: str | None
    institution_ids: list[str]

    @classmethod
    def of(cls, account: Principal) -> Self:
        return cls(
            name=account.name,
            roles=sorted(account.roles),
            department=account.department,
            institution_ids=sorted(account.institution_ids),
        )


@router.post("/tokens", summary="Sign in with a local account", status_code=201, responses=documented(429))
def token(
    credentials: Credentials,
    _: Annotated[Principal, Depends(require(Permission.READ_SELF))],
    services: Services,
    request: Request,
) -> Token:
    return Token(token=sign_in(services, credentials.name, credentials.password, address_of(request)))


@router.get("/accounts", summary="Local accounts of the caller's scope", responses=documented())
def accounts(principal: Administrator, services: Services) -> list[AccountOut]:
    return [AccountOut.of(one) for one in accounts_in_reach(services, principal)]


@router.put("/accounts/{name}", summary="Enter or change an account; its sessions end", responses=documented(404))
def save(name: Word, wanted: AccountIn, principal: Administrator, services: Services) -> AccountOut:
    draft = AccountDraft(name, wanted.role, wanted.password, wanted.department, frozenset(wanted.institution_ids))
    return AccountOut.of(save_account(services, principal, draft))


@router.delete("/accounts/{name}", summary="Take an account away; answers it", responses=documented(404))
def remove(name: Word, principal: Administrator, services: Services) -> AccountOut:
    return AccountOut.of(remove_account(services, principal, name))
