"""A field that chooses one thing of the institution by its name; typing narrows the list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.session import Viewer
from cloud.desks.request_choices import Choice


class SubjectSelect:
    """`value` is the subject chosen, empty for none; a list of one is chosen already."""

    def __init__(
        self, choices: Sequence[Choice], viewer: Viewer, on_change: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        options = {one.subject: viewer.name(one.name) for one in choices}
        only = choices[0].subject if len(choices) == 1 else None
        label = f"{viewer.say('console.request.subject')} *"
        self._select = ui.select(options, value=only, label=label, with_input=True)
        tag(self._select, "input-subject").props("dense outlined").classes("xt-wide")
        if on_change is not None:
            self._select.on_value_change(on_change)

    @property
    def value(self) -> str:
        return str(self._select.value or "")
