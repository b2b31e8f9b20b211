"""Families of texts that the home pages, the books, the institution and the survey ask for."""

from __future__ import annotations

from cloud.console.components import mistake_table
from cloud.console.components.books import record_import
from cloud.console.home_panels import breaches, glance, system
from cloud.console.pages import records
from cloud.console.views.institution_part import REFERENCES
from cloud.console.views.to_complete import MISSING_FIGURES
from cloud.evaluation.order_degree import Orientation
from cloud.risk.case_file import CaseFileState

HOME_FAMILIES = {
    "console.file.": set(mistake_table.TITLES),
    "console.gap.": {
        "institution.superior_id",
        "devices.not_entered",
        *(f"{part}.{field}" for part, _, fields in MISSING_FIGURES for field in fields),
    },
    "console.home.belongings.": {"owner", "rules", "services", "kinds", "datasets", "events"},
    "console.home.bookings.": {"time", "what", "state", "now", "over", "later"},
    "console.home.effect.": {"when", "where", "saved"},
    "console.home.evaluation.": {"department", "machine", "human", "overall"},
    "console.home.evaluation.hidden.": {"coverage", "conflict", "missing"},
    "console.home.glance.": set(glance.PAGES),
    "console.home.inbox.": {"waiting", *(one.value for one in CaseFileState if one is not CaseFileState.SENT)},
    "console.home.loop.": {"risk", "risk_unit", "service", "service_unit"},
    "console.home.parameter.": {"name", "before", "value", "efficacy", "change"},
    "console.home.parameter.better.": {one.value for one in Orientation},
    "console.home.power.": {"building", "now", "expected", "interval", "standing", "above", "below"},
    "console.home.system.": set(system.TILES),
    "console.home.vehicles.": {"moving", "standing", "silent"},
    "console.loop.": {breaches.APPROVE, breaches.REJECT},
    "console.institution.": {"state", "reports", "valid", "over", "later", "online", "offline", "unseen"},
    "console.institution.column.": set(REFERENCES),
    "console.institution.gap.": {"what", "part", "reason"},
    "console.records.": {"first", "last", "wrong", "checked", "entered", *record_import.COUNTS},
    "console.records.import.": set(records.IMPORT_COLUMNS),
    "console.records.part.": {records.ROWS, records.IMPORTS, records.IMPORT},
}
