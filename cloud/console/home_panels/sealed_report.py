"""The newest sealed report: what it is, whether it is as it was sealed, and how to check it without this house."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import ui

from cloud.console.components.facts import facts, why
from cloud.console.components.row_table import Chip
from cloud.console.components.severity import chip_label
from cloud.console.components.tag import tag
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, Show
from cloud.console.numbers import date_time
from cloud.console.session import Viewer
from cloud.core.access import Permission, Role
from cloud.desks.reports import orders, public_key_of, verify_order
from cloud.reporting.order import OrderState, ReportOrder
from cloud.reporting.verdict import Verdict
from foundation.errors import DomainError


@dataclass(frozen=True, slots=True)
class SealedReport:
    """`order` and `verdict` are None without any report; `lost` says why the package cannot be checked."""

    order: ReportOrder | None
    verdict: Verdict | None = None
    lost: DomainError | None = None


def read(console: Console, viewer: Viewer) -> SealedReport:
    """Checks the package anew: hash chain, totals and signature."""
    services, principal = console.services, viewer.principal
    done = next((one for one in orders(services, principal) if one.state is OrderState.DONE), None)
    if done is None:
        return SealedReport(None)
    try:
        return SealedReport(done, verify_order(services, principal, done.order_id))
    except DomainError as error:
        return SealedReport(done, lost=error)


def build(console: Console, viewer: Viewer) -> Show:
    """Facts, the state of the seal, and the line by which anybody checks it."""
    box = tag(ui.element("div").classes("xt-stack"), "sealed-report")

    def show(sealed: SealedReport) -> None:
        box.clear()
        with box:
            if sealed.order is None:
                ui.label(viewer.say("console.home.sealed.none")).classes("xt-nothing")
            else:
                _report(sealed, sealed.order, console, viewer)

    return show


def _report(sealed: SealedReport, order: ReportOrder, console: Console, viewer: Viewer) -> None:
    say = viewer.say
    is_intact = sealed.verdict is not None and sealed.verdict.is_intact
    words = "console.home.sealed.intact" if is_intact else "console.home.sealed.broken"
    name = say(f"report.{order.report}.title")
    with ui.element("div").classes("xt-story-head"):
        ui.label(f"{name} · {order.period}").classes("xt-story-title")
        tag(chip_label(Chip(say(words), "good" if is_intact else "red")), "seal-state")
    facts(
        [
            (say("console.home.sealed.finished"), date_time(order.finished_ms)),
            (say("console.home.sealed.package"), order.package or ""),
            (say("console.home.sealed.digest"), order.digest or ""),
        ]
    )
    for line in _lines(sealed, viewer):
        why(line)
    facts_of_hint = {"package": order.package or "PACKAGE.zip", "public_key": public_key_of(console.services)}
    ui.label(say("console.home.sealed.hint", **facts_of_hint)).classes("xt-hint")


def _lines(sealed: SealedReport, viewer: Viewer) -> list[str]:
    if sealed.lost is not None:
        return [viewer.say(sealed.lost.code, **sealed.lost.facts)]
    return sealed.verdict.lines(viewer.language, is_pinned=True)[:4] if sealed.verdict else []


PANEL = HomePanel(
    title="console.home.sealed.title",
    permission=Permission.READ_REPORTS,
    weight=11,
    side="right",
    roles=frozenset({Role.AUDITOR}),
    read=read,
    build=build,
    more="/reports",
    age_s=120.0,
)
