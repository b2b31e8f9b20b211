"""Signing in under attack, and accounts that change while somebody signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloud.adapters.sql import accounts as sql_accounts
from cloud.core.access import Principal, Role
from cloud.desks.accounts import AccountDraft, remove_account, save_account, sign_in
from cloud.desks.door import MOST_WRONG_SIGN_INS, SIGN_IN_WINDOW_S
from foundation.errors import DomainError
from tests.support.cloud_world import PASSWORD, World, cloud_world

ADMINISTRATOR = Principal("admin", frozenset({Role.ADMINISTRATOR}), frozenset({"office"}))
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with cloud_world(tmp_path) as made:
        yield made


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """Passwords fit when they are PASSWORD; what is put into the list happens once, while one is being checked."""
    meanwhile: list[Callable[[], object]] = []

    def fits(password: str, _digest: str) -> bool:
        if meanwhile:
            meanwhile.pop()()
        return password == PASSWORD

    monkeypatch.setattr(sql_accounts, "fits_password", fits)
    return meanwhile


def status_of(act: Callable[[], object]) -> int:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.status


@pytest.mark.usefixtures("checked")
def test_one_address_cannot_try_names_without_end(world: World) -> None:
    name = world.account("office")
    for number in range(MOST_WRONG_SIGN_INS):
        assert status_of(lambda number=number: sign_in(world.services, f"name-{number}", "x", HERE)) == 401  # type: ignore[misc]
    assert status_of(lambda: sign_in(world.services, name, PASSWORD, HERE)) == 429
    assert sign_in(world.services, name, PASSWORD, ELSEWHERE)
    world.clock.advance(SIGN_IN_WINDOW_S)
    assert sign_in(world.services, name, PASSWORD, HERE)


@pytest.mark.usefixtures("checked")
def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(world: World) -> None:
    name = world.account("office")
    for _ in range(MOST_WRONG_SIGN_INS + 5):
        assert sign_in(world.services, name, PASSWORD, HERE)


def test_a_resting_account_takes_as_long_as_an_unknown_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fits(password: str, _digest: str) -> bool:
        asked.append(password)
        return False

    monkeypatch.setattr(sql_accounts, "fits_password", fits)
    name = world.account("office")
    for _ in range(7):
        assert status_of(lambda: sign_in(world.services, name, "wrong", HERE)) == 401
    assert len(asked) == 7


def test_who_is_removed_while_signing_in_gets_no_session(world: World, checked: list[Callable[[], object]]) -> None:
    name = world.account("office")
    checked.append(lambda: remove_account(world.services, ADMINISTRATOR, name))
    assert status_of(lambda: sign_in(world.services, name, PASSWORD, HERE)) == 401
    assert world.services.accounts.reach_of(name, world.clock.now_ms()) == frozenset()


def test_an_old_password_gives_no_session_beside_its_change(world: World, checked: list[Callable[[], object]]) -> None:
    name = world.account("office")
    draft = AccountDraft(name, Role.STAFF, "another good one")
    checked.append(lambda: save_account(world.services, ADMINISTRATOR, draft))
    assert status_of(lambda: sign_in(world.services, name, PASSWORD, HERE)) == 401


def test_an_administrator_cannot_take_the_name_of_a_token_that_reaches_further(world: World) -> None:
    token = world.token(Role.ENERGY_OFFICER, scope=("office", "school"), name="county-officer")
    draft = AccountDraft("county-officer", Role.STAFF, "another good one")
    assert status_of(lambda: save_account(world.services, ADMINISTRATOR, draft)) == 404
    assert world.services.accounts.principal_of(token, world.clock.now_ms()) is not None


@pytest.mark.parametrize("name", ["system", "Public", "operator", " anonymous", "threshold:t-1"])
def test_no_account_bears_the_name_of_what_is_nobody(world: World, name: str) -> None:
    draft = AccountDraft(name, Role.AUDITOR, "another good one")
    assert status_of(lambda: save_account(world.services, ADMINISTRATOR, draft)) == 422
