"""Roles, permissions and scope: whatever is not granted is denied."""

from __future__ import annotations

import pytest

from cloud.core.access import (
    ANONYMOUS,
    PERMISSIONS,
    Permission,
    Principal,
    Role,
    can,
    event_departments,
    in_scope,
    permissions,
)

CHANGES = {Permission.WRITE_THRESHOLDS, Permission.PROPOSE_COMMAND, Permission.DECIDE_COMMAND}


def a_principal(*roles: Role, department: str | None = "vehicle") -> Principal:
    return Principal("li", frozenset(roles), frozenset({"office"}), department)


def test_every_role_has_its_line_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_every_permission_is_held_by_somebody() -> None:
    assert frozenset[Permission]().union(*PERMISSIONS.values()) == set(Permission)


def test_without_a_role_nothing_is_permitted() -> None:
    assert not any(can(a_principal(), permission) for permission in Permission)


def test_roles_add_up() -> None:
    both = permissions(a_principal(Role.AUDITOR, Role.ENERGY_OFFICER))
    assert both == PERMISSIONS[Role.AUDITOR] | PERMISSIONS[Role.ENERGY_OFFICER]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ENERGY_OFFICER}))
def test_only_the_energy_officer_changes_anything(role: Role) -> None:
    assert not CHANGES & PERMISSIONS[role]
    assert PERMISSIONS[Role.ENERGY_OFFICER] >= CHANGES


def test_scope_is_the_list_of_institutions_and_nothing_else() -> None:
    assert in_scope(a_principal(Role.ADMINISTRATOR), "office")
    assert not in_scope(a_principal(Role.ADMINISTRATOR), "school")
    assert not in_scope(ANONYMOUS, "office")
    assert permissions(ANONYMOUS) == PERMISSIONS[Role.PUBLIC]


def test_events_are_limited_to_the_own_department_unless_a_role_sees_all() -> None:
    assert event_departments(a_principal(Role.STAFF)) == {"vehicle"}
    assert event_departments(a_principal(Role.STAFF, department=None)) == frozenset()
    assert event_departments(a_principal(Role.STAFF, Role.DISPATCHER)) is None
    assert event_departments(a_principal(Role.SUPERIOR)) == frozenset()
