"""A question with a few inputs, over the page; whoever asks waits for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from cloud.console.components.field_inputs import FieldInput, FieldInputs
from cloud.console.components.tag import tag
from cloud.console.session import Viewer


async def ask(
    viewer: Viewer, title: str, fields: Sequence[FieldInput], confirm: str, *, hint: str = ""
) -> dict[str, Any] | None:
    """What was entered, empty fields left out; None when the person thinks better of it.

    Call it inside an element that stays while the dialog is open.
    """
    with ui.dialog() as dialog, tag(ui.element("div").classes("xt-card xt-dialog xt-dialog-small"), "ask"):
        ui.label(title).classes("xt-field-title")
        if hint:
            ui.label(hint).classes("xt-hint")
        inputs = FieldInputs(fields)
        with ui.element("div").classes("xt-buttons"):
            cancel = ui.button(viewer.say("console.cancel"), on_click=lambda: dialog.submit(None))
            cancel.props("flat no-caps color=secondary")
            go = ui.button(confirm, on_click=lambda: dialog.submit(inputs.values())).props("unelevated no-caps")
            tag(go, "ask-confirm")
    answer: dict[str, Any] | None = await dialog
    # Whoever leaves the page takes the dialog with it.
    if not dialog.is_deleted:
        dialog.delete()
    return answer
