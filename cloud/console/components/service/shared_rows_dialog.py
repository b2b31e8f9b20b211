"""The rows of shared data over the page, as the grant lets them through, with what it withholds."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.facts import why
from cloud.console.components.row_table import Column, Row, RowTable
from cloud.console.components.tag import tag
from cloud.console.service_words import ServiceWords
from cloud.console.views.shared_rows import shared_table
from cloud.desks.datasets import DatasetRows
from cloud.services.dataset_grant import DatasetGrant

MOST_SHOWN = 300


def open_shared_rows(found: DatasetRows, grant: DatasetGrant, words: ServiceWords) -> None:
    """Show them until somebody closes the dialog; call it inside an element that stays."""
    viewer, dataset = words.viewer, found.dataset
    say = viewer.say
    table = shared_table(found, viewer.language, MOST_SHOWN, lambda one: words.subject(grant.institution_id, one))
    with ui.dialog() as dialog, tag(ui.element("div").classes("xt-card xt-dialog xt-dialog-rows"), "shared-rows"):
        with ui.element("div").classes("xt-device-head"):
            ui.label(dataset.name[viewer.language]).classes("xt-title")
            ui.element("div").classes("xt-grow")
            close = ui.button(say("console.dataset.close"), on_click=dialog.close)
            tag(close, "close-rows").props("flat dense no-caps color=secondary")
        told = say(
            "console.dataset.rows_why",
            owner=words.department(grant.owner),
            purpose=grant.purpose,
            first=found.first,
            last=found.last,
            n=f"{len(found.rows):,}",
        )
        why(told, "rows-why")
        if table.withheld:
            fields = say("console.and").join(table.withheld)
            tag(ui.label(say("console.dataset.withheld", fields=fields)).classes("xt-note"), "withheld")
        shown = RowTable([Column(one) for one in table.titles], say("console.dataset.no_rows"), "rows")
        shown.show([Row(f"{number}", row) for number, row in enumerate(table.rows)])
        if found.is_cut or len(found.rows) > MOST_SHOWN:
            ui.label(say("console.dataset.rows_cut", n=MOST_SHOWN)).classes("xt-note")
    dialog.on("hide", dialog.delete)
    dialog.open()
