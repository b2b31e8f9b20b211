"""What every page of the console is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nicegui import ui

from cloud.console.live import SharedReads, scope_key
from cloud.console.session import Seal, Viewer, is_still
from cloud.console.views.places import Places, read_places
from cloud.core.department import Departments
from cloud.desks.door import DoorServices
from device_profiles.catalogue import Catalogue
from device_profiles.profile import Point
from foundation.errors import DomainError
from foundation.texts import Language

PLACES_AGE_S = 2.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Console:
    """The ports, what is known of device models, and what all pages share."""

    services: DoorServices
    catalogue: Catalogue
    departments: Departments
    seal: Seal
    shared: SharedReads
    default_language: Language

    def places(self, viewer: Viewer) -> Places:
        """Everything in the viewer's scope. Blocks; shared between pages."""
        key = scope_key("places", viewer.principal)
        return self.shared.get(key, PLACES_AGE_S, lambda: read_places(self.services, viewer.principal))

    def department_name(self, department: str, viewer: Viewer) -> str:
        """The department's name; its id when there is no manifest of it."""
        try:
            return self.departments.get(department).name[viewer.language]
        except KeyError:
            return department

    def profile_point(self, profile_id: str, point: str) -> Point | None:
        """What the profile says of a point; None for a model that is not in the catalogue."""
        try:
            return self.catalogue.get(profile_id).point(point)
        except KeyError:
            return None

    async def act(
        self, viewer: Viewer, action: Callable[[], Result], *, refused: Callable[[DomainError], None] | None = None
    ) -> Result | None:
        """Carry out a change that a person asked for; None when it was refused, which the person is told.

        `refused` tells it where the person is looking, such as in an open form; else it is told above the page.
        """
        if not await asyncio.to_thread(is_still, self.services, viewer):
            ui.navigate.reload()
            return None
        try:
            return await asyncio.to_thread(action)
        except DomainError as error:
            if refused is not None:
                refused(error)
                return None
            ui.notify(viewer.say(error.code, **error.facts), type="negative", position="top")
            return None
