"""What a card of the home page is, and which cards somebody gets: by permission, by role, by what is theirs.

A module of `cloud.console.home_panels` exports `PANEL`; a new file there is a new card for all whom it is for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from cloud.console.context import Console
from cloud.console.navigation import NAVIGATION
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of
from cloud.core.access import Permission, Role
from cloud.core.plugins import load_plugins
from cloud.records.kind import load_kinds

PACKAGE = "cloud.console.home_panels"
ANYBODY = frozenset(Role)

Show = Callable[[Any], None]
Side = Literal["whole", "left", "right"]
Applies = Callable[[Console, Viewer], bool]


@dataclass(frozen=True, slots=True)
class HomePanel:
    """One card. `title` is a text key; light ones stand above heavy ones, on their `side` of the page.

    `build` puts the content into the card and returns what brings it to a view; `read` makes the view in a thread, at
    most every `age_s`. Only for those with `permission`, one of `roles`, and for whom it `applies`. `more` is the path
    of the page that shows all of it.
    """

    title: str
    permission: Permission
    weight: int
    read: Callable[[Console, Viewer], Any]
    build: Callable[[Console, Viewer], Show]
    roles: frozenset[Role] = ANYBODY
    applies: Applies = lambda console, viewer: True
    side: Side = "left"
    more: str = ""
    age_s: float = 5.0
    has_frame: bool = True

    def is_for(self, console: Console, viewer: Viewer) -> bool:
        return (
            viewer.may(self.permission)
            and bool(self.roles & viewer.principal.roles)
            and bool(self.applies(console, viewer))
        )


@cache
def load_panels() -> dict[str, HomePanel]:
    """Every card by the name of its module; an empty package raises ConfigError."""
    return load_plugins(PACKAGE, "PANEL", HomePanel)


def panels_for(console: Console, viewer: Viewer) -> list[tuple[str, HomePanel]]:
    """The cards of this viewer with their names, in the order of the page."""
    chosen = [(name, one) for name, one in load_panels().items() if one.is_for(console, viewer)]
    return sorted(chosen, key=lambda one: (one[1].weight, one[0]))


def may_open(viewer: Viewer, path: str) -> bool:
    """Whether the navigation leads this viewer to a page."""
    return any(item.path == path and viewer.may(item.permission) for group in NAVIGATION for item in group.items)


def has_department(console: Console, viewer: Viewer) -> bool:
    """Whether the viewer answers for a department: its head, or the role that owns it."""
    return bool(departments_of(console.departments, viewer.principal))


def keeping(kind: str) -> Applies:
    """For those whose department keeps the records of this kind."""
    return lambda console, viewer: (
        kind in load_kinds() and load_kinds()[kind].department in departments_of(console.departments, viewer.principal)
    )


def answering(event_kind: str) -> Applies:
    """For those whose department answers for events of this kind."""
    return lambda console, viewer: (
        console.departments.answering(event_kind) in departments_of(console.departments, viewer.principal)
    )
