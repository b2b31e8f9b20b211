"""Joint cases as rows: the matter, who leads, what each department says, and how long there is still time."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cloud.console.components.row_table import Cell, Chip, Column, Markup, Row, RowTable
from cloud.console.numbers import near_time
from cloud.console.service_words import CASE_TONES, ServiceWords
from cloud.console.session import Viewer
from cloud.console.views.case_board import CaseLine
from cloud.services.from_risk import case_title
from cloud.services.joint_case import Approval, CaseState, JointCase

COLUMNS = ("title", "lead", "words", "due", "state")
NOT_WRAPPED = ("lead", "due", "state")
_WORDS = {True: ("agreed", "good"), False: ("refused", "bad"), None: ("waiting", "")}


class CaseTable:
    """The first cell leads to the case's page."""

    def __init__(self, viewer: Viewer) -> None:
        columns = [Column(viewer.say(f"console.joint.{name}"), nowrap=name in NOT_WRAPPED) for name in COLUMNS]
        self._table = RowTable(columns, viewer.say("console.joint.none"), "cases")

    def show(self, lines: Sequence[CaseLine], words: ServiceWords, now_ms: int) -> None:
        self._table.show([_row(one, words, now_ms) for one in lines])


def title_of(line: CaseLine, words: ServiceWords) -> str:
    """What people called it; a case of the system by its risk, in the reader's language."""
    if line.origin is None:
        return line.case.title
    place = words.subject(line.case.institution_id, line.case.subject)
    return case_title(line.origin, place, words.viewer.language)


def word_chip(approval: Approval, words: ServiceWords) -> Chip:
    """One department's word."""
    name, tone = _WORDS[approval.agreed]
    return Chip(words.viewer.say(f"console.joint.{name}"), tone)


def state_chip(case: JointCase, words: ServiceWords) -> Chip:
    return Chip(words.viewer.say(f"case.state.{case.state}"), CASE_TONES.get(case.state, ""))


def deadline(case: JointCase, words: ServiceWords, now_ms: int) -> Chip:
    """The time left; for what is closed when that was."""
    if case.state is CaseState.CLOSED:
        return Chip(words.viewer.say("case.state.closed"), "", near_time(case.closed_ms or case.due_ms, now_ms))
    return words.due(case.due_ms, now_ms, near_time(case.due_ms, now_ms))


def _row(line: CaseLine, words: ServiceWords, now_ms: int) -> Row:
    case = line.case
    opened = f"{near_time(case.opened_ms, now_ms)} · {words.who(case.opened_by)}"
    cells = (
        Cell(title_of(line, words), opened),
        words.department(case.lead),
        _chips(case, words),
        deadline(case, words, now_ms),
        state_chip(case, words),
    )
    return Row(case.case_id, cells, href=f"/cases/{case.case_id}")


def _chips(case: JointCase, words: ServiceWords) -> Markup:
    """Every department on the colour of its word."""
    chips = []
    for one in case.approvals:
        chip = word_chip(one, words)
        text, tone = escape(words.department(one.department)), escape(chip.tone)
        chips.append(f'<span class="xt-chip xt-tone-{tone}" title="{escape(chip.text)}">{text}</span>')
    return Markup(f'<span class="xt-chips">{"".join(chips)}</span>')
