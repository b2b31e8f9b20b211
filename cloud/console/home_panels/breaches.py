"""Limits that are exceeded now, and commands that wait for an officer's word."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from cloud.console.command_words import order_words, target_name
from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Buttons, Cell, Chip, Row, Shown
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, answering
from cloud.console.numbers import near_time, show
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.access import Permission
from cloud.core.command_record import CommandRecord, CommandState
from cloud.core.threshold import Breach, BreachState, Threshold
from cloud.desks.commands import decide_command

APPROVE, REJECT = "approve", "reject"
MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """Open breaches with their thresholds (None once deleted), and proposed commands."""

    breaches: tuple[tuple[Breach, Threshold | None], ...]
    commands: tuple[CommandRecord, ...]
    places: Places
    now_ms: int


def read(console: Console, viewer: Viewer) -> Standing:
    services, scope = console.services, viewer.principal.institution_ids
    thresholds = {one.threshold_id: one for one in services.thresholds.thresholds(scope)}
    found = services.thresholds.breaches(scope, limit=MOST_READ)
    commands = services.commands.recent(scope, limit=MOST_READ) if viewer.may(Permission.READ_COMMANDS) else []
    return Standing(
        tuple((one, thresholds.get(one.threshold_id)) for one in found if one.state is BreachState.OPEN),
        tuple(one for one in commands if one.state is CommandState.PROPOSED),
        console.places(viewer),
        services.clock.now_ms(),
    )


def rows(standing: Standing, console: Console, viewer: Viewer) -> list[Row]:
    waiting = [_waiting(one, standing, viewer) for one in standing.commands]
    return waiting + [_breach(*one, standing.now_ms, viewer) for one in standing.breaches]


def _waiting(record: CommandRecord, standing: Standing, viewer: Viewer) -> Row:
    buttons: Shown = ""
    if viewer.may(Permission.DECIDE_COMMAND):
        buttons = Buttons(tuple((one, viewer.say(f"console.loop.{one}")) for one in (APPROVE, REJECT)))
    cells = (
        Chip(viewer.say("console.home.breach.waits"), "yellow"),
        Cell(target_name(record, standing.places, viewer), order_words(record, standing.places, viewer)),
        near_time(record.proposed_ms, standing.now_ms),
        buttons,
    )
    return Row(record.request.command_id, cells)


def _breach(breach: Breach, threshold: Threshold | None, now_ms: int, viewer: Viewer) -> Row:
    limit, peak = show(breach.limit, "W"), show(breach.peak, "W")
    cells = (
        Chip(viewer.say("console.home.breach.open"), "red"),
        Cell(
            threshold.name if threshold else viewer.say("console.home.breach.deleted"),
            viewer.say("console.home.breach.facts", peak=peak, limit=limit),
        ),
        near_time(breach.opened_ms, now_ms),
        "",
    )
    return Row(breach.breach_id, cells)


async def press(console: Console, viewer: Viewer, name: str, button: str) -> None:
    services = console.services
    if button not in (APPROVE, REJECT):
        ui.navigate.to("/")
        return
    approve = button == APPROVE
    decided = await console.act(viewer, lambda: decide_command(services, viewer.principal, name, approve=approve))
    if decided is not None:
        ui.notify(viewer.say(f"console.command.{decided.state.value}"), position="top")


PANEL = HomePanel(
    title="console.home.breach.title",
    permission=Permission.READ_THRESHOLDS,
    weight=15,
    side="right",
    read=read,
    build=table_of(
        "my-breaches",
        ("console.home.state", "console.home.breach.what", "console.home.since", ""),
        "console.home.breach.none",
        rows,
        press=press,
    ),
    applies=answering("energy.threshold_breach"),
    more="/",
    age_s=3.0,
)
