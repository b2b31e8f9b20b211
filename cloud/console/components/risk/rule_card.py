"""The definition of one rule: condition with limits, basis, delays, treatment, and what its labels have taught."""

from __future__ import annotations

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.panel import empty
from cloud.console.components.risk.risk_grounds import basis_facts
from cloud.console.components.severity import chip_label, severity_chip
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.risk_words import RiskWords, percent
from cloud.console.rule_conditions import condition_of
from cloud.console.session import Viewer
from cloud.desks.rules import RuleView
from cloud.risk.alarm_life import clearing_kind
from cloud.risk.precision import HALF_LIFE_DAYS, LEAST_LABELS, Precision
from cloud.risk.rule import Rule
from cloud.risk.rule_words import advice_of, name_of
from cloud.services.catalogue import load_services


def rule_card(console: Console, view: RuleView, words: RiskWords) -> None:
    """The content of the panel beside the library."""
    rule, viewer = view.rule, words.viewer
    language = viewer.language
    with tag(ui.element("div").classes("xt-stack"), "rule-card"):
        with ui.element("div").classes("xt-device-head"):
            ui.label(f"{rule.rule_id} {name_of(rule.rule_id, language)}").classes("xt-field-title")
            chip_label(severity_chip(rule.severity, viewer))
        why(condition_of(rule.rule_id, language), "rule-condition")
        facts([*_definition(console, view, words), *_lessons(view, viewer)], "rule-facts")
        _explanation(view.precision, viewer)


def _definition(console: Console, view: RuleView, words: RiskWords) -> list[tuple[str, str]]:
    rule, say = view.rule, words.viewer.say
    told = [
        *basis_facts(rule, words),
        (say("console.register.department"), console.department_name(view.department, words.viewer)),
        (say("console.rule.state"), say("risk.rule.in_force" if view.is_in_force else "risk.rule.in_shadow")),
        (say("console.rule.consequence"), f"{rule.consequence} {say(f'risk.consequence.{rule.consequence}')}"),
        (say("console.rule.kind"), rule.kind),
        (say("console.rule.ends"), clearing_kind(rule) or say("console.rule.moment")),
        (
            say("console.alarm.delays"),
            say("console.risk.delays", on=f"{rule.on_delay_s:g}", off=f"{rule.off_delay_s:g}"),
        ),
        (say("console.rule.due"), say("console.rule.hours", n=f"{rule.due_h:g}")),
        (say("console.rule.treatment"), _treatment(rule, words.viewer)),
        (say("console.risk.advice"), advice_of(rule.rule_id, words.viewer.language)),
    ]
    if rule.is_restricted:
        told.append((say("console.rule.restricted"), say("console.rule.restricted_words")))
    told += [
        (say("console.rule.approved"), f"{words.institution(one)}: {by}") for one, by in sorted(view.approved.items())
    ]
    return told


def _treatment(rule: Rule, viewer: Viewer) -> str:
    kind = viewer.say(f"risk.treatment.{rule.playbook.kind.value}")
    service = load_services().get(rule.playbook.service or "")
    return f"{kind}: {service.name[viewer.language]}" if service is not None else kind


def _lessons(view: RuleView, viewer: Viewer) -> list[tuple[str, str]]:
    one, say = view.precision, viewer.say
    if one is None:
        return [(say("console.rule.precision"), say("console.rule.figures_missing"))]
    span = f"{percent(one.mean, viewer, 1)} ({percent(one.low, viewer, 1)}–{percent(one.high, viewer, 1)})"
    told = [
        (say("console.rule.precision"), span),
        (say("console.rule.labels"), f"{one.labels:,}"),
        (say("console.rule.beta"), f"Beta({one.alpha:.2f}, {one.beta:.2f})"),
        (say("console.rule.p_poor"), percent(one.p_below_03, viewer)),
        (say("console.rule.p_good"), percent(one.p_above_07, viewer)),
    ]
    for outlook in view.outlooks.values():
        rate = f"{outlook.rate_per_week:.2f} ({outlook.low:.2f}–{outlook.high:.2f})"
        told += [(say("console.rule.rate"), rate), (say("console.rule.chance"), percent(outlook.probability, viewer))]
    if one.proposal is not None:
        told.append((say("console.rule.proposal"), say(f"risk.proposal.{one.proposal.value}")))
    return told


def _explanation(precision: Precision | None, viewer: Viewer) -> None:
    if precision is not None:
        why(viewer.say("console.rule.why", days=HALF_LIFE_DAYS, least=LEAST_LABELS), "rule-why")


def nothing_chosen(viewer: Viewer) -> None:
    empty(viewer.say("console.rule.choose"))
