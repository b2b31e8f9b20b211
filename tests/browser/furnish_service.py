"""An office of its own with rooms, requests, a joint case, books to share and a published notice.

Everything enters through the desks, as people would enter it; the notice is made by the job that makes reports.
"""

from __future__ import annotations

from cloud.core.access import Principal, Role
from cloud.core.institution import (
    Building,
    ClimateZone,
    Compound,
    Institution,
    InstitutionClass,
    InstitutionModel,
    Room,
)
from cloud.core.period import Period
from cloud.desks.cases import CaseDraft, open_case
from cloud.desks.door import DoorServices
from cloud.desks.reports import order_report
from cloud.desks.requests import RequestDraft, file_request
from cloud.jobs.job import JobTools
from cloud.jobs.make_reports import MakeReports
from cloud.records.record import FieldValue, Record, RecordImport
from device_profiles.catalogue import load_catalogue

OFFICE = "service-county-office"
STAFF, COLLEAGUE, AUDITOR, DISPATCHER = (
    f"service-{name}-token" for name in ("staff", "colleague", "auditor", "dispatcher")
)
HEADS = {
    department: f"service-head-{department}-token" for department in ("real_estate", "energy", "finance", "general")
}
ROOM = "room:meet-1"
CASE_TITLE = "Heating season"

_SCOPE = frozenset({OFFICE})
_AUDITOR = Principal("service-auditor", frozenset({Role.AUDITOR}), _SCOPE)
_COLLEAGUE = Principal("colleague", frozenset({Role.STAFF}), _SCOPE, "general")
PRINCIPALS = {
    STAFF: Principal("li-wei", frozenset({Role.STAFF}), _SCOPE, "finance"),
    COLLEAGUE: _COLLEAGUE,
    AUDITOR: _AUDITOR,
    DISPATCHER: Principal("service-dispatcher", frozenset({Role.DISPATCHER}), _SCOPE),
    **{
        token: Principal(f"head-{department}", frozenset({Role.DEPARTMENT_HEAD}), _SCOPE, department)
        for department, token in HEADS.items()
    },
}
_DAY_MS = 86_400_000


def furnish_services(door: DoorServices) -> None:
    """Enter everything."""
    now_ms = door.clock.now_ms()
    door.institutions.save(_model())
    _books(door, now_ms)
    fault = {"trouble": "lift", "description": "The lift stops between floors", "phone": "13812345678"}
    file_request(door, _COLLEAGUE, RequestDraft(OFFICE, "repair", "building:hall", fault))
    draft = CaseDraft(OFFICE, CASE_TITLE, "building:hall", ("finance", "energy"), now_ms + 3 * _DAY_MS)
    open_case(door, PRINCIPALS[HEADS["energy"]], draft)
    order_report(door, _AUDITOR, OFFICE, "disclosure", str(Period.month_of(now_ms).previous))
    MakeReports(JobTools(door, door.departments, load_catalogue())).run()


def _model() -> InstitutionModel:
    return InstitutionModel(
        institution=Institution(
            institution_id=OFFICE,
            name={"zh-CN": "服务示范机关", "en": "Office of the Service Story"},
            institution_class=InstitutionClass.STATE_ORGAN,
            region="450000",
            climate_zone=ClimateZone.HOT_SUMMER_WARM_WINTER,
        ),
        compounds=(Compound(compound_id="service-compound", name={"zh-CN": "服务大院", "en": "Service compound"}),),
        buildings=(
            Building(
                building_id="hall",
                compound_id="service-compound",
                name={"zh-CN": "政务大厅", "en": "Public hall"},
                use="office",
                area_m2=4000.0,
                persons=120,
            ),
        ),
        rooms=tuple(
            Room(
                room_id=f"meet-{number}",
                building_id="hall",
                name={"zh-CN": f"第{number}会议室", "en": f"Meeting room {number}"},
                use="meeting",
            )
            for number in (1, 2)
        ),
    )


def _books(door: DoorServices, now_ms: int) -> None:
    """The electricity bill of the month that is over, and two rooms with what concerns their users."""
    month = Period.month_of(now_ms).previous
    bill: dict[str, FieldValue] = {
        "account": "0771-1", "carrier": "electricity", "building": "hall", "quantity": 31000.0, "unit": "kWh",
        "amount": 2_170_000,
    }  # fmt: skip
    _put(door, "energy_bill", [("0771-1", "building:hall", bill)], month.start_ms, month.end_ms)
    users: dict[str, FieldValue] = {"department": "finance", "grade": "section_head", "persons": 2}
    rooms = []
    for name in ("h-101", "h-102"):
        place: dict[str, FieldValue] = {"room": name, "building": "hall", "area_m2": 18.5, "use": "office"}
        rooms.append((name, f"room:{name}", place | users))
    _put(door, "room", rooms, 0, now_ms + 3650 * _DAY_MS)


def _put(
    door: DoorServices, kind: str, rows: list[tuple[str, str, dict[str, FieldValue]]], start_ms: int, end_ms: int
) -> None:
    entered = RecordImport(f"service-{kind}", OFFICE, kind, "book.xlsx", "digest", "service-auditor", start_ms)
    records = [
        Record(OFFICE, kind, name, "energy", subject, start_ms, end_ms, fields, f"book.xlsx!Sheet1:{number}")
        for number, (name, subject, fields) in enumerate(rows, 2)
    ]
    door.records.put(records, entered)
