"""Which of a person's institutions a page speaks of; nothing to choose with one, and a word with none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

from nicegui import ui

from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.session import Viewer


class InstitutionChoice:
    """`value` is the id chosen, the first by name until somebody chooses."""

    def __init__(self, viewer: Viewer, names: Mapping[str, str]) -> None:
        self._viewer, self._names = viewer, names
        self.value = next(iter(names), "")

    @classmethod
    async def read(cls, console: Console, viewer: Viewer) -> Self:
        """Every institution of the scope that has been entered."""
        models = await asyncio.to_thread(
            lambda: [console.services.institutions.model(one) for one in sorted(viewer.principal.institution_ids)]
        )
        named = {one.institution.institution_id: viewer.name(one.institution.name) for one in models if one}
        return cls(viewer, dict(sorted(named.items(), key=lambda one: one[1])))

    @property
    def is_empty(self) -> bool:
        return not self._names

    def say_empty(self) -> None:
        empty(self._viewer.say("console.no_institution"))

    def build(self, changed: Callable[[], Awaitable[None]]) -> None:
        """The select, when there is more than one."""
        if len(self._names) < 2:
            return

        async def choose() -> None:
            self.value = str(select.value)
            await changed()

        label = self._viewer.say("console.account.institution")
        select = tag(ui.select(dict(self._names), label=label, value=self.value, on_change=choose), "institution")
        select.props("dense outlined").classes("xt-chooser")
