"""The worst and newest open risks of one's departments."""

from __future__ import annotations

from cloud.console.components.home_table import table_of
from cloud.console.components.risk.risk_brief import RiskList, brief_rows
from cloud.console.context import Console
from cloud.console.home_panel import HomePanel, has_department
from cloud.console.risk_words import read_risk_words
from cloud.console.session import Viewer
from cloud.console.views.mine import departments_of, my_risks
from cloud.core.access import Permission

ROWS = 6


def read(console: Console, viewer: Viewer) -> RiskList:
    mine = departments_of(console.departments, viewer.principal)
    risks = my_risks(console.services, viewer.principal, mine)[:ROWS]
    return RiskList(tuple(risks), read_risk_words(console, viewer), console.services.clock.now_ms())


PANEL = HomePanel(
    title="console.home.risks.title",
    permission=Permission.READ_RISKS,
    weight=30,
    read=read,
    build=table_of(
        "my-risks",
        ("", "console.home.risks.found", "console.home.opened"),
        "console.home.risks.none",
        lambda found, console, viewer: brief_rows(found),
    ),
    applies=has_department,
    more="/risks",
)
