"""What one may do about a risk: say what was done, want the playbook's request, and say whether the rule was right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.risk_words import percent
from cloud.console.session import Viewer
from cloud.console.views.label_effect import LabelEffect
from cloud.console.views.risk_case import RiskCase
from cloud.risk.precision import Precision
from cloud.risk.risk import Label

LABELS = (Label.TRUE, Label.FALSE, Label.UNKNOWN)
TONES = {Label.TRUE: "positive", Label.FALSE: "negative", Label.UNKNOWN: "secondary"}


@dataclass(frozen=True, slots=True)
class Acts:
    """What the buttons do."""

    note: Callable[[], Awaitable[None]]
    request: Callable[[], Awaitable[None]]
    label: Callable[[Label], Awaitable[None]]


def treatment_panel(case: RiskCase, viewer: Viewer, acts: Acts) -> None:
    """Buttons while it waits for treatment; otherwise a word on why there are none."""
    say = viewer.say
    with panel(say("console.case.treat")):
        if not case.is_under_way:
            ui.label(say(f"risk.status.{case.risk.status.value}")).classes("xt-note")
            return
        ui.label(say("console.case.treat_hint")).classes("xt-note")
        with ui.element("div").classes("xt-case-buttons"):
            note = ui.button(say("console.case.note"), icon="edit_note", on_click=acts.note)
            tag(note.props("unelevated dense no-caps").classes("xt-button"), "treat-note")
            if case.may_want_request:
                request = ui.button(say("console.case.request"), icon="handyman", on_click=acts.request)
                tag(request.props("outline dense no-caps").classes("xt-button"), "treat-request")


def label_panel(case: RiskCase, viewer: Viewer, acts: Acts) -> None:
    """The three labels, each with what it makes of the rule's precision; those that may not be given yet are off."""
    effect = case.effect
    if effect is None:
        return
    say, risk = viewer.say, case.risk
    with panel(say("console.case.label")):
        _standing(case, effect, viewer)
        if not case.may_act:
            return
        if case.is_own_matter:
            ui.label(say("error.own_matter")).classes("xt-note")
            return
        if case.is_under_way:
            ui.label(say("console.case.label_early")).classes("xt-note")
        for label in LABELS:
            is_off = case.is_under_way and label is not Label.FALSE
            _choice(label, effect, viewer, acts, is_off=is_off, is_given=risk.label is label)


def _standing(case: RiskCase, effect: LabelEffect, viewer: Viewer) -> None:
    """The precision now; once labelled, what the label has changed."""
    say, rule_id = viewer.say, case.risk.rule_id
    if case.risk.label is None:
        text = say("console.case.precision", rule=rule_id, precision=_shown(effect.now, viewer), n=effect.now.labels)
    else:
        text = say(
            "console.case.precision_changed",
            rule=rule_id,
            label=say(f"risk.label.{case.risk.label.value}"),
            before=_shown(effect.before, viewer),
            after=_shown(effect.now, viewer),
            n=effect.now.labels,
        )
    tag(ui.label(text), "precision")


def _choice(label: Label, effect: LabelEffect, viewer: Viewer, acts: Acts, *, is_off: bool, is_given: bool) -> None:
    say = viewer.say

    async def choose() -> None:
        await acts.label(label)

    with ui.element("div").classes("xt-label-row"):
        button = ui.button(say(f"risk.label.{label.value}"), on_click=choose)
        look = "unelevated" if is_given else "outline"
        button.props(f"{look} dense no-caps color={TONES[label]}").classes("xt-button")
        tag(button, f"label-{label.value}").set_enabled(not is_off)
        before, after = _mean(effect.before, viewer), _mean(effect.after[label], viewer)
        words = say("console.case.label_does", before=before, after=after)
        tag(ui.label(words).classes("xt-note"), f"effect-{label.value}")


def _mean(precision: Precision, viewer: Viewer) -> str:
    return percent(precision.mean, viewer, 1)


def _shown(precision: Precision, viewer: Viewer) -> str:
    low, high = percent(precision.low, viewer), percent(precision.high, viewer)
    return f"{_mean(precision, viewer)} ({low}–{high})"
