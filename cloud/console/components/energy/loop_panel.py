"""Breaches and what was done about them, step by step: breach, command, verified, load fell by so much."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from nicegui import ui

from cloud.console.command_words import order_words, target_name
from cloud.console.components.energy.effect_table import kwh
from cloud.console.components.panel import empty
from cloud.console.components.tag import tag
from cloud.console.numbers import clock_time, near_time, show
from cloud.console.session import Viewer
from cloud.console.views.breach_story import FAILED, BreachStory, answered_ms, effect_spans
from cloud.console.views.overview import LivePower
from cloud.core.access import Permission
from cloud.core.command_record import CommandRecord, CommandState
from cloud.energy.effect import Effect
from foundation.texts import load_texts

StepState = Literal["done", "waiting", "failed", "none"]
Decide = Callable[[str, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the loop as a person reads it."""

    title: str
    detail: str
    state: StepState


Steps = tuple[Step, Step, Step, Step]


def steps(story: BreachStory, viewer: Viewer, now_ms: int) -> Steps:
    """The four stages of a story; a stage not reached says what it waits for."""
    return (
        _breach_step(story, viewer),
        _command_step(story, viewer),
        _verified_step(story, viewer),
        _effect_step(story, viewer, now_ms),
    )


def _breach_step(story: BreachStory, viewer: Viewer) -> Step:
    peak = viewer.say("console.loop.peak", peak=str(show(story.breach.peak, "W")))
    return Step(viewer.say("console.loop.breach"), peak, "failed" if story.is_open else "done")


def _command_step(story: BreachStory, viewer: Viewer) -> Step:
    title = viewer.say("console.loop.command")
    if not story.orders:
        return Step(title, viewer.say("console.loop.no_command"), "none")
    if story.waiting:
        return Step(title, viewer.say("console.loop.awaits_officer", n=len(story.waiting)), "waiting")
    if story.sent_ms is None:
        return Step(title, viewer.say("console.loop.not_sent"), "failed" if story.failed else "waiting")
    return Step(title, viewer.say("console.loop.sent", n=len(story.orders), time=clock_time(story.sent_ms)), "done")


def _verified_step(story: BreachStory, viewer: Viewer) -> Step:
    title = viewer.say("console.loop.verified")
    counted = viewer.say("console.loop.of", n=len(story.taken), all=len(story.orders))
    if story.orders and len(story.taken) == len(story.orders):
        return Step(title, f"{counted} · {clock_time(story.verified_ms)}", "done")
    if story.failed:
        return Step(title, counted, "failed")
    return Step(title, counted if story.sent_ms else "", "waiting" if story.orders else "none")


def _effect_step(story: BreachStory, viewer: Viewer, now_ms: int) -> Step:
    if story.booked is not None:
        return _booked_step(story.booked, viewer)
    if story.effect is None:
        return _unmeasured_step(story, viewer, now_ms)
    fall_w = story.effect.fall_w
    key = "console.loop.fell" if fall_w >= 0 else "console.loop.rose"
    means = viewer.say("console.loop.means", seconds=f"{story.effect.window_s:.0f}")
    live = viewer.say("console.effect.live")
    return Step(
        viewer.say(key, by=str(show(abs(fall_w), "W"))), f"{means} · {live}", "done" if fall_w > 0 else "failed"
    )


def _booked_step(booked: Effect, viewer: Viewer) -> Step:
    """What was booked is said as energy with its interval: it is an estimate against a counterfactual."""
    key = "console.effect.saved_on_overview" if booked.saved_wh >= 0 else "console.effect.used_on_overview"
    detail = viewer.say("console.effect.booked", low=kwh(booked.low_wh), high=f"{kwh(booked.high_wh)} kWh")
    title = viewer.say(key, saved=f"{kwh(abs(booked.saved_wh))} kWh")
    return Step(title, detail, "done" if booked.saved_wh > 0 else "failed")


def _unmeasured_step(story: BreachStory, viewer: Viewer, now_ms: int) -> Step:
    title, spans = viewer.say("console.loop.load"), effect_spans(story)
    if not story.taken:
        return Step(title, "", "none")
    if spans is not None and now_ms < spans[1][1]:
        return Step(title, viewer.say("console.loop.measuring"), "waiting")
    return Step(title, viewer.say("console.loop.unmeasured"), "none")


class LoopPanel:
    """Redrawn only when something in the loop changed."""

    def __init__(self, viewer: Viewer, decide: Decide) -> None:
        self._viewer, self._decide = viewer, decide
        self._drawn: list[tuple[BreachStory, Steps]] | None = None
        self._box = tag(ui.element("div").classes("xt-stories"), "stories")

    def show(self, view: LivePower) -> None:
        told = [(story, steps(story, self._viewer, view.at_ms)) for story in view.stories]
        if told == self._drawn:
            return
        self._drawn = told
        self._box.clear()
        with self._box:
            if not told:
                empty(self._viewer.say("console.loop.none"))
            for story, stages in told:
                self._story(story, stages, view)

    def _story(self, story: BreachStory, stages: Steps, view: LivePower) -> None:
        viewer = self._viewer
        with ui.element("article").classes("xt-story" + (" xt-open" if story.is_open else "")):
            with ui.element("div").classes("xt-story-head"):
                ui.label(viewer.say("console.loop.open" if story.is_open else "console.loop.closed")).classes(
                    "xt-chip " + ("xt-state-breach" if story.is_open else "xt-state-within")
                )
                ui.label(_title(story, view, viewer)).classes("xt-story-title")
                ui.label(near_time(story.breach.opened_ms, view.at_ms)).classes("xt-time")
            with ui.element("ol").classes("xt-steps"):
                for step in stages:
                    with ui.element("li").classes(f"xt-step xt-step-{step.state}"):
                        ui.label(step.title).classes("xt-step-title")
                        ui.label(step.detail).classes("xt-step-detail")
            for record in story.orders:
                self._command(record, story, view)

    def _command(self, record: CommandRecord, story: BreachStory, view: LivePower) -> None:
        viewer, request = self._viewer, record.request
        with ui.element("div").classes("xt-command"):
            with ui.element("div").classes("xt-grow"):
                ui.label(target_name(record, view.places, viewer))
                ui.label(_order_line(record, view, viewer)).classes("xt-command-order")
            ui.label(viewer.say(f"console.command.{record.state.value}")).classes(
                f"xt-chip xt-command-{record.state.value}"
            )
            ui.label(clock_time(answered_ms(record) or record.sent_ms or record.proposed_ms)).classes("xt-time")
            if record.state is CommandState.PROPOSED and viewer.may(Permission.DECIDE_COMMAND):
                self._buttons(request.command_id)

    def _buttons(self, command_id: str) -> None:
        with ui.element("div").classes("xt-decide"):
            for approve in (True, False):
                self._button(command_id, approve)

    def _button(self, command_id: str, approve: bool) -> None:
        async def on_click() -> None:
            await self._decide(command_id, approve)

        text = self._viewer.say("console.loop.approve" if approve else "console.loop.reject")
        button = tag(ui.button(text, on_click=on_click), "approve" if approve else "reject")
        button.props("dense unelevated no-caps" if approve else "dense flat no-caps color=secondary")


def _order_line(record: CommandRecord, view: LivePower, viewer: Viewer) -> str:
    order = order_words(record, view.places, viewer)
    if record.state not in FAILED or record.receipt is None:
        return order
    key = f"command.reason.{record.receipt.reason}"
    reason = viewer.say(key) if key in load_texts() else record.receipt.reason
    return viewer.say("console.loop.because", order=order, reason=reason)


def _title(story: BreachStory, view: LivePower, viewer: Viewer) -> str:
    limit = str(show(story.breach.limit, "W"))
    if story.threshold is None:
        return viewer.say("console.loop.deleted_threshold", limit=limit)
    return viewer.say("console.loop.title", name=story.threshold.name, limit=limit)
