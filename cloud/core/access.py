"""Who may do what, and to which institutions: one table of roles and permissions, everything else is denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is to the institution."""

    STAFF = "staff"
    ENERGY_OFFICER = "energy_officer"
    DISPATCHER = "dispatcher"
    DEPARTMENT_HEAD = "department_head"
    AUDITOR = "auditor"
    SUPERIOR = "superior"
    PUBLIC = "public"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing that a door lets somebody do. Every route and page declares one."""

    READ_HEALTH = "read_health"
    READ_SELF = "read_self"
    READ_INSTITUTION = "read_institution"
    READ_ENERGY = "read_energy"
    READ_DEVICES = "read_devices"
    READ_SERIES = "read_series"
    READ_EVENTS = "read_events"
    READ_EVENTS_OF_ALL_DEPARTMENTS = "read_events_of_all_departments"
    READ_THRESHOLDS = "read_thresholds"
    WRITE_THRESHOLDS = "write_thresholds"
    READ_COMMANDS = "read_commands"
    PROPOSE_COMMAND = "propose_command"
    DECIDE_COMMAND = "decide_command"
    READ_STATUS = "read_status"
    READ_AUDIT = "read_audit"
    READ_RECORDS = "read_records"
    IMPORT_RECORDS = "import_records"
    WRITE_INSTITUTION = "write_institution"
    READ_ALARMS = "read_alarms"
    ANSWER_ALARM = "answer_alarm"
    READ_RISKS = "read_risks"
    READ_RISKS_OF_ALL_DEPARTMENTS = "read_risks_of_all_departments"
    TREAT_RISK = "treat_risk"
    APPROVE_RULE = "approve_rule"
    READ_INBOX = "read_inbox"
    ANSWER_CASE_FILE = "answer_case_file"
    READ_SERVICES = "read_services"
    FILE_REQUEST = "file_request"
    FILE_PUBLIC_REQUEST = "file_public_request"
    READ_REQUESTS = "read_requests"
    WORK_REQUEST = "work_request"
    READ_CASES = "read_cases"
    OPEN_CASE = "open_case"
    APPROVE_CASE = "approve_case"
    READ_DEMAND = "read_demand"
    READ_DATASETS = "read_datasets"
    ASK_DATASET = "ask_dataset"
    DECIDE_DATASET = "decide_dataset"
    READ_EVALUATION = "read_evaluation"
    ANSWER_SURVEY = "answer_survey"
    READ_REPORTS = "read_reports"
    ORDER_REPORT = "order_report"
    READ_DISCLOSURE = "read_disclosure"
    MANAGE_ACCOUNTS = "manage_accounts"


_P = Permission
_PUBLIC = frozenset({_P.READ_HEALTH, _P.READ_SELF, _P.READ_DISCLOSURE, _P.READ_SERVICES, _P.FILE_PUBLIC_REQUEST})
_SUPERIOR = _PUBLIC | {
    _P.READ_INSTITUTION,
    _P.READ_ENERGY,
    _P.READ_RISKS,
    _P.READ_INBOX,
    _P.ANSWER_CASE_FILE,
    _P.READ_EVALUATION,
    _P.READ_REPORTS,
}
_STAFF = _PUBLIC | {
    _P.READ_INSTITUTION,
    _P.READ_ENERGY,
    _P.READ_DEVICES,
    _P.READ_SERIES,
    _P.READ_EVENTS,
    _P.FILE_REQUEST,
    _P.READ_REQUESTS,
    _P.READ_DATASETS,
    _P.ANSWER_SURVEY,
}
_HEAD = _STAFF | {
    _P.READ_THRESHOLDS,
    _P.READ_COMMANDS,
    _P.READ_RECORDS,
    _P.IMPORT_RECORDS,
    _P.READ_ALARMS,
    _P.ANSWER_ALARM,
    _P.READ_RISKS,
    _P.TREAT_RISK,
    _P.WORK_REQUEST,
    _P.READ_CASES,
    _P.OPEN_CASE,
    _P.APPROVE_CASE,
    _P.READ_DEMAND,
    _P.ASK_DATASET,
    _P.DECIDE_DATASET,
    _P.READ_EVALUATION,
    _P.READ_REPORTS,
}
_OPERATIONS = _HEAD | {_P.READ_EVENTS_OF_ALL_DEPARTMENTS, _P.READ_RISKS_OF_ALL_DEPARTMENTS, _P.READ_STATUS}
_DECIDES = {
    _P.IMPORT_RECORDS,
    _P.ANSWER_ALARM,
    _P.TREAT_RISK,
    _P.WORK_REQUEST,
    _P.OPEN_CASE,
    _P.APPROVE_CASE,
    _P.ASK_DATASET,
    _P.DECIDE_DATASET,
    _P.FILE_REQUEST,
    _P.ANSWER_SURVEY,
}
_OVERSIGHT = (_OPERATIONS - _DECIDES) | {_P.READ_AUDIT}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.PUBLIC: _PUBLIC,
    Role.SUPERIOR: _SUPERIOR,
    Role.STAFF: _STAFF,
    Role.DEPARTMENT_HEAD: _HEAD | {_P.APPROVE_RULE},
    Role.DISPATCHER: _OPERATIONS,
    Role.ENERGY_OFFICER: _OPERATIONS | {_P.WRITE_THRESHOLDS, _P.PROPOSE_COMMAND, _P.DECIDE_COMMAND, _P.ORDER_REPORT},
    # Reads everything and orders reports; decides about nothing that he judges.
    Role.AUDITOR: _OVERSIGHT | {_P.ORDER_REPORT},
    # Runs the system without deciding about equipment: who grants access must not also use it.
    Role.ADMINISTRATOR: _OVERSIGHT | {_P.MANAGE_ACCOUNTS, _P.WRITE_INSTITUTION, _P.IMPORT_RECORDS},
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who has proved who they are.

    `institution_ids` is their whole scope: a superior body names its subordinates one by one.
    `department` limits the events of those who may not read every department's.
    """

    name: str
    roles: frozenset[Role]
    institution_ids: frozenset[str]
    department: str | None = None


ANONYMOUS = Principal("anonymous", frozenset({Role.PUBLIC}), frozenset())
"""Somebody without credentials: the public, with no institution in scope."""


def permissions(principal: Principal) -> frozenset[Permission]:
    """Everything that any of the principal's roles permits."""
    return frozenset[Permission]().union(*(PERMISSIONS.get(role, frozenset()) for role in principal.roles))


def can(principal: Principal, permission: Permission) -> bool:
    """Whether one of the principal's roles permits it; scope is asked apart, by `in_scope`."""
    return permission in permissions(principal)


def in_scope(principal: Principal, institution_id: str) -> bool:
    """Whether the principal may know that this institution's objects exist."""
    return institution_id in principal.institution_ids


def event_departments(principal: Principal) -> frozenset[str] | None:
    """Departments whose events the principal may read; None means all of them, an empty set none."""
    if can(principal, Permission.READ_EVENTS_OF_ALL_DEPARTMENTS):
        return None
    if not can(principal, Permission.READ_EVENTS) or principal.department is None:
        return frozenset()
    return frozenset({principal.department})
