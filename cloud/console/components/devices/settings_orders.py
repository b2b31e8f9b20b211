"""The newest orders about a device's settings: what was asked, how far it came, and the officer's two buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from cloud.console.command_words import order_words
from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.numbers import date_time
from cloud.console.session import Viewer
from cloud.console.views.places import Places
from cloud.core.access import Permission
from cloud.core.command_record import CommandRecord, CommandState
from foundation.texts import load_texts

Decide = Callable[[CommandRecord, bool], Awaitable[None]]

_TONES = {CommandState.VERIFIED: "good", CommandState.REFUSED: "bad", CommandState.FAILED: "bad"}


class SettingsOrders:
    """Redrawn when something changed."""

    def __init__(self, viewer: Viewer, decide: Decide) -> None:
        self._viewer, self._decide = viewer, decide
        self._shown: Sequence[CommandRecord] | None = None
        self._box = tag(ui.element("div").classes("xt-stack"), "settings-orders")

    def show(self, orders: Sequence[CommandRecord], places: Places) -> None:
        if orders == self._shown:
            return
        self._shown = orders
        self._box.clear()
        with self._box:
            if not orders:
                empty(self._viewer.say("console.commissioning.no_orders"))
            for order in orders:
                self._line(order, places)

    def _line(self, order: CommandRecord, places: Places) -> None:
        say = self._viewer.say
        with ui.element("div").classes("xt-order-line"):
            tone = _TONES.get(order.state, "blue")
            ui.label(say(f"console.command.{order.state.value}")).classes(f"xt-chip xt-tone-{tone}")
            with ui.element("div").classes("xt-grow"):
                ui.label(order_words(order, places, self._viewer))
                ui.label(self._note(order)).classes("xt-below")
            if order.state is CommandState.PROPOSED and self._viewer.may(Permission.DECIDE_COMMAND):
                for is_approved, word in ((True, "approve"), (False, "reject")):
                    button = ui.button(
                        say(f"console.loop.{word}"), on_click=lambda one=order, yes=is_approved: self._decide(one, yes)
                    )
                    tag(button.props("dense flat no-caps"), f"{word}-settings")

    def _note(self, order: CommandRecord) -> str:
        words = f"{date_time(order.proposed_ms)} · {order.request.proposed_by} · {order.request.reason}"
        key = f"command.reason.{order.receipt.reason}" if order.receipt else ""
        return f"{words} · {self._viewer.say(key)}" if key in load_texts() else words
