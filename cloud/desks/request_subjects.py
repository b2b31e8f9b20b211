"""Whether what a request is about exists: in the institution model, in its books, or among its devices."""

from __future__ import annotations

from collections.abc import Collection

from cloud.core.calendar import local_day
from cloud.core.institution import InstitutionModel, Subject, SubjectKind
from cloud.desks.door import DoorServices
from cloud.services.booking import places
from cloud.services.catalogue import Service
from foundation.errors import DomainError

EVERY_KIND = tuple(SubjectKind)
_BOOKS = {SubjectKind.ROOM: "room", SubjectKind.ASSET: "asset", SubjectKind.VEHICLE: "vehicle_book"}


def model_of(services: DoorServices, institution_id: str) -> InstitutionModel:
    """The model of an institution; DomainError 404 when there is none."""
    model = services.institutions.model(institution_id)
    if model is None:
        raise DomainError("error.not_found", 404)
    return model


def check_subject(services: DoorServices, service: Service, institution_id: str, subject: str) -> None:
    """DomainError 422 unless the service is about such things and this one exists (or can be booked)."""
    check_exists(services, institution_id, subject, service.subjects)
    if service.booking is None:
        return
    today = local_day(services.clock.now_ms())
    found = places(service.booking, model_of(services, institution_id), services.records, today)
    if subject not in {one.subject for one in found}:
        raise DomainError("error.subject_unknown", subject=subject)


def check_exists(
    services: DoorServices, institution_id: str, subject: str, kinds: Collection[SubjectKind] = EVERY_KIND
) -> Subject:
    """A thing of the institution, of one of these kinds; DomainError 404 without the institution, 422 without it."""
    model = model_of(services, institution_id)
    try:
        parsed = Subject.parse(subject)
    except ValueError:
        raise DomainError("error.subject_unknown", subject=subject) from None
    if parsed.kind not in kinds or not _exists(services, model, parsed):
        raise DomainError("error.subject_unknown", subject=subject)
    return parsed


def _exists(services: DoorServices, model: InstitutionModel, subject: Subject) -> bool:
    institution_id = model.institution.institution_id
    if subject.kind is SubjectKind.INSTITUTION:
        return subject.id == institution_id
    if subject.kind is SubjectKind.DEPARTMENT and subject.id in {one.id for one in services.departments.all()}:
        return True
    if subject.id in _ids(model, subject.kind):
        return True
    if subject.kind in (SubjectKind.DEVICE, SubjectKind.NODE):
        devices = services.registry.devices({institution_id})
        return subject.id in {one.device if subject.kind is SubjectKind.DEVICE else one.node for one in devices}
    book = _BOOKS.get(subject.kind)
    return book is not None and bool(services.records.records([institution_id], book, subject=str(subject)))


def _ids(model: InstitutionModel, kind: SubjectKind) -> set[str]:
    """Ids of the model's things of one kind."""
    return {
        SubjectKind.COMPOUND: {one.compound_id for one in model.compounds},
        SubjectKind.BUILDING: {one.building_id for one in model.buildings},
        SubjectKind.ROOM: {one.room_id for one in model.rooms},
        SubjectKind.DEPARTMENT: {one.department_id for one in model.departments},
        SubjectKind.ASSET: {one.asset_id for one in model.assets},
        SubjectKind.VEHICLE: {one.vehicle_id for one in model.vehicles},
        SubjectKind.DEVICE: {one.device_id for one in model.devices},
    }.get(kind, set())
