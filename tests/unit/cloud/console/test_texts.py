"""Every word of the console is there, and every text is used."""

from __future__ import annotations

import re
from pathlib import Path

from cloud.console import energy_entries
from cloud.console.components.books import report_orders
from cloud.console.components.devices import comparison_table
from cloud.console.components.devices.device_grid import device_row
from cloud.console.components.energy import (
    consumption_table,
    effect_table,
    energy_tiles,
    forecast_rows,
    restatement_panel,
)
from cloud.console.components.energy.threshold_table import COLUMNS
from cloud.console.components.evaluation import (
    benchmark_table,
    conflict_list,
    evaluation_tiles,
    indicator_list,
    synergy_panel,
)
from cloud.console.components.risk import alarm_table, risk_table, rule_table
from cloud.console.components.risk.outlook_panel import BY_DEPARTMENT, BY_RULE
from cloud.console.components.service import case_table, dataset_tables, demand_table, request_table
from cloud.console.numbers import _AGE_STEPS
from cloud.console.pages import alarms, cases, demand, inbox, requests
from cloud.console.views.inbox_file import Proof
from cloud.console.views.places import SUB_ITEMS, WATER, WHOLE_BUILDING
from cloud.core.access import Role
from cloud.core.command_record import CommandState
from cloud.core.event import Severity
from cloud.desks.inbox import CaseAction
from cloud.energy.quota import Verdict, load_peers
from cloud.evaluation.order_degree import Method, Orientation
from cloud.risk.precision import Proposal
from foundation.texts import load_texts
from gateway.messages import Quality
from tests.support.home_texts import HOME_FAMILIES

SOURCE = Path(device_row.__code__.co_filename).parents[2]
LITERAL = re.compile(r'"(console\.[A-Za-z0-9_./]+)"')
FAMILY = re.compile(r'"(console\.[a-z_.]+)\{')

FAMILIES = {
    "console.role.": {role.value for role in Role},
    "console.command.": {state.value for state in CommandState},
    "console.commissioning.column.": set(comparison_table.COLUMNS),
    "console.severity.": {severity.name.lower() for severity in Severity},
    "console.quality.": {quality.name.lower() for quality in Quality},
    "console.sub_item.": {*SUB_ITEMS, WHOLE_BUILDING, WATER},
    "console.age.": {name for _, name in _AGE_STEPS},
    "console.threshold.": {*COLUMNS, "window_s", "hold_s", "hysteresis", "limit"},
    "console.overview.state.": {"silent", "breach", "within", "unwatched"},
    "console.alarm.": {
        *alarm_table.COLUMNS,
        alarm_table.ACKNOWLEDGE,
        alarm_table.SHELVE,
        alarm_table.UNSHELVE,
        *("announced", "last_seen", "holds", "delays"),
    },
    "console.alarm.tile.": set(alarms.TILES),
    "console.register.": {*risk_table.COLUMNS, "likelihood", "consequence"},
    "console.register.tile.": {*(f"{name}{part}" for name in ("overdue", "handled") for part in ("", "_below"))},
    "console.outlook.": {"what", "rate", "chance"},
    "console.outlook.by.": {BY_DEPARTMENT, BY_RULE},
    "console.case.confidence.": {"verified", "secondary", "remembered"},
    "console.rule.": set(rule_table.COLUMNS),
    "console.rule.proposal.": {one.value for one in Proposal},
    "console.inbox.": set(inbox.COLUMNS),
    "console.inbox.tile.": {f"{name}{part}" for name in inbox.TILES for part in ("", "_below")},
    "console.inbox.proof.": {one.value for one in Proof},
    "console.inbox.proof_words.": {one.value for one in Proof},
    "console.inbox.action.": {one.value for one in CaseAction},
    "console.account.tile.": set(energy_tiles.TILES),
    "console.account.convention.": {"calorific", "equivalent"},
    "console.account.verdict.": {one.value for one in Verdict},
    "console.account.column.": {
        *(name for name, _ in consumption_table.COLUMNS),
        *("amount", "factor", "indicator", "value", "levels", "verdict", "average", "ratio"),
    },
    "console.account.region.": {one.region for one in load_peers()},
    "console.account.group.": {one.group for one in load_peers()},
    "console.restatement.column.": {*(name for name, _ in restatement_panel.FIGURES), *restatement_panel.ENTRIES},
    "console.forecast.column.": set(forecast_rows.COLUMNS),
    "console.forecast.line.": {"band", "mean", "actual"},
    "console.effect.column.": {name for name, _ in effect_table.COLUMNS},
    "console.prices.column.": {
        *("tariff", "carrier", "price", "valid"),
        *("standard", "indicator", "levels", "holds"),
    },
    "console.prices.no_": {"tariffs", "quotas"},
    "console.prices.band.": {energy_entries.BASE, *energy_entries.BANDS},
    "console.prices.field.": {f"{band}_{part}" for band in energy_entries.BANDS for part in ("price", "hours")},
    "console.report.": {"figure", "value", "basis"},
    "console.report.column.": set(report_orders.COLUMNS),
    "console.report.fault.": {"file", "row", "reason"},
    "console.service.": {"public", "system", "in_time", "late", "over"},
    "console.request.": {*request_table.COLUMNS, "start", "end", "level", "level_booking"},
    "console.request.tile.": set(requests.TILES),
    "console.joint.": {*case_table.COLUMNS, "agreed", "refused", "waiting"},
    "console.joint.tile.": {f"{name}{part}" for name in cases.TILES for part in ("", "_below")},
    "console.dataset.": {*dataset_tables.CATALOGUE, *dataset_tables.WISHES, *dataset_tables.GRANTS},
    "console.dataset.level.": {"L1", "L2", "L3"},
    "console.demand.": set(demand_table.COLUMNS),
    "console.demand.tile.": {f"{name}{part}" for name in demand.TILES for part in ("", "_below")},
    "console.evaluation.tile.": set(evaluation_tiles.TILES),
    "console.evaluation.method.": {one.value for one in Method},
    "console.evaluation.side.": {"machine", "human", "coverage", "overall"},
    "console.evaluation.column.": set(synergy_panel.COLUMNS),
    "console.evaluation.conflict.": set(conflict_list.COLUMNS),
    "console.evaluation.benchmark.": set(benchmark_table.COLUMNS),
    "console.indicator.column.": set(indicator_list.COLUMNS),
    "console.indicator.better.": {one.value for one in Orientation},
    **HOME_FAMILIES,
    "console.refused.": {f"{status}.{part}" for status in (403, 404) for part in ("title", "text")},
}
OPEN_FAMILIES = ("console.point.", "console.brief.", "console.device.column.", "console.setting.")
"""Families whose members come from data; a missing one reads as the thing's own name."""


def used_keys() -> set[str]:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    literal = {key for key in LITERAL.findall(code) if not key.endswith((".css", "."))}
    return literal | {prefix + member for prefix, members in FAMILIES.items() for member in members}


def test_every_text_that_the_pages_ask_for_exists() -> None:
    assert sorted(used_keys() - set(load_texts().keys())) == []


def test_every_family_of_keys_in_the_code_is_known_here() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    known = {prefix.removesuffix("refused.") for prefix in (*FAMILIES, *OPEN_FAMILIES)}
    assert {family for family in FAMILY.findall(code) if family not in known} <= {"console.refused."}


def test_no_text_of_the_console_is_left_over() -> None:
    keys = load_texts().keys()
    own = {key for key in keys if key.startswith("console.") and not key.startswith(OPEN_FAMILIES)}
    assert sorted(own - used_keys()) == []
