"""The open orange and red risks of the institutions under a superior, without anybody's name."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.risk.risk_brief import RiskList, brief_rows
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel
from cloud.console.risk_words import read_risk_words
from cloud.console.session import Viewer
from cloud.core.access import Permission, Role
from cloud.desks.risks import risks_for

ROWS = 12


def read(console: Console, viewer: Viewer) -> RiskList:
    services, principal = console.services, viewer.principal
    risks = risks_for(services, principal, principal.institution_ids, only_open=True)
    worst = sorted(risks, key=lambda one: (-one.colour, -one.opened_ms))[:ROWS]
    return RiskList(tuple(worst), read_risk_words(console, viewer), services.clock.now_ms())


PANEL = HomePanel(
    title="console.home.told.title",
    permission=Permission.READ_RISKS,
    weight=32,
    roles=frozenset({Role.SUPERIOR}),
    read=read,
    build=table_of(
        "told-risks",
        ("", "console.home.risks.found", "console.home.institution"),
        "console.home.told.none",
        lambda found, console, viewer: brief_rows(found, with_institution=True),
    ),
    more="/risks",
)
