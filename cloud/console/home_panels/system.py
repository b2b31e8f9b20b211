"""How the system runs: who has an account, what is online, what came in and what could not be taken."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.numbers import Shown, age
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.accounts import accounts_in_reach
from cloud.reporting.order import OrderState

ORDERS_READ = 200
TILES = ("accounts", "devices", "readings", "refused", "reports")


@dataclass(frozen=True, slots=True)
class SystemState:
    """`stored` readings since the store began; `refused` payloads by whether their row is known."""

    accounts: int
    online: int
    devices: int
    stored: int
    redelivered: int
    refused: int
    failed_reports: int
    newest_event_ms: int | None
    now_ms: int


def read(console: Console, viewer: Viewer) -> SystemState:
    services, scope = console.services, viewer.principal.institution_ids
    devices = services.registry.devices(scope)
    counts = services.store.counts()
    orders = services.reporting.orders.orders(scope, limit=ORDERS_READ)
    newest = services.event_log.recent(scope, limit=1)
    return SystemState(
        accounts=len(accounts_in_reach(services, viewer.principal)),
        online=sum(one.is_online for one in devices),
        devices=len(devices),
        stored=counts.stored,
        redelivered=counts.redelivered,
        refused=sum(services.quarantine.counts().values()),
        failed_reports=sum(one.state is OrderState.FAILED for one in orders),
        newest_event_ms=newest[0].event.received_ms if newest else None,
        now_ms=services.clock.now_ms(),
    )


def build(console: Console, viewer: Viewer) -> Show:
    say = viewer.say
    with tag(ui.element("div").classes("xt-tiles xt-tiles-5"), "system"):
        tiles = {one: Tile(say(f"console.home.system.{one}"), f"system-{one}") for one in TILES}

    def show(state: SystemState) -> None:
        tiles["accounts"].show(Shown(f"{state.accounts:,}"), say("console.home.system.accounts_below"))
        lost = state.devices - state.online
        below = say("console.home.system.devices_below", n=lost)
        tiles["devices"].show(Shown(f"{state.online:,}", f"/ {state.devices:,}"), below, is_alarming=lost > 0)
        below = say("console.home.system.readings_below", n=f"{state.redelivered:,}")
        tiles["readings"].show(Shown(f"{state.stored:,}"), below)
        below = say("console.home.system.refused_below")
        tiles["refused"].show(Shown(f"{state.refused:,}"), below, is_alarming=state.refused > 0)
        ago = age(state.newest_event_ms, state.now_ms, viewer.language)
        below = say("console.home.system.reports_below", age=ago)
        tiles["reports"].show(Shown(f"{state.failed_reports:,}"), below, is_alarming=state.failed_reports > 0)

    return show


PANEL = HomePanel(
    title="console.home.system.title",
    permission=Permission.MANAGE_ACCOUNTS,
    weight=8,
    side="whole",
    read=read,
    build=build,
    has_frame=False,
)
