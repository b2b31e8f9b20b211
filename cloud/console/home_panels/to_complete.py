"""Figures of the institution that somebody has to enter, each with what stays unknown without it."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Chip, Row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel
from cloud.console.session import Viewer
from cloud.console.views.to_complete import Gap, gaps_of
from cloud.core.access import Permission
from cloud.core.calendar import local_day
from cloud.desks.institution import read_model

ROWS = 12


def read(console: Console, viewer: Viewer) -> tuple[Gap, ...]:
    services, principal = console.services, viewer.principal
    today = local_day(services.clock.now_ms())
    return tuple(
        gap
        for one in sorted(principal.institution_ids)
        if services.institutions.model(one) is not None
        for gap in gaps_of(read_model(services, principal, one), today, services.registry.devices({one}))
    )


def rows(gaps: tuple[Gap, ...], console: Console, viewer: Viewer) -> list[Row]:
    say = viewer.say
    shown = [
        Row(
            f"{one.part}-{one.identifier}-{one.field}",
            (
                Cell(viewer.name(one.name) if one.name else one.identifier, say(f"institution.sheet.{one.part}")),
                Chip(say("console.home.to_complete"), "yellow"),
                say(f"console.gap.{one.part}.{one.field}"),
            ),
            f"/institution?part={one.part}",
        )
        for one in gaps[:ROWS]
    ]
    rest = len(gaps) - len(shown)
    return [*shown, Row("rest", (say("console.home.complete.rest", n=rest), "", ""))] if rest > 0 else shown


PANEL = HomePanel(
    title="console.home.complete.title",
    permission=Permission.WRITE_INSTITUTION,
    weight=12,
    side="right",
    read=read,
    build=table_of(
        "to-complete",
        ("console.home.complete.what", "", "console.home.complete.reason"),
        "console.home.complete.none",
        rows,
    ),
    more="/institution",
    age_s=20.0,
)
