"""The survey that waits for one's answers, and how many departments are answered already."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.session import Viewer
from cloud.core.access import Permission
from cloud.desks.evaluation import SurveyForm, survey_form


def read(console: Console, viewer: Viewer) -> tuple[SurveyForm, ...]:
    principal = viewer.principal
    return tuple(survey_form(console.services, principal, one) for one in sorted(principal.institution_ids))


def build(console: Console, viewer: Viewer) -> Show:
    """One line for each institution with its bar."""
    box = tag(ui.element("div").classes("xt-stack"), "survey")

    def show(forms: tuple[SurveyForm, ...]) -> None:
        box.clear()
        with box:
            for form in forms:
                answered, wanted = len(form.given), len(form.departments)
                facts = {"period": form.period, "n": answered, "all": wanted}
                ui.label(viewer.say("console.home.survey.answered", **facts))
                bar = ui.linear_progress(answered / wanted if wanted else 0, show_value=False).props("size=8px rounded")
                bar.classes("xt-wide")
                if answered < wanted:
                    ui.link(viewer.say("console.home.survey.go"), "/survey").classes("xt-strong")

    return show


PANEL = HomePanel(
    title="console.home.survey.title",
    permission=Permission.ANSWER_SURVEY,
    weight=45,
    side="right",
    read=read,
    build=build,
    more="/survey",
    age_s=15.0,
)
