"""Local accounts: who there is, new ones, changed passwords, removal. For the administrator."""

from __future__ import annotations

import asyncio
from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.field_inputs import FieldInput, FieldInputs
from cloud.console.components.panel import panel
from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.core.access import Permission, Principal, Role
from cloud.desks.accounts import AccountDraft, accounts_in_reach, remove_account, save_account

REFRESH_S = 5.0


def register(console: Console) -> None:
    """Route `/accounts`."""

    @guarded_page(console, "/accounts", Permission.MANAGE_ACCOUNTS)
    async def accounts_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/accounts", viewer.say("console.nav.accounts")) as light:
            AccountsPage(console, viewer, light).build()


class AccountsPage:
    """The list beside the form that enters, changes and removes."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light

    def build(self) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-grid xt-grid-upper"):
            with panel(say("console.nav.accounts"), note=say("account.hint")):
                columns = [Column(say(f"account.{name}")) for name in ("name", "role", "department", "reach")]
                self._table = RowTable(columns, say("account.none"), "accounts")
            with panel(say("account.enter"), note=say("account.enter_hint")):
                self._form = FieldInputs(self._fields())
                with ui.element("div").classes("xt-buttons"):
                    save = ui.button(say("console.save"), on_click=self._save).props("unelevated no-caps")
                    tag(save, "save-account")
                    remove = ui.button(say("account.remove"), on_click=self._remove).props("flat no-caps")
                    tag(remove.props("color=negative"), "remove-account")
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _fields(self) -> list[FieldInput]:
        say, console, viewer = self._viewer.say, self._console, self._viewer
        roles = tuple((one.value, say(f"console.role.{one.value}")) for one in Role if one is not Role.PUBLIC)
        departments = tuple((one.id, console.department_name(one.id, viewer)) for one in console.departments.all())
        return [
            FieldInput("name", say("account.name"), required=True),
            FieldInput("password", say("console.sign_in.password"), "secret", required=True),
            FieldInput("role", say("account.role"), "choice", required=True, choices=roles, value=Role.STAFF.value),
            FieldInput("department", say("account.department"), "choice", choices=(("", "—"), *departments), value=""),
        ]

    def _read(self) -> list[Principal]:
        return accounts_in_reach(self._console.services, self._viewer.principal)

    def _draw(self, accounts: list[Principal]) -> None:
        self._light.show(True, clock_time(self._console.services.clock.now_ms()))
        self._table.show([self._row(one) for one in accounts])

    def _row(self, account: Principal) -> Row:
        say = self._viewer.say
        roles = ", ".join(sorted(say(f"console.role.{role.value}") for role in account.roles))
        department = self._console.department_name(account.department, self._viewer) if account.department else "—"
        return Row(account.name, (account.name, roles, department, ", ".join(sorted(account.institution_ids))))

    async def _save(self) -> None:
        entered = self._form.values()
        services, viewer = self._console.services, self._viewer
        draft = AccountDraft(
            str(entered.get("name", "")).strip(),
            Role(entered["role"]),
            str(entered.get("password", "")),
            entered.get("department"),
        )
        saved = await self._console.act(viewer, lambda: save_account(services, viewer.principal, draft))
        await self._tell(saved, "account.saved", draft.name)

    async def _remove(self) -> None:
        services, viewer = self._console.services, self._viewer
        name = str(self._form.values().get("name", "")).strip()
        removed = await self._console.act(viewer, lambda: remove_account(services, viewer.principal, name))
        await self._tell(removed, "account.removed", name)

    async def _tell(self, done: Any, key: str, name: str) -> None:
        if done is not None:
            ui.notify(self._viewer.say(key, name=name), type="positive", position="top")
            self._draw(await asyncio.to_thread(self._read))
