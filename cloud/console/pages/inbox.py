"""The superior's inbox: case files that climbed up, verified, and the answers: return, order, close."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.field_inputs import FieldInput, FieldInputs
from cloud.console.components.panel import empty, panel
from cloud.console.components.risk.case_file_card import case_file_card
from cloud.console.components.row_table import Cell, Chip, Column, Row, RowTable
from cloud.console.components.severity import severity_chip
from cloud.console.components.tag import tag
from cloud.console.components.tiles import Tile
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.live import LiveLoop, scope_key
from cloud.console.numbers import Shown, clock_time, near_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.inbox_file import InboxFile, Proof, read_inbox
from cloud.core.access import Permission
from cloud.desks.inbox import CaseAction, answer_case_file, open_actions
from cloud.risk.case_file import CaseFileState
from cloud.risk.rule_words import name_of

REFRESH_S = 5.0
COLUMNS = ("colour", "file", "institution", "sent", "state")
TILES = ("sent", "ordered", "answered", "broken")
STATE_TONES = {CaseFileState.SENT: "orange", CaseFileState.ORDERED: "blue", CaseFileState.CLOSED: "good"}
LOOKS = {
    CaseAction.RETURN: "outline",
    CaseAction.ORDER: "unelevated",
    CaseAction.CLOSE: "outline color=positive",
}

View = tuple[tuple[InboxFile, ...], RiskWords]


def register(console: Console) -> None:
    """Route `/inbox`."""

    @guarded_page(console, "/inbox", Permission.READ_INBOX)
    async def inbox_page(viewer: Viewer, request: Request) -> None:
        with frame(viewer, "/inbox", viewer.say("console.nav.inbox")) as light:
            InboxPage(console, viewer, light).build()


class InboxPage:
    """The files beside the one that is open."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._view: View | None = None
        self._chosen = ""
        self._drawn: InboxFile | None = None
        self._has_changed = False

    def build(self) -> None:
        say = self._viewer.say
        self._anchor = ui.element("div").classes("xt-anchor")
        with ui.element("div").classes("xt-tiles xt-tiles-4"):
            self._tiles = {name: Tile(say(f"console.inbox.tile.{name}"), f"tile-{name}") for name in TILES}
        with ui.element("div").classes("xt-grid xt-grid-inbox"):
            with panel(say("console.nav.inbox"), note=say("console.inbox.hint")):
                columns = [Column(say(f"console.inbox.{name}"), nowrap=name == "sent") for name in COLUMNS]
                self._table = RowTable(columns, say("console.inbox.none"), "case-files", self._press)
            with panel(say("console.inbox.opened")):
                self._card = tag(ui.element("div").classes("xt-stack"), "case-file")
                with self._card:
                    empty(say("console.inbox.choose"))
        loop = LiveLoop(self._console.services, self._viewer, self._light.show)
        self._refresh = loop.every(REFRESH_S, self._read, self._draw)

    def _read(self) -> View:
        services, principal = self._console.services, self._viewer.principal
        files = self._console.shared.get(
            scope_key("inbox", principal), self._age_s(), lambda: read_inbox(services, principal)
        )
        return files, read_risk_words(self._console, self._viewer)

    def _age_s(self) -> float:
        """How old a shared read may be: what this page has just changed must be seen at once."""
        return 0.0 if self._has_changed else REFRESH_S / 4

    def _draw(self, view: View) -> None:
        self._has_changed = False
        files, words = self._view = view
        now_ms = self._console.services.clock.now_ms()
        self._light.show(True, clock_time(now_ms))
        self._show_tiles(files)
        self._table.show([self._row(one, words, now_ms) for one in files])
        chosen = next((one for one in files if one.file.case_file_id == self._chosen), None)
        if chosen is not None and chosen != self._drawn:
            self._drawn = chosen
            self._card.clear()
            with self._card:
                case_file_card(self._console, chosen, words)
                self._answer_form(chosen)

    def _row(self, one: InboxFile, words: RiskWords, now_ms: int) -> Row:
        viewer, file = self._viewer, one.file
        where = words.subject(file.institution_id, one.subject) if one.subject else ""
        state = viewer.say(f"case_file.state.{file.state.value}")
        proof = "" if one.proof is Proof.GENUINE else viewer.say(f"console.inbox.proof.{one.proof.value}")
        cells = (
            severity_chip(one.colour, viewer),
            Cell(name_of(one.rule_id, viewer.language), where),
            words.institution(file.institution_id),
            near_time(file.sent_ms, now_ms),
            Chip(state, STATE_TONES.get(file.state, ""), proof),
        )
        return Row(file.case_file_id, cells, is_chosen=file.case_file_id == self._chosen)

    def _show_tiles(self, files: tuple[InboxFile, ...]) -> None:
        say = self._viewer.say
        states = [one.file.state for one in files]
        sent, ordered = states.count(CaseFileState.SENT), states.count(CaseFileState.ORDERED)
        numbers = {"sent": sent, "ordered": ordered, "answered": len(files) - sent - ordered}
        numbers["broken"] = sum(one.proof is not Proof.GENUINE for one in files)
        for name, tile in self._tiles.items():
            is_alarming = name in ("sent", "broken") and numbers[name] > 0
            tile.show(Shown(f"{numbers[name]:,}"), say(f"console.inbox.tile.{name}_below"), is_alarming=is_alarming)

    async def _press(self, case_file_id: str, button: str) -> None:
        self._chosen = case_file_id
        if self._view is not None:
            self._draw(self._view)

    def _answer_form(self, chosen: InboxFile) -> None:
        say = self._viewer.say
        actions = open_actions(chosen.file.state)
        if not actions or not self._viewer.may(Permission.ANSWER_CASE_FILE):
            return
        inputs = FieldInputs([FieldInput("text", say("console.inbox.text"), "long_text")])
        with ui.element("div").classes("xt-buttons"):
            for action in actions:
                self._button(chosen, action, inputs)

    def _button(self, chosen: InboxFile, action: CaseAction, inputs: FieldInputs) -> None:
        async def answer() -> None:
            await self._answer(chosen.file.case_file_id, action, str(inputs.values().get("text", "")))

        button = ui.button(self._viewer.say(f"console.inbox.action.{action.value}"), on_click=answer)
        tag(button.props(f"{LOOKS[action]} dense no-caps").classes("xt-button"), f"answer-{action.value}")

    async def _answer(self, case_file_id: str, action: CaseAction, text: str) -> None:
        services, viewer = self._console.services, self._viewer
        with self._anchor:
            answered = await self._console.act(
                viewer, lambda: answer_case_file(services, viewer.principal, case_file_id, action, text)
            )
            if answered is not None:
                ui.notify(viewer.say("console.inbox.was_answered"), type="positive", position="top")
            self._has_changed = True
            await self._refresh()
