"""What the pages of one request and of one joint case share: the way in, a head that runs, a body that waits."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, refuse
from cloud.console.live import LiveLoop
from cloud.console.numbers import clock_time
from cloud.console.service_words import ServiceWords, read_service_words
from cloud.console.session import Viewer
from foundation.errors import DomainError

REFRESH_S = 3.0

Detail = TypeVar("Detail")


@dataclass(frozen=True, slots=True)
class Shape:
    """CSS classes of the page's two parts, and the test id of its body."""

    head: str
    body: str
    test_id: str


async def enter(console: Console, viewer: Viewer, read: Callable[[], Detail]) -> tuple[Detail, ServiceWords] | None:
    """What the page shows first; None when there is no such thing in the viewer's scope, which he is told."""
    try:
        detail = await asyncio.to_thread(read)
    except DomainError:
        refuse(viewer, 404)
        return None
    return detail, await asyncio.to_thread(read_service_words, console, viewer)


class DetailPage(ABC, Generic[Detail]):
    """The clock in the head runs; the body is drawn anew only when the thing has changed: typing below must stay."""

    def __init__(
        self, console: Console, viewer: Viewer, light: StatusLight, read: Callable[[], Detail], shape: Shape
    ) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._read_detail, self._shape = read, shape
        self._drawn: Detail | None = None

    @abstractmethod
    def draw_head(self, detail: Detail, words: ServiceWords, now_ms: int) -> None: ...

    @abstractmethod
    def draw_body(self, detail: Detail, words: ServiceWords) -> None: ...

    def build(self, view: tuple[Detail, ServiceWords]) -> None:
        # Dialogs hang here: what asks for them is drawn anew under them.
        self._anchor = ui.element("div").classes("xt-anchor")
        self._head = ui.element("div").classes(self._shape.head)
        self._body = tag(ui.element("div").classes(self._shape.body), self._shape.test_id)
        self._draw(view)
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    async def act(self, change: Callable[[], Any], told: str) -> None:
        """Carry out what a person asked for, say so in the words `told`, and show what has become of it."""
        with self._anchor:
            if await self._console.act(self._viewer, change) is not None:
                ui.notify(told, type="positive", position="top")
            await self._refresh()

    def _read(self) -> tuple[Detail, ServiceWords]:
        return self._read_detail(), read_service_words(self._console, self._viewer)

    def _draw(self, view: tuple[Detail, ServiceWords]) -> None:
        detail, words = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._head.clear()
        with self._head:
            self.draw_head(detail, words, now_ms)
        if detail == self._drawn:
            return
        self._drawn = detail
        self._body.clear()
        with self._body:
            self.draw_body(detail, words)
