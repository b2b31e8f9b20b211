"""What the office owns and where it sits: rooms, assets, and equipment that must be inspected."""

from __future__ import annotations

import random
from datetime import date, timedelta

from simulators.compound import Building, Compound
from simulators.year.books import Books, Row, Value
from simulators.year.money import yuan
from simulators.year.office import AssetKind, Office
from simulators.year.span import DEPARTMENTS, Span

AREA_M2 = {"county_head": 30, "county_deputy": 24, "section_head": 18, "section_deputy": 12, "below": 9}
"""Office area per person by grade at county level (building standard of 2014)."""

SERVICE_ROOMS = {"service": 3, "equipment": 2, "vacant": 1}
COUNTED_DAYS = 70
IDLE_DAYS = (205, 268, 391)
IDLE_VALUE = 56_000
UNUSED_BELOW = 2000


def write_property(books: Books, office: Office, span: Span, compound: Compound) -> None:
    """Rooms of every building, then the things in them, then equipment; each with its planted faults."""
    for building in compound.buildings:
        _write_rooms(books, office, span, building)
    _write_meeting_rooms(books, office, span)
    _plant_rooms(books, span)
    _write_assets(books, office, span)
    _plant_assets(books, span)
    _write_equipment(books, office, span, compound)
    _plant_equipment(books, span)


def _write_rooms(books: Books, office: Office, span: Span, building: Building) -> None:
    """Single rooms, shared rooms for everybody else, and rooms without people."""
    rng, plan = span.rng(f"rooms {building.id}"), office.rooms[building.id]
    grades: list[str] = [*plan.heads]
    uses = [use for use, count in SERVICE_ROOMS.items() for _ in range(count)]
    shared = plan.count - len(grades) - len(uses)
    left = building.persons - len(grades)
    for place in range(plan.count):
        number = f"{building.id[-1]}-{place * building.floors // plan.count + 1}{place % 20 + 1:02d}"
        if place < len(grades):
            area = AREA_M2[grades[place]] * rng.uniform(0.82, 1.0)
            row = _room(books, span, rng, number, building.id, "office", area, grade=grades[place], persons=1)
        elif place < len(grades) + shared:
            persons = left // (len(grades) + shared - place)
            left -= persons
            area = AREA_M2["below"] * persons * rng.uniform(0.8, 1.0)
            row = _room(books, span, rng, number, building.id, "office", area, grade="below", persons=persons)
        else:
            use = uses[place - len(grades) - shared]
            row = _room(books, span, rng, number, building.id, use, rng.uniform(18, 60))
        row.values["department"] = None if row.values["use"] == "vacant" else rng.choice(DEPARTMENTS)


def _write_meeting_rooms(books: Books, office: Office, span: Span) -> None:
    rng = span.rng("meeting rooms")
    for one in office.meeting_rooms:
        row = _room(books, span, rng, one.room, one.building, "meeting", one.area_m2)
        row.values["department"] = "general"


def _room(
    books: Books, span: Span, rng: random.Random, room: str, building: str, use: str, area: float, **more: Value
) -> Row:
    inspected_on = span.days_ago(rng.randint(40, 250))
    values: dict[str, Value] = {
        "room": room,
        "building": building,
        "area_m2": round(area - 0.05, 1),
        "use": use,
        "department": None,
        "grade": None,
        "persons": None,
        "left_on": None,
        "returned_on": None,
        "approval": None,
        "inspected_on": inspected_on,
        "inspection_due_on": inspected_on + timedelta(days=365),
    }
    return books.add("room", **(values | more))


def _plant_rooms(books: Books, span: Span) -> None:
    """A head's room too large, a room kept after its owner left, an inspection overdue; two that only look like it."""
    heads = [row for row in books.rows["room"] if row.values["grade"] == "section_head"]
    deputies = [row for row in books.rows["room"] if row.values["grade"] == "section_deputy"]
    wide, kept, returned = heads[0], heads[1], deputies[0]
    wide.values["area_m2"] = 27.4
    books.plant(
        "R01", f"room:{wide.values['room']}", span.until, [wide], area_m2=27.4, allowed_m2=AREA_M2["section_head"]
    )
    kept.values["left_on"] = span.days_ago(52)
    books.plant("R02", f"room:{kept.values['room']}", span.days_ago(22), [kept])
    returned.values |= {"left_on": span.days_ago(61), "returned_on": span.days_ago(47)}
    heads[2].values |= {"area_m2": 21.6, "approval": f"房〔{span.until.year - 1}〕17号"}
    late = next(row for row in books.rows["room"] if row.values["use"] == "equipment")
    late.values |= {"inspected_on": span.days_ago(412), "inspection_due_on": span.days_ago(47)}
    books.plant("R04", f"room:{late.values['room']}", span.days_ago(47), [late])


def _write_assets(books: Books, office: Office, span: Span) -> None:
    rng, number = span.rng("assets"), 0
    rooms = [row for row in books.rows["room"] if row.values["use"] != "vacant"]
    for kind in office.assets:
        for _ in range(kind.count):
            number += 1
            _asset(books, span, rng, kind, number, rng.choice(rooms))


def _asset(books: Books, span: Span, rng: random.Random, kind: AssetKind, number: int, room: Row) -> Row:
    acquired_on = span.days_ago(rng.randint(COUNTED_DAYS + 30, 2400))
    value = rng.uniform(*kind.value)
    used_on = span.days_ago(rng.randint(1, 75)) if value >= UNUSED_BELOW else None
    return books.add(
        "asset",
        asset=f"ZC-{acquired_on:%Y}-{number:04d}",
        name=kind.name,
        category=kind.category,
        department=kind.department or rng.choice(DEPARTMENTS),
        building=room.values["building"],
        room=room.values["room"],
        value=yuan(round(value, -1)),
        acquired_on=acquired_on,
        state="in_use",
        last_used_on=used_on,
        counted_on=span.days_ago(COUNTED_DAYS - rng.randint(0, 4)),
        counted_room=room.values["room"],
        disposal_approval=None,
    )


def _plant_assets(books: Books, span: Span) -> None:
    """Dear things nobody uses, things not found or not counted, things disposed of with and without approval."""
    assets = books.rows["asset"]
    dear = [row for row in assets if row.values["name"] in ("测绘仪器", "服务器", "不间断电源")]
    for row, days in zip(dear[:: len(dear) // 3], IDLE_DAYS, strict=False):
        used_on = span.days_ago(days)
        row.values |= {
            "value": yuan(IDLE_VALUE + 10 * days),
            "last_used_on": used_on,
            "acquired_on": min(_day(row, "acquired_on"), used_on),
        }
        books.plant("A01", _subject(row), used_on + timedelta(days=180), [row], value=row.values["value"])
    computers = [row for row in assets if row.values["name"] == "台式计算机"]
    for row in computers[5:7]:
        books.plant("A03", _subject(row), _day(row, "counted_on"), [row], what="missing")
        row.values |= {"counted_on": None, "counted_room": None}
    computers[11].values["counted_on"] = span.days_ago(431)
    computers[11].values["acquired_on"] = min(_day(computers[11], "acquired_on"), span.days_ago(900))
    books.plant("A03", _subject(computers[11]), span.days_ago(431 - 365), [computers[11]], what="overdue")
    for place, row in enumerate(computers[20:26]):
        row.values |= {"state": "disposed", "disposal_approval": f"资处〔{span.until.year}〕{place + 3}号"}
    printer = next(row for row in assets if row.values["name"] == "复印机")
    printer.values["state"] = "disposed"
    books.plant("A04", _subject(printer), _day(printer, "counted_on"), [printer])


def _subject(row: Row) -> str:
    return f"asset:{row.values['asset']}"


def _day(row: Row, name: str) -> date:
    day = row.values[name]
    assert isinstance(day, date)
    return day


def _write_equipment(books: Books, office: Office, span: Span, compound: Compound) -> None:
    rng = span.rng("equipment")
    for building in compound.buildings:
        for kind in office.equipment:
            for number in range(1, kind.per_building + kind.per_floor * building.floors + 1):
                inspected_on = span.days_ago(rng.randint(20, kind.term_days - 60))
                books.add(
                    "equipment",
                    equipment=f"{kind.code}-{building.id[-1]}-{number:02d}",
                    name=kind.name,
                    type=kind.type,
                    building=building.id,
                    inspected_on=inspected_on,
                    due_on=inspected_on + timedelta(days=kind.term_days),
                )


def _plant_equipment(books: Books, span: Span) -> None:
    """Two extinguishers past their day, one lift due in three weeks."""
    by_type = {
        kind: [row for row in books.rows["equipment"] if row.values["type"] == kind]
        for kind in ("extinguisher", "lift")
    }
    for row, days in ((by_type["extinguisher"][6], 12), (by_type["extinguisher"][29], 40), (by_type["lift"][3], -21)):
        due_on = span.days_ago(days)
        row.values |= {"inspected_on": due_on - timedelta(days=365), "due_on": due_on}
        books.plant("S06", f"asset:{row.values['equipment']}", due_on, [row], type=row.values["type"])
