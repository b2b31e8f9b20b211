"""Why a risk is what it is: the finding in one sentence, advice, basis, the terms of its score, and the facts."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.panel import empty, panel
from cloud.console.components.severity import severity_name
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.numbers import date_time
from cloud.console.risk_words import RiskWords, percent
from cloud.console.rule_conditions import condition_of
from cloud.console.views.risk_case import RiskCase
from cloud.risk.risk_words import explanation_of
from cloud.risk.rule import Rule
from cloud.risk.rule_words import advice_of

INTERNAL = "internal"
"""The basis of rules that the house has given itself."""


def grounds(console: Console, case: RiskCase, words: RiskWords) -> None:
    """The left side of a case page."""
    say, language, risk = words.viewer.say, words.viewer.language, case.risk
    where = words.subject(risk.institution_id, risk.subject)
    department = console.department_name(risk.department, words.viewer)
    with panel(say("console.case.why")):
        why(explanation_of(risk, language, subject=where, department=department), "explanation")
        facts(
            [
                (say("console.risk.advice"), advice_of(risk.rule_id, language)),
                (say("console.risk.condition"), condition_of(risk.rule_id, language)),
                *basis_facts(case.rule, words),
                (say("console.register.where"), where),
                (say("console.case.institution"), words.institution(risk.institution_id)),
                (say("console.register.department"), department),
                (say("console.register.opened"), date_time(risk.opened_ms)),
                (say("console.register.due"), date_time(risk.due_ms)),
            ],
            "grounds",
        )
    with panel(say("console.case.score")):
        _score(case, words)
    with panel(say("console.case.facts"), note=say("console.case.facts_hint")):
        told = words.facts(risk.institution_id, risk.data)
        if told:
            facts(told, "finding-facts")
        else:
            empty(say("console.case.no_facts"))


def basis_facts(rule: Rule | None, words: RiskWords) -> list[tuple[str, str]]:
    """The regulation behind a rule and how sure one is of it; a rule that has left the library says so."""
    say = words.viewer.say
    if rule is None:
        return [(say("console.case.basis"), say("console.case.rule_gone"))]
    basis = say("console.case.basis_internal") if rule.basis == INTERNAL else rule.basis
    return [(say("console.case.basis"), f"{basis} ({say(f'console.case.confidence.{rule.confidence}')})")]


def _score(case: RiskCase, words: RiskWords) -> None:
    risk, say = case.risk, words.viewer.say
    with tag(ui.element("div").classes("xt-score"), "score"):
        _term("likelihood", risk.likelihood, words)
        ui.label("×").classes("xt-score-sign")
        _term("consequence", risk.consequence, words)
        ui.label("=").classes("xt-score-sign")
        with ui.element("div").classes(f"xt-score-term xt-severity-{risk.colour.name.lower()}"):
            ui.label(str(risk.score)).classes("xt-number xt-severity")
            ui.label(severity_name(risk.colour, words.viewer)).classes("xt-note")
    if case.outlook is None:
        ui.label(say("console.case.no_outlook")).classes("xt-note")
        return
    rate = case.outlook
    ui.label(
        say(
            "console.case.rate",
            rate=f"{rate.rate_per_month:.1f}",
            low=f"{rate.low:.2f}",
            high=f"{rate.high:.2f}",
            chance=percent(rate.probability, words.viewer),
        )
    ).classes("xt-note")


def _term(name: str, level: int, words: RiskWords) -> None:
    say = words.viewer.say
    with ui.element("div").classes("xt-score-term"):
        ui.label(str(level)).classes("xt-number")
        ui.label(say(f"console.register.{name}")).classes("xt-note")
        ui.label(say(f"risk.{name}.{level}"))
