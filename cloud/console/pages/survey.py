"""What people think of the departments: scores from 1 to 5 by dimension, a word to each, for the last full month."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from starlette.requests import Request

from cloud.console.components.panel import panel
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.frame import StatusLight, frame, guarded_page
from cloud.console.numbers import clock_time
from cloud.console.session import Viewer
from cloud.console.views.survey_draft import SurveyDraft, drafts_of
from cloud.core.access import Permission
from cloud.desks.evaluation import LONGEST_COMMENT, SurveyForm, answer_survey, survey_form
from cloud.evaluation.survey import HIGHEST, LEAST_ANSWERS, LOWEST


def register(console: Console) -> None:
    """Route `/survey`; `?institution=` for whoever answers for one of several."""

    @guarded_page(console, "/survey", Permission.ANSWER_SURVEY)
    async def survey_page(viewer: Viewer, request: Request) -> None:
        known = sorted(viewer.principal.institution_ids)
        wanted = request.query_params.get("institution", "")
        with frame(viewer, "/survey", viewer.say("console.nav.survey")) as light:
            page = SurveyPage(console, viewer, light, wanted if wanted in known else next(iter(known), ""))
            await page.build()


class SurveyPage:
    """One row for each department; everything that was changed is sent at once."""

    def __init__(self, console: Console, viewer: Viewer, light: StatusLight, institution_id: str) -> None:
        self._console, self._viewer, self._light = console, viewer, light
        self._institution_id = institution_id
        self._inputs: dict[str, dict[str, Any]] = {}

    async def build(self) -> None:
        self._body = ui.element("div")
        await self._load()

    async def _load(self) -> None:
        services, viewer = self._console.services, self._viewer
        form = await self._console.act(viewer, lambda: survey_form(services, viewer.principal, self._institution_id))
        if form is None:
            return
        self._light.show(True, clock_time(services.clock.now_ms()))
        self._form = form
        self._body.clear()
        with self._body:
            self._draw(form)

    def _draw(self, form: SurveyForm) -> None:
        say = self._viewer.say
        note = say("console.survey.answered", n=len(form.given), all=len(form.departments))
        with panel(say("console.survey.heading", period=form.period), note=note):
            ui.label(say("console.survey.hint", low=LOWEST, high=HIGHEST, least=LEAST_ANSWERS)).classes("xt-hint")
            with ui.element("div").classes("xt-table-box"), ui.element("table").classes("xt-table xt-survey"):
                self._head(form)
                with ui.element("tbody"):
                    for department in form.departments:
                        self._row(form, department.id, department.name[self._viewer.language])
            with ui.element("div").classes("xt-buttons"):
                send = ui.button(say("console.survey.send"), icon="how_to_vote", on_click=self._send)
                tag(send, "send-survey").props("unelevated no-caps")

    def _head(self, form: SurveyForm) -> None:
        say = self._viewer.say
        with ui.element("thead"), ui.element("tr"):
            with ui.element("th"):
                ui.label(say("console.survey.department"))
            for dimension in form.dimensions:
                with ui.element("th"):
                    ui.label(say(f"evaluation.dimension.{dimension.value}")).classes("xt-strong")
                    ui.label(say(f"evaluation.question.{dimension.value}")).classes("xt-note")
            with ui.element("th"):
                ui.label(say("console.survey.comment"))

    def _row(self, form: SurveyForm, department: str, name: str) -> None:
        say, given = self._viewer.say, form.given.get(department, {})
        inputs = self._inputs[department] = {}
        scores = {one: str(one) for one in range(LOWEST, HIGHEST + 1)}
        with tag(ui.element("tr"), f"survey-{department}"):
            with ui.element("td"):
                ui.label(name).classes("xt-strong")
                if department == form.own:
                    ui.label(say("console.survey.own")).classes("xt-chip")
                elif given:
                    ui.label(say("console.survey.done")).classes("xt-chip xt-tone-good")
            for dimension in form.dimensions:
                with ui.element("td"):
                    select = ui.select(scores, value=given.get(dimension.value), clearable=True)
                    inputs[dimension.value] = tag(select, f"score-{department}-{dimension.value}")
                    select.props("dense outlined options-dense")
            with ui.element("td"):
                comment = ui.input(value=form.comments.get(department, "")).classes("xt-comment")
                inputs["comment"] = tag(comment, f"comment-{department}")
                comment.props(f"dense outlined maxlength={LONGEST_COMMENT}")

    async def _send(self) -> None:
        services, viewer, form = self._console.services, self._viewer, self._form
        entered = {name: {key: one.value for key, one in inputs.items()} for name, inputs in self._inputs.items()}
        drafts = drafts_of(form, entered)
        if not drafts:
            ui.notify(viewer.say("console.survey.nothing_new"), position="top")
            return

        def send() -> list[SurveyDraft]:
            for one in drafts:
                answer_survey(services, viewer.principal, form.institution_id, one.department, one.scores, one.comment)
            return drafts

        sent = await self._console.act(viewer, send)
        if sent is not None:
            ui.notify(viewer.say("console.survey.sent", n=len(sent)), type="positive", position="top")
            await self._load()
