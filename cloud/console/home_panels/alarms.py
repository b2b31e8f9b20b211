"""Alarms that nobody has answered yet, with the button that answers them; a dispatcher has those of everybody."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Buttons, Cell, Row, Shown
from cloud.console.components.severity import severity_chip
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.numbers import near_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.alarm_board import AlarmLine, read_open_alarms
from cloud.console.views.mine import departments_of
from cloud.core.access import Permission, Role
from cloud.desks.alarms import acknowledge_alarm
from cloud.risk.rule_words import name_of

ROWS = 6
ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True, slots=True)
class AlarmList:
    lines: tuple[AlarmLine, ...]
    words: RiskWords
    now_ms: int


def read(console: Console, viewer: Viewer) -> AlarmList:
    services, principal = console.services, viewer.principal
    mine = departments_of(console.departments, principal)
    takes_all = Role.DISPATCHER in principal.roles
    waiting = [
        one
        for one in read_open_alarms(services, principal)
        if one.alarm.is_waiting and (takes_all or one.alarm.department in mine)
    ]
    return AlarmList(tuple(waiting[:ROWS]), read_risk_words(console, viewer), services.clock.now_ms())


def rows(found: AlarmList, console: Console, viewer: Viewer) -> list[Row]:
    buttons = Buttons(((ACKNOWLEDGE, viewer.say("console.home.alarms.acknowledge")),))
    answer: Shown = buttons if viewer.may(Permission.ANSWER_ALARM) else ""
    return [Row(one.alarm.alarm_id, (*_cells(one, found), answer)) for one in found.lines]


def _cells(line: AlarmLine, found: AlarmList) -> tuple[Shown, ...]:
    alarm, words = line.alarm, found.words
    where = words.subject(alarm.institution_id, alarm.subject)
    below = words.finding(alarm.rule_id, alarm.institution_id, alarm.subject, line.data) if line.data else where
    return (
        severity_chip(alarm.severity, words.viewer),
        Cell(name_of(alarm.rule_id, words.viewer.language), below),
        near_time(alarm.opened_ms, found.now_ms),
    )


async def press(console: Console, viewer: Viewer, alarm_id: str, button: str) -> None:
    services = console.services
    if button != ACKNOWLEDGE:
        ui.navigate.to("/alarms")
    elif await console.act(viewer, lambda: acknowledge_alarm(services, viewer.principal, alarm_id)) is not None:
        ui.notify(viewer.say("console.home.alarms.acknowledged"), type="positive", position="top")


PANEL = HomePanel(
    title="console.home.alarms.title",
    permission=Permission.READ_ALARMS,
    weight=24,
    read=read,
    build=table_of(
        "my-alarms",
        ("", "console.home.risks.found", "console.home.opened", ""),
        "console.home.alarms.none",
        rows,
        press=press,
    ),
    applies=has_department,
    more="/alarms",
    age_s=3.0,
)
