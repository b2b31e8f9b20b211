"""What was commanded to equipment in the period, and what automatic actions have saved; estimated, never metered."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from cloud.core.calendar import to_local
from cloud.energy.effect import Effect
from cloud.reporting.document import Cell, Column, Figure, FigureList, Item, Section, Table
from cloud.reporting.words import named, say
from cloud.reporting.worked import Worked

MOST_READ = 10_000
NO_EFFECT = "report.missing.no_effect"


def operation_section(worked: Worked) -> Section:
    """Commands by state, effects one by one with their interval, and their sum."""
    scene, period = worked.scene, worked.scene.period
    commands = [
        one
        for one in scene.commands.recent({scene.institution_id}, limit=MOST_READ)
        if period.start_ms <= one.proposed_ms < period.end_ms
    ]
    states = Counter(str(one.state) for one in commands)
    counted = Table(
        say("report.operation.commands"),
        (Column(say("report.column.state")), Column(say("report.column.count"), "", 0)),
        tuple((named("report.command_state", state), count) for state, count in sorted(states.items())),
        say("report.operation.no_command"),
    )
    effects = sorted(_effects(worked), key=lambda one: (one.start_ms, one.effect_id))
    items = (Item(say("report.figure.saved"), _saved(worked, effects)),)
    return Section("operation", say("report.section.operation"), (counted, FigureList(items), _table(effects)))


def _effects(worked: Worked) -> list[Effect]:
    period = worked.scene.period
    found = worked.scene.energy.effects.effects({worked.scene.institution_id}, limit=MOST_READ)
    return [one for one in found if period.start_ms <= one.start_ms < period.end_ms]


def _saved(worked: Worked, effects: list[Effect]) -> Figure:
    total = sum((_kwh(one.saved_wh) for one in effects), Decimal(0))
    return Figure(
        figure_id="saved",
        value=total if effects else None,
        unit="kWh",
        period=str(worked.scene.period),
        decimals=1,
        formula="report.formula.saved",
        inputs=tuple(one.effect_id for one in effects),
        missing=None if effects else NO_EFFECT,
        remark=say("report.operation.estimated") if effects else None,
    )


def _table(effects: list[Effect]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            to_local(one.start_ms).strftime("%m-%d %H:%M"),
            f"{one.group}/{one.device}",
            _kwh(one.expected_wh),
            _kwh(one.actual_wh),
            _kwh(one.saved_wh),
            _kwh(one.low_wh),
            _kwh(one.high_wh),
            named("report.method", one.method),
        )
        for one in effects
    ]
    columns = (
        Column(say("report.column.begin")),
        Column(say("report.column.meter"), weight=1.6),
        Column(say("report.column.expected"), "kWh", 1),
        Column(say("report.column.actual"), "kWh", 1),
        Column(say("report.column.saved"), "kWh", 1),
        Column(say("report.column.low"), "kWh", 1),
        Column(say("report.column.high"), "kWh", 1),
        Column(say("report.column.method")),
    )
    return Table(say("report.operation.effects"), columns, tuple(rows), say("report.operation.no_effect"))


def _kwh(watt_hours: float) -> Decimal:
    return Decimal(repr(watt_hours)) / 1000
