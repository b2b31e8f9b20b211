"""Which alarms and risks somebody may see: of their institutions and departments, restricted ones apart."""

from __future__ import annotations

from dataclasses import replace

from cloud.core.access import Permission, Principal, Role, can, in_scope
from cloud.core.event import Severity
from cloud.core.institution import Names
from cloud.desks.door import DoorServices
from cloud.risk.alarm import Alarm
from cloud.risk.case_document import without_names
from cloud.risk.risk import Risk
from cloud.risk.treatment import SYSTEM
from foundation.texts import LANGUAGES

SUPERIOR_SEES_FROM = Severity.ORANGE


def may_see_matter(services: DoorServices, principal: Principal, department: str, *, is_restricted: bool) -> bool:
    """Whether a department's alarms and risks are the principal's to see."""
    if is_restricted:
        return department in services.departments.restricted_for(principal)
    return can(principal, Permission.READ_RISKS_OF_ALL_DEPARTMENTS) or (
        can(principal, Permission.READ_RISKS)
        and department == principal.department
        and not _is_only_superior(principal)
    )


def may_see_alarm(services: DoorServices, principal: Principal, alarm: Alarm) -> bool:
    """Only what has been announced is an alarm for people."""
    if not in_scope(principal, alarm.institution_id) or not can(principal, Permission.READ_ALARMS):
        return False
    is_theirs = may_see_matter(services, principal, alarm.department, is_restricted=alarm.is_restricted)
    return is_theirs and alarm.announced_ms is not None


def may_see_risk(services: DoorServices, principal: Principal, risk: Risk) -> bool:
    if not in_scope(principal, risk.institution_id) or not can(principal, Permission.READ_RISKS):
        return False
    if may_see_matter(services, principal, risk.department, is_restricted=risk.is_restricted):
        return True
    return Role.SUPERIOR in principal.roles and risk.colour >= SUPERIOR_SEES_FROM and not risk.is_restricted


def shown_risk(services: DoorServices, principal: Principal, risk: Risk) -> Risk:
    """The risk as the principal may see it: a superior learns no names of persons."""
    if may_see_matter(services, principal, risk.department, is_restricted=risk.is_restricted):
        return risk
    steps = tuple(one if one.by == SYSTEM else replace(one, by="", note="") for one in risk.treatments)
    return replace(risk, data=without_names(risk.data), treatments=steps, labelled_by=None)


def names_of(services: DoorServices, institution_id: str) -> dict[str, Names]:
    """Names of an institution's things by subject, such as `building:building-a`."""
    model = services.institutions.model(institution_id)
    if model is None:
        return {}
    return {
        **{f"department:{one.id}": one.name for one in services.departments.all()},
        f"institution:{institution_id}": model.institution.name,
        **{f"compound:{one.compound_id}": one.name for one in model.compounds},
        **{f"building:{one.building_id}": one.name for one in model.buildings},
        **{f"room:{one.room_id}": one.name for one in model.rooms},
        **{f"department:{one.department_id}": one.name for one in model.departments},
        **{f"asset:{one.asset_id}": one.name for one in model.assets},
        **{f"vehicle:{one.vehicle_id}": one.name for one in model.vehicles},
        **{f"device:{one.device_id}": one.name for one in model.devices},
    }


def name_of_subject(subject: str, names: dict[str, Names]) -> Names:
    """The name that people know it by; its id when nobody has named it."""
    return names.get(subject) or {language: subject.partition(":")[2] or subject for language in LANGUAGES}


def _is_only_superior(principal: Principal) -> bool:
    return principal.roles <= {Role.SUPERIOR, Role.PUBLIC}
