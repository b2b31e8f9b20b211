"""What a request of a service can be about: the things of the institution that a form offers by their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cloud.core.access import Permission, Principal, can, in_scope
from cloud.core.calendar import local_day
from cloud.core.institution import Dated, InstitutionModel, Names, SubjectKind
from cloud.desks.door import DoorServices
from cloud.desks.request_subjects import model_of
from cloud.desks.requests import service_of
from cloud.services.booking import places
from cloud.services.catalogue import Service
from foundation.errors import DomainError
from foundation.texts import LANGUAGES

_BOOKS = {SubjectKind.ROOM: "room", SubjectKind.ASSET: "asset", SubjectKind.VEHICLE: "vehicle_book"}
_PUBLIC_KINDS = (SubjectKind.INSTITUTION, SubjectKind.COMPOUND, SubjectKind.BUILDING)
"""What strangers may choose from; rooms, devices and vehicles are nobody's business outside."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a request may be about; `name` is its number where nobody has named it."""

    subject: str
    name: Names


def subjects_for(services: DoorServices, principal: Principal, code: str, institution_id: str) -> list[Choice]:
    """What staff may ask this service for: what can be booked, else all things of its kinds; DomainError 403, 404, 422.

    What is entered in the institution model comes before what only a book or a registry knows.
    """
    if not can(principal, Permission.FILE_REQUEST):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    return _choices(services, service_of(code, "staff"), institution_id)


def things_of(services: DoorServices, principal: Principal, institution_id: str) -> list[Choice]:
    """Everything that a joint case may be about; DomainError 403, 404."""
    if not can(principal, Permission.OPEN_CASE):
        raise DomainError("error.forbidden", 403)
    if not in_scope(principal, institution_id):
        raise DomainError("error.not_found", 404)
    kinds = [kind for kind in SubjectKind if kind not in (SubjectKind.PERSON, SubjectKind.NODE)]
    return _of_kinds(services, model_of(services, institution_id), kinds)


def public_subjects_for(services: DoorServices, principal: Principal, code: str, institution_id: str) -> list[Choice]:
    """The same for the public, as far as the public knows the place; DomainError 403, 404, 422."""
    if not can(principal, Permission.FILE_PUBLIC_REQUEST):
        raise DomainError("error.forbidden", 403)
    kinds = [kind for kind in service_of(code, "public").subjects if kind in _PUBLIC_KINDS]
    return _of_kinds(services, model_of(services, institution_id), kinds)


def _choices(services: DoorServices, service: Service, institution_id: str) -> list[Choice]:
    model = model_of(services, institution_id)
    if service.booking is None:
        return _of_kinds(services, model, service.subjects)
    found = places(service.booking, model, services.records, local_day(services.clock.now_ms()))
    return [Choice(one.subject, one.name or _both(one.subject.partition(":")[2])) for one in found]


def _of_kinds(services: DoorServices, model: InstitutionModel, kinds: Collection[SubjectKind]) -> list[Choice]:
    """Every thing once, kind by kind in the order given."""
    found: dict[str, Choice] = {}
    for kind in kinds:
        for one in (*_entered(services, model, kind), *_known_elsewhere(services, model, kind)):
            found.setdefault(one.subject, one)
    return list(found.values())


def _entered(services: DoorServices, model: InstitutionModel, kind: SubjectKind) -> Iterator[Choice]:
    """What the institution model holds today."""
    today = local_day(services.clock.now_ms())
    if kind is SubjectKind.INSTITUTION:
        yield Choice(f"{kind}:{model.institution.institution_id}", model.institution.name)
    lists: dict[SubjectKind, tuple[str, Iterable[Dated]]] = {
        SubjectKind.COMPOUND: ("compound_id", model.compounds),
        SubjectKind.BUILDING: ("building_id", model.buildings),
        SubjectKind.ROOM: ("room_id", model.rooms),
        SubjectKind.DEPARTMENT: ("department_id", model.departments),
        SubjectKind.ASSET: ("asset_id", model.assets),
        SubjectKind.VEHICLE: ("vehicle_id", model.vehicles),
        SubjectKind.DEVICE: ("device_id", model.devices),
    }
    attribute, things = lists.get(kind, ("", ()))
    for thing in things:
        named: Any = thing
        if thing.is_valid_on(today):
            yield Choice(f"{kind}:{getattr(named, attribute)}", named.name)


def _known_elsewhere(services: DoorServices, model: InstitutionModel, kind: SubjectKind) -> Iterator[Choice]:
    """Departments of the platform, rows of books, and devices that have announced themselves."""
    institution_id = model.institution.institution_id
    if kind is SubjectKind.DEPARTMENT:
        yield from (Choice(f"department:{one.id}", one.name) for one in services.departments.all())
    if kind is SubjectKind.DEVICE:
        for device in services.registry.devices({institution_id}):
            said = {one: device.properties.get(f"name_{one}") or device.device for one in LANGUAGES}
            yield Choice(f"device:{device.device}", said)
    if kind in _BOOKS:
        for row in services.records.records([institution_id], _BOOKS[kind]):
            named, number = row.fields.get("name"), row.subject.partition(":")[2]
            yield Choice(row.subject, _both(f"{named} {number}" if named else number))


def _both(text: str) -> Names:
    return dict.fromkeys(LANGUAGES, text)
