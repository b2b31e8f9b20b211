"""Shared data as tables: the catalogue with one's access, what waits for one's word, and all grants with their use."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.console.components.row_table import Buttons, Cell, Chip, Column, OnPress, Row, RowTable
from cloud.console.numbers import MISSING, near_time
from cloud.console.service_words import ServiceWords
from cloud.console.session import Viewer
from cloud.console.views.dataset_board import DatasetLine
from cloud.core.calendar import local_day
from cloud.services.dataset import load_datasets
from cloud.services.dataset_grant import DatasetGrant, GrantState
from cloud.services.dataset_life import is_alive

CATALOGUE = ("name", "owner", "level", "fields", "access")
WISHES = ("name", "asker", "purpose")
GRANTS = ("name", "asker", "purpose", "state", "validity", "uses")
ASK, OPEN, GRANT, REFUSE = "ask", "open", "grant", "refuse"
TONES = {GrantState.ASKED: "yellow", GrantState.GRANTED: "good", GrantState.REFUSED: "bad"}
LEVEL_TONES = {"L1": "good", "L2": "blue", "L3": "orange"}


def _columns(viewer: Viewer, names: Sequence[str], wrapped: str, right: str = "") -> list[Column]:
    named = [Column(viewer.say(f"console.dataset.{one}"), right=one == right, nowrap=one != wrapped) for one in names]
    return [*named, Column("", nowrap=True)]


class CatalogueTable:
    """A row's button asks for the data, or opens them."""

    def __init__(self, viewer: Viewer, on_press: OnPress) -> None:
        self._viewer = viewer
        columns = _columns(viewer, CATALOGUE, "name", "fields")
        self._table = RowTable(columns, viewer.say("console.dataset.none"), "datasets", on_press)

    def show(self, lines: Sequence[DatasetLine], words: ServiceWords) -> None:
        self._table.show([self._row(one, words) for one in lines])

    def _row(self, line: DatasetLine, words: ServiceWords) -> Row:
        dataset, say, language = line.dataset, self._viewer.say, self._viewer.language
        level = Chip(say(f"console.dataset.level.{dataset.level}"), LEVEL_TONES.get(dataset.level, ""))
        buttons = [(ASK, say("console.dataset.ask"))] if line.may_ask else []
        buttons += [(OPEN, say("console.dataset.open"))] if line.may_open else []
        cells = (
            Cell(dataset.name[language], dataset.description[language]),
            words.department(dataset.department),
            level,
            f"{len(dataset.fields)}",
            self._access(line),
            Buttons(tuple(buttons)),
        )
        return Row(dataset.id, cells)

    def _access(self, line: DatasetLine) -> Chip:
        say, grant = self._viewer.say, line.grant
        if line.is_own:
            return Chip(say("console.dataset.own"), "blue")
        if grant is None:
            return Chip(say("console.dataset.not_asked"))
        if grant.state is GrantState.ASKED:
            return Chip(say("console.dataset.waiting"), "yellow")
        return Chip(say("grant.state.granted"), "good", validity(grant, self._viewer))


class DecisionTable:
    """Wishes that wait for the viewer's department."""

    def __init__(self, viewer: Viewer, on_press: OnPress) -> None:
        self._viewer = viewer
        columns = _columns(viewer, WISHES, "purpose")
        self._table = RowTable(columns, viewer.say("console.dataset.nothing_to_decide"), "to-decide", on_press)

    def show(self, grants: Sequence[DatasetGrant], words: ServiceWords, now_ms: int) -> None:
        self._table.show([self._row(one, words, now_ms) for one in grants])

    def _row(self, grant: DatasetGrant, words: ServiceWords, now_ms: int) -> Row:
        say = self._viewer.say
        buttons = ((GRANT, say("console.dataset.grant")), (REFUSE, say("console.dataset.refuse")))
        asked = f"{grant.asked_by} · {near_time(grant.asked_ms, now_ms)}"
        cells = (
            dataset_name(grant.dataset, self._viewer),
            Cell(words.department(grant.asked_by_department), asked),
            grant.purpose,
            Buttons(buttons),
        )
        return Row(grant.grant_id, cells)


class GrantTable:
    """All grants that the viewer may see."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        columns = _columns(viewer, GRANTS, "purpose", "uses")[:-1]
        self._table = RowTable(columns, viewer.say("console.dataset.no_grants"), "grants")

    def show(self, grants: Sequence[DatasetGrant], words: ServiceWords, now_ms: int) -> None:
        self._table.show([self._row(one, words, now_ms) for one in grants])

    def _row(self, grant: DatasetGrant, words: ServiceWords, now_ms: int) -> Row:
        say = self._viewer.say
        decided = f"{grant.decided_by} · {near_time(grant.decided_ms, now_ms)}" if grant.decided_ms else ""
        used = near_time(grant.last_used_ms, now_ms) if grant.last_used_ms else ""
        cells = (
            Cell(dataset_name(grant.dataset, self._viewer), words.department(grant.owner)),
            Cell(words.department(grant.asked_by_department), grant.asked_by),
            grant.purpose,
            Chip(say(f"grant.state.{grant.state}"), TONES[grant.state], decided),
            validity(grant, self._viewer, now_ms) if grant.state is GrantState.GRANTED else MISSING,
            Cell(f"{grant.uses:,}", say("console.dataset.last_used", at=used) if used else ""),
        )
        return Row(grant.grant_id, cells)


def dataset_name(dataset_id: str, viewer: Viewer) -> str:
    dataset = load_datasets().get(dataset_id)
    return dataset.name[viewer.language] if dataset else dataset_id


def validity(grant: DatasetGrant, viewer: Viewer, now_ms: int | None = None) -> str:
    """Until when it holds, or when it ended."""
    if grant.valid_until_ms is None:
        return MISSING
    is_over = now_ms is not None and not is_alive(grant, now_ms)
    key = "console.dataset.expired" if is_over else "console.dataset.until"
    return viewer.say(key, day=local_day(grant.valid_until_ms).isoformat())
