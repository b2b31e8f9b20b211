"""Case files that wait for a superior's answer."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.row_table import Cell, Chip, Row
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel
from cloud.console.numbers import near_time
from cloud.console.risk_words import RiskWords, read_risk_words
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.inbox import case_files_for
from cloud.risk.case_file import CaseFile, CaseFileState

ROWS = 8
TONES = {CaseFileState.SENT: "orange", CaseFileState.ORDERED: "blue", CaseFileState.RETURNED: "yellow"}
View = tuple[tuple[CaseFile, ...], RiskWords]


def read(console: Console, viewer: Viewer) -> View:
    """What waits first, then the newest."""
    principal = viewer.principal
    files = case_files_for(console.services, principal, principal.institution_ids)
    ordered = sorted(files, key=lambda one: (one.state is not CaseFileState.SENT, -one.sent_ms))
    return tuple(ordered[:ROWS]), read_risk_words(console, viewer)


def rows(view: View, console: Console, viewer: Viewer) -> list[Row]:
    files, words = view
    now_ms = console.services.clock.now_ms()
    return [
        Row(
            one.case_file_id,
            (
                Chip(viewer.say(_state(one)), TONES.get(one.state, "")),
                Cell(words.institution(one.institution_id), one.answer),
                near_time(one.sent_ms, now_ms),
            ),
            "/inbox",
            1,
        )
        for one in files
    ]


def _state(file: CaseFile) -> str:
    word = "waiting" if file.state is CaseFileState.SENT else file.state.value
    return f"console.home.inbox.{word}"


PANEL = HomePanel(
    title="console.home.inbox.title",
    permission=Permission.READ_INBOX,
    weight=31,
    side="right",
    read=read,
    build=table_of(
        "inbox",
        ("console.home.state", "console.home.institution", "console.home.inbox.sent"),
        "console.home.inbox.none",
        rows,
    ),
    more="/inbox",
)
