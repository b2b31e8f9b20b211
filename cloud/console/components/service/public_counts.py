"""Counts for everybody: services asked for, risks closed, satisfaction and the fleet, small numbers kept back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nicegui import ui

from cloud.console.components.panel import panel
from cloud.console.components.row_table import Cell, Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.session import Viewer
from cloud.services.anonymity import Cell as Count
from cloud.services.anonymity import Hidden, PublicTable, span_text
from cloud.services.catalogue import load_services
from cloud.services.public_counts import PublicCounts
from cloud.services.views import load_field_levels


def counts_panel(counts: PublicCounts, console: Console, viewer: Viewer) -> None:
    """Four small tables over the same months."""
    say, rules = viewer.say, load_field_levels().public
    first, _, last = span_text(counts.start_ms, counts.end_ms).partition("/")
    note = say("public.counts_note", first=first, last=last, round=rules.round_to)

    def department(name: str) -> str:
        return console.department_name(name, viewer)

    def service(code: str) -> str:
        return load_services()[code].name[viewer.language]

    with panel(say("public.counts"), note=note), tag(ui.element("div"), "public-counts") as tables:
        tables.classes("xt-grid xt-grid-third")
        _counts("requests", counts.requests, service, rules.least, viewer)
        _counts("risks", counts.closed_risks, department, rules.least, viewer)
        with ui.element("div").classes("xt-stack"):
            _satisfaction(counts.satisfied_percent, department, rules.least_answers, viewer)
            _fleet(counts, rules.least_trips, viewer)


def count_text(count: Count, least: int, viewer: Viewer) -> str:
    """The rounded count, or why it is kept back."""
    if count.value is not None:
        return f"{count.value:,}"
    if count.hidden is Hidden.FEW:
        return viewer.say("public.fewer", n=least)
    return viewer.say("public.kept_back")


def _counts(name: str, table: PublicTable, named: Callable[[str], str], least: int, viewer: Viewer) -> None:
    say = viewer.say
    columns = [Column(say(f"public.{name}")), Column(say("public.count"), right=True)]
    shown = RowTable(columns, say("public.nothing"), f"public-{name}")
    rows = [Row(code, (named(code), count_text(count, least, viewer))) for code, count in table.cells.items()]
    total = f"{table.total:,}" if table.total is not None else viewer.say("public.kept_back")
    shown.show([*rows, Row("total", (Cell(say("public.total"), ""), total))])


def _satisfaction(percents: Mapping[str, int | None], named: Callable[[str], str], least: int, viewer: Viewer) -> None:
    say = viewer.say
    columns = [Column(say("public.satisfied")), Column("%", right=True)]
    shown = RowTable(columns, say("public.nothing"), "public-satisfied")
    missing = say("public.fewer_answers", n=least)
    shown.show(
        [Row(name, (named(name), missing if one is None else f"{one}")) for name, one in sorted(percents.items())]
    )


def _fleet(counts: PublicCounts, least: int, viewer: Viewer) -> None:
    say = viewer.say
    columns = [Column(say("public.fleet")), Column(say("public.count"), right=True)]
    shown = RowTable(columns, say("public.nothing"), "public-fleet")
    told = [(name, count_text(count, least, viewer)) for name, count in counts.fleet.cells.items()]
    rows = [Row(name, (say(f"public.fleet.{name}"), text)) for name, text in told]
    shown.show([Row("vehicles", (say("public.fleet.vehicles"), f"{counts.vehicles:,}")), *rows])
