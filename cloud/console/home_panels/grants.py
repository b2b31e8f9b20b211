"""Data that other departments ask of one's own, and what is shared already."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Chip, Row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.numbers import near_time
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of
from cloud.core.access import Permission
from cloud.desks.datasets import grants_for
from cloud.services.dataset import load_datasets
from cloud.services.dataset_grant import DatasetGrant, GrantState

ROWS = 5
TONES = {GrantState.ASKED: "orange", GrantState.GRANTED: "good", GrantState.REFUSED: "red"}
WORDS = {
    GrantState.ASKED: "console.home.grants.waiting",
    GrantState.GRANTED: "console.home.grants.granted",
    GrantState.REFUSED: "console.home.grants.refused",
}


def read(console: Console, viewer: Viewer) -> tuple[DatasetGrant, ...]:
    """What waits first, then the newest."""
    principal = viewer.principal
    mine = departments_of(console.departments, principal)
    found = grants_for(console.services, principal, principal.institution_ids)
    own = [one for one in found if one.owner in mine]
    return tuple(sorted(own, key=lambda one: (one.state is not GrantState.ASKED, -one.asked_ms))[:ROWS])


def rows(grants: tuple[DatasetGrant, ...], console: Console, viewer: Viewer) -> list[Row]:
    now_ms, known = console.services.clock.now_ms(), load_datasets()
    return [
        Row(
            one.grant_id,
            (
                Chip(viewer.say(WORDS[one.state]), TONES[one.state]),
                Cell(known[one.dataset].name[viewer.language] if one.dataset in known else one.dataset, one.purpose),
                console.department_name(one.asked_by_department, viewer),
                Cell(near_time(one.asked_ms, now_ms), viewer.say("console.home.grants.uses", n=one.uses)),
            ),
        )
        for one in grants
    ]


PANEL = HomePanel(
    title="console.home.grants.title",
    permission=Permission.READ_DATASETS,
    weight=34,
    read=read,
    build=table_of(
        "my-grants",
        ("console.home.state", "console.home.grants.dataset", "console.home.grants.by", "console.home.grants.asked"),
        "console.home.grants.none",
        rows,
    ),
    applies=has_department,
    more="/datasets",
)
