"""What the navigation offers, in the order of the loop: running, risk centre, service platform, account, house."""

from __future__ import annotations

from dataclasses import dataclass

from cloud.core.access import Permission

_P = Permission


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the navigation, shown to those who may open its page."""

    path: str
    key: str
    icon: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Entries that belong together; shown when at least one of them is."""

    key: str
    items: tuple[NavItem, ...]


NAVIGATION = (
    NavGroup(
        "console.nav.group.running",
        (
            NavItem("/home", "console.nav.home", "home", _P.READ_SELF),
            NavItem("/", "console.nav.overview", "space_dashboard", _P.READ_SERIES),
            NavItem("/energy", "console.nav.energy", "bolt", _P.READ_ENERGY),
            NavItem("/devices", "console.nav.devices", "memory", _P.READ_DEVICES),
            NavItem("/thresholds", "console.nav.thresholds", "speed", _P.READ_THRESHOLDS),
            NavItem("/events", "console.nav.events", "notifications_none", _P.READ_EVENTS),
        ),
    ),
    NavGroup(
        "console.nav.group.risk",
        (
            NavItem("/alarms", "console.nav.alarms", "warning_amber", _P.READ_ALARMS),
            NavItem("/risks", "console.nav.risks", "gpp_maybe", _P.READ_RISKS),
            NavItem("/rules", "console.nav.rules", "rule", _P.READ_ALARMS),
            NavItem("/inbox", "console.nav.inbox", "move_to_inbox", _P.READ_INBOX),
        ),
    ),
    NavGroup(
        "console.nav.group.service",
        (
            NavItem("/requests", "console.nav.requests", "handyman", _P.READ_REQUESTS),
            NavItem("/cases", "console.nav.cases", "groups", _P.READ_CASES),
            NavItem("/datasets", "console.nav.datasets", "dataset", _P.READ_DATASETS),
            NavItem("/demand", "console.nav.demand", "trending_up", _P.READ_DEMAND),
        ),
    ),
    NavGroup(
        "console.nav.group.account",
        (
            NavItem("/records", "console.nav.records", "table_view", _P.READ_RECORDS),
            NavItem("/reports", "console.nav.reports", "description", _P.READ_REPORTS),
            NavItem("/evaluation", "console.nav.evaluation", "leaderboard", _P.READ_EVALUATION),
            NavItem("/survey", "console.nav.survey", "how_to_vote", _P.ANSWER_SURVEY),
        ),
    ),
    NavGroup(
        "console.nav.group.house",
        (
            NavItem("/institution", "console.nav.institution", "apartment", _P.READ_INSTITUTION),
            NavItem("/accounts", "console.nav.accounts", "manage_accounts", _P.MANAGE_ACCOUNTS),
        ),
    ),
)
